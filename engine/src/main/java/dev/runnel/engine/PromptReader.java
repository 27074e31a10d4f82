package dev.runnel.engine;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Prompt;
import dev.runnel.core.Tools;
import dev.runnel.engine.reply.ReplyFormat;
import dev.runnel.engine.schedule.PreparedPrompt;
import dev.runnel.engine.template.Segment;
import dev.runnel.engine.tokenizer.Tokenizer;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Makes tokens of prompts as the model's file says.
///
/// A conversation goes through the file's template, which alone may write control tokens; what a message says
/// is text. The reply is then the template's next turn, and the space that a SentencePiece vocabulary puts
/// before its first word is dropped. A text is continued as it stands, so nothing of the reply is dropped; and
/// a gap is a text with the model's own tokens around its parts. All begin with the file's
/// beginning-of-sequence token, once, where the model expects it. Tokens are taken as they are.
final class PromptReader {

    private final ModelText model;
    private final Tokenizer tokenizer;
    private final Optional<GapTokens> gapTokens;
    private final ReplyConstraints constraints;

    /// @param gapTokens if the model fills gaps
    PromptReader(ModelText model, Optional<GapTokens> gapTokens, ReplyConstraints constraints) {
        this.model = model;
        this.tokenizer = model.tokenizer();
        this.gapTokens = gapTokens;
        this.constraints = constraints;
    }

    /// Reads a prompt of any length.
    ///
    /// @throws BackendException if the model can't read such a prompt
    PreparedPrompt read(CompletionRequest request) {
        return read(request, Integer.MAX_VALUE);
    }

    /// @param mostTokens a text that has more whatever it says is refused unread: reading it may take seconds
    /// @throws BackendException if the model can't read such a prompt
    PreparedPrompt read(CompletionRequest request, int mostTokens) {
        List<String> stops = request.stopping().strings();
        PreparedPrompt prompt = switch (request.prompt()) {
            case Prompt.Chat chat -> readChat(chat, stops, mostTokens);
            case Prompt.Text(var text) ->
                new PreparedPrompt(withBos(encode(text, new BitSet(), mostTokens)), ReplyFormat.text(stops, false))
                        .beginningWithSpace(tokenizer.addsSpace());
            case Prompt.Tokens(var ids) -> new PreparedPrompt(readTokens(ids), ReplyFormat.text(stops, false));
            case Prompt.Gap gap ->
                new PreparedPrompt(withBos(readGap(gap, mostTokens)), ReplyFormat.text(stops, false));
        };
        Tools tools = request.prompt() instanceof Prompt.Chat chat ? chat.tools() : Tools.NONE;
        return constraints
                .of(prompt.format(), tools, request.format())
                .map(prompt::withMasks)
                .orElse(prompt);
    }

    private int[] readTokens(List<Integer> ids) {
        for (int i = 0; i < ids.size(); i++) {
            if (ids.get(i) < 0 || ids.get(i) >= tokenizer.size()) {
                throw BackendException.invalidRequest(
                        "prompt[" + i + "]",
                        "the token %d is not in this model's vocabulary of 0 to %d"
                                .formatted(ids.get(i), tokenizer.size() - 1));
            }
        }
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    private int[] readGap(Prompt.Gap gap, int mostTokens) {
        GapTokens around = gapTokens.orElseThrow(() -> BackendException.unsupported(
                "suffix", "this model has no tokens to fill a gap with; it only continues texts"));
        return around.around(
                encode(gap.prefix(), new BitSet(), mostTokens), encode(gap.suffix(), new BitSet(), mostTokens));
    }

    private PreparedPrompt readChat(Prompt.Chat chat, List<String> stops, int mostTokens) {
        ChatPrompts.Rendered rendered = model.chats().render(chat);
        StringBuilder text = new StringBuilder();
        BitSet trusted = new BitSet();
        for (Segment segment : rendered.segments()) {
            int from = text.length();
            text.append(segment.text());
            switch (segment.origin()) {
                case TEMPLATE -> trusted.set(from, text.length());
                case USER -> {}
            }
        }
        ReplyFormat format = new ReplyFormat(
                rendered.dialect(),
                tokenizer::special,
                rendered.startsReasoning(),
                chat.tools().use() == Tools.Use.NONE ? Set.of() : chat.tools().allowed(),
                stops,
                tokenizer.addsSpace());
        return new PreparedPrompt(withBos(encode(text.toString(), trusted, mostTokens)), format);
    }

    private int[] encode(String text, BitSet trusted, int mostTokens) {
        if (tokenizer.leastTokens(text) > mostTokens) {
            throw new BackendException(
                    BackendException.Kind.CONTEXT_LENGTH_EXCEEDED,
                    "the prompt has more tokens than the model's %d".formatted(mostTokens));
        }
        return tokenizer.encode(text, trusted);
    }

    /// Puts the beginning-of-sequence token first where the model expects one and the template has not
    /// written it.
    private int[] withBos(int[] tokens) {
        if (!tokenizer.addsBos()) {
            return tokens;
        }
        int bos = tokenizer.bos().orElseThrow();
        if (tokens.length > 0 && tokens[0] == bos) {
            return tokens;
        }
        int[] all = new int[tokens.length + 1];
        all[0] = bos;
        System.arraycopy(tokens, 0, all, 1, tokens.length);
        return all;
    }
}
