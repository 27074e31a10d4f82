package dev.runnel.engine.model;

import java.util.Objects;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// The tokens by which one step prolongs one sequence: `tokens[from]` up to, not including, `tokens[to]`.
///
/// @param sequence whose next tokens these are
/// @param tokens may hold more than the slice, such as the whole prompt; read during the step, never kept
/// @param from first index of the slice
/// @param to one past its last index, more than `from`
/// @param logits receives the [LanguageModel#vocabularySize] logits after the slice's last token; null when
///     they are not wanted, which saves computing them
/// @param each where the logits after every token are wanted: is told each index of `tokens` in turn, from
///     within the step, while `logits` holds those after that token; null when only the last are
/// @param guesses how many of the slice's last tokens are guesses: they are read ahead, and count as soon
///     as [KvSequence#keep] says so; `logits` are then those after the last token that is none. A slice of
///     nothing else goes on behind the guesses of the one before, any other in their place
/// @param guessLogits receive the logits after each guess, one row for each or more
@SuppressWarnings("ArrayRecordComponent") // a view of the caller's buffers for one step, never compared
public record Slice(
        KvSequence sequence,
        int[] tokens,
        int from,
        int to,
        float @Nullable [] logits,
        @Nullable IntConsumer each,
        int guesses,
        float[][] guessLogits) {

    private static final float[][] NO_ROWS = {};

    public Slice {
        Objects.requireNonNull(sequence, "sequence");
        Objects.checkFromToIndex(from, to, tokens.length);
        if (from == to) {
            throw new IllegalArgumentException("the slice is empty, expected at least one token");
        }
        if (each != null && logits == null) {
            throw new IllegalArgumentException("every token's logits are wanted, and there is no room for them");
        }
        if (guesses < 0 || guesses > to - from || guesses > guessLogits.length) {
            throw new IllegalArgumentException("%d of a slice's %d tokens are guesses, with rows for %d"
                    .formatted(guesses, to - from, guessLogits.length));
        }
    }

    public Slice(KvSequence sequence, int[] tokens, int from, int to, float @Nullable [] logits) {
        this(sequence, tokens, from, to, logits, null);
    }

    public Slice(
            KvSequence sequence,
            int[] tokens,
            int from,
            int to,
            float @Nullable [] logits,
            @Nullable IntConsumer each) {
        this(sequence, tokens, from, to, logits, each, 0, NO_ROWS);
    }

    /// Tokens in the slice.
    public int length() {
        return to - from;
    }
}
