package dev.runnel.engine.schedule;

import dev.runnel.engine.reply.ReplyFormat;
import dev.runnel.engine.reply.ReplyReader;
import dev.runnel.engine.sampling.LogitMask;
import java.util.Optional;
import java.util.function.Function;

/// A prompt as the model reads it, and how its reply is to be read.
///
/// @param tokens with those that the model's file puts before and between the text
/// @param beginsWithSpace whether one space at the very start of its text is the tokenizer's and not the
///     prompt's, which shows where the prompt is echoed
/// @param masks makes what a choice has to keep to, given the reader of its reply; absent: nothing
@SuppressWarnings("ArrayRecordComponent") // handed over once and never compared
public record PreparedPrompt(
        int[] tokens,
        boolean beginsWithSpace,
        ReplyFormat format,
        Optional<Function<ReplyReader, ? extends LogitMask>> masks) {

    public PreparedPrompt(int[] tokens, ReplyFormat format) {
        this(tokens, false, format, Optional.empty());
    }

    public PreparedPrompt beginningWithSpace(boolean beginsWithSpace) {
        return new PreparedPrompt(tokens, beginsWithSpace, format, masks);
    }

    public PreparedPrompt withMasks(Function<ReplyReader, ? extends LogitMask> masks) {
        return new PreparedPrompt(tokens, beginsWithSpace, format, Optional.of(masks));
    }
}
