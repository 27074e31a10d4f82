package dev.runnel.engine.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// The tokens that one run of the model computes, and the buffers in which it does. Made once and used again.
///
/// Tokens of one sequence are neighbours and in order; a sequence appears once.
final class Step {

    /// Neighbouring tokens of one sequence whose queries are computed together.
    ///
    /// @param from first token of the step
    /// @param to one past the last
    record Block(KvCache.Sequence sequence, int from, int to) {}

    /// How far a sequence gets in the step.
    ///
    /// @param tokens of it
    /// @param guesses the last of them that are guesses
    record Growth(KvCache.Sequence sequence, int tokens, int guesses) {}

    /// Logits that somebody wants.
    ///
    /// @param token of the step
    /// @param destination `(vocabulary)`
    /// @param each is told `index` once they are there
    /// @param index of the token in its slice's tokens
    @SuppressWarnings("ArrayRecordComponent") // a view of the caller's buffer, never compared
    record Wanted(int token, float[] destination, @Nullable IntConsumer each, int index) {}

    private final int most;
    private final int blockTokens;
    private int tokens;

    final int[] ids; // (tokens)
    final int[] positions; // (tokens)
    final KvCache.Sequence[] sequences; // (tokens)
    final List<Block> blocks = new ArrayList<>(); // of several tokens of a sequence, or what is left of them
    final List<Block> lone = new ArrayList<>(); // of sequences with one token
    final List<Growth> growths = new ArrayList<>();
    final List<Wanted> wanted = new ArrayList<>();

    final float[] x; // (tokens, width)  the residual stream
    final float[] h; // (tokens, width)  what goes into a layer's parts
    final float[] out; // (tokens, width)  what comes out of them
    final float[] q; // (tokens, heads, keySize)
    final float[] k; // (tokens, keyValueHeads, keySize)
    final float[] v; // (tokens, keyValueHeads, valueSize)
    final float[] attended; // (tokens, heads, valueSize)
    final float[] gate; // (tokens, feedForward)
    final float[] up; // (tokens, feedForward)
    final Routes routes;

    /// @param most tokens at a time
    /// @param blockTokens that one [Block] has at most
    Step(Hyperparameters model, int most, int blockTokens) {
        this.most = most;
        this.blockTokens = blockTokens;
        ids = new int[most];
        positions = new int[most];
        sequences = new KvCache.Sequence[most];
        x = new float[most * model.width()];
        h = new float[most * model.width()];
        out = new float[most * model.width()];
        q = new float[most * model.heads() * model.keySize()];
        k = new float[most * model.keyValueHeads() * model.keySize()];
        v = new float[most * model.keyValueHeads() * model.valueSize()];
        attended = new float[most * model.heads() * model.valueSize()];
        gate = new float[most * model.widestFeedForward()];
        up = new float[most * model.widestFeedForward()];
        routes = new Routes(model.routing(), most, model.width());
    }

    /// How many tokens it has.
    int tokens() {
        return tokens;
    }

    /// How many it can take in all.
    int most() {
        return most;
    }

    /// How many more it can take.
    int room() {
        return most - tokens;
    }

    /// Adds part of a slice, or all of one with guesses: its tokens from index `from` to `to`.
    void add(Slice slice, KvCache.Sequence sequence, int from, int to) {
        int position = sequence.end(slice.guesses() == slice.length());
        sequence.prepareFor(slice.tokens(), from, to, position);
        growths.add(new Growth(sequence, to - from, slice.guesses()));
        float[] logits = slice.logits();
        int sure = slice.to() - slice.guesses();
        for (int i = from; i < to; i++) {
            if ((i - from) % blockTokens == 0) {
                Block block = new Block(sequence, tokens, tokens + Math.min(blockTokens, to - i));
                (to - from == 1 ? lone : blocks).add(block);
            }
            ids[tokens] = slice.tokens()[i];
            positions[tokens] = position + i - from;
            sequences[tokens] = sequence;
            if (logits != null && i < sure && (slice.each() != null || i == sure - 1)) {
                wanted.add(new Wanted(tokens, logits, slice.each(), i));
            } else if (i >= sure) {
                wanted.add(new Wanted(tokens, slice.guessLogits()[i - sure], null, i));
            }
            tokens++;
        }
    }

    /// Forgets the tokens.
    void clear() {
        tokens = 0;
        blocks.clear();
        lone.clear();
        growths.clear();
        wanted.clear();
    }
}
