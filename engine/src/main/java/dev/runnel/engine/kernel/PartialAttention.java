package dev.runnel.engine.kernel;

import java.util.Arrays;

/// What queries get from a part of the positions that they attend to, and the sum of such parts: so attention needs
/// no more room for a long sequence than for a short one, and several threads can share it (online softmax, Milakov and
/// Gimelshein, https://arxiv.org/abs/1805.02867; the parts, Dao et al., https://arxiv.org/abs/2205.14135).
///
/// ```
/// most  (queries)         the largest score s
/// sum   (queries)         sum of e^(s - most)
/// out   (queries, size)   sum of e^(s - most) * value
///
/// together:  most = max(most_1, most_2),  out = e^(most_1 - most) out_1 + e^(most_2 - most) out_2,  sum likewise
/// ```
public final class PartialAttention {

    private final int size;
    private final float[] most;
    private final float[] sum;
    private final float[] out;

    /// @param queries that it has room for
    /// @param size of a value, see [PageLayout#paddedValueSize]
    public PartialAttention(int queries, int size) {
        this.size = size;
        most = new float[queries];
        sum = new float[queries];
        out = new float[queries * size];
    }

    /// `(queries, size)`; those of [#finish], weighted means.
    public float[] out() {
        return out;
    }

    /// Forgets what `queries` queries got.
    public void clear(int queries) {
        Arrays.fill(most, 0, queries, Float.NEGATIVE_INFINITY);
        Arrays.fill(sum, 0, queries, 0);
        Arrays.fill(out, 0, queries * size, 0);
    }

    /// Counts scores of a query that got nothing yet.
    ///
    /// @param most the largest of them
    /// @param sum of their exponentials, as [Kernels#exponentials] has it
    public void count(int query, float most, float sum) {
        this.most[query] = most;
        this.sum[query] = sum;
    }

    /// Adds what the first `queries` queries get from other positions.
    public void add(PartialAttention other, int queries) {
        for (int i = 0; i < queries; i++) {
            if (other.sum[i] == 0) { // it sees none of them
                continue;
            }
            float both = Math.max(most[i], other.most[i]);
            float old = Exp.of(most[i] - both);
            float added = Exp.of(other.most[i] - both);
            most[i] = both;
            sum[i] = sum[i] * old + other.sum[i] * added;
            for (int o = i * size; o < (i + 1) * size; o++) {
                out[o] = out[o] * old + other.out[o] * added; // C2 makes vectors of this itself
            }
        }
    }

    /// Divides what the first `queries` queries got by their sums.
    public void finish(int queries) {
        for (int i = 0; i < queries; i++) {
            float inverse = 1 / sum[i];
            for (int o = i * size; o < (i + 1) * size; o++) {
                out[o] *= inverse;
            }
        }
    }
}
