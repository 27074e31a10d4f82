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
    final List<Block> blocks = new ArrayList<>();
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

    /// How many more it can take.
    int room() {
        return most - tokens;
    }

    /// Adds part of a slice: its tokens from index `from` to `to`.
    void add(Slice slice, KvCache.Sequence sequence, int from, int to) {
        sequence.prepareFor(slice.tokens(), from, to);
        float[] logits = slice.logits();
        for (int i = from; i < to; i++) {
            if ((i - from) % blockTokens == 0) {
                blocks.add(new Block(sequence, tokens, tokens + Math.min(blockTokens, to - i)));
            }
            ids[tokens] = slice.tokens()[i];
            positions[tokens] = sequence.length() + i - from;
            sequences[tokens] = sequence;
            if (logits != null && (slice.each() != null || i == slice.to() - 1)) {
                wanted.add(new Wanted(tokens, logits, slice.each(), i));
            }
            tokens++;
        }
    }

    /// Forgets the tokens.
    void clear() {
        tokens = 0;
        blocks.clear();
        wanted.clear();
    }
}
