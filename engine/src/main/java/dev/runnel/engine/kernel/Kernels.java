package dev.runnel.engine.kernel;

import dev.runnel.engine.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Set;

/// The arithmetic of a forward pass. Stateless, so any number of threads may call it. Results don't depend on
/// which implementation it is, as long as the processor has a fused multiply-add.
///
/// Vectors of several tokens lie one after another: in `x (tokens, n)`, element `k` of token `t` is at `t * n
/// + k`.
public interface Kernels {

    /// Partial sums of a dot product: the lanes of the widest vector.
    int STRANDS = 16;

    /// `n` rounded up to whole vectors of any width.
    static int padded(int n) {
        return Math.ceilDiv(n, STRANDS) * STRANDS;
    }

    /// What does the arithmetic, for a log line: `512-bit vectors`.
    String name();

    /// The types that a [Matrix] may have.
    Set<TensorType> matrixTypes();

    /// Writes one row of a matrix as floats.
    void row(Matrix w, int row, float[] to, int at);

    /// The same matrix in the layout that is fastest here; the matrix itself where that is the stored one.
    ///
    /// @param workers share the work
    /// @param memory holds what is made
    default Matrix arrange(Matrix stored, Workers workers, SegmentAllocator memory) {
        return stored;
    }

    /// Bytes that [#arrange] takes for a matrix from memory; 0 where it takes none.
    default long arrangedBytes(Matrix stored) {
        return 0;
    }

    /// Parts of [#preparation]; none where a matrix takes vectors as they are.
    int preparationParts(Matrix w, int tokens);

    /// What a batch of vectors needs before `w` can be multiplied by it, as a task.
    ///
    /// @param x `(tokens, columns)`
    /// @param to filled when all parts have run
    /// @param scratches one for each worker
    Workers.Task preparation(Matrix w, float[] x, int tokens, Operand to, Scratch[] scratches);

    /// A matrix times a batch of vectors, as a task whose part `i` is the rows from `i * rows` on, `rows` of
    /// them or those that are left.
    ///
    /// ```
    /// w  (rows, columns)
    /// x  (tokens, columns)
    /// y  (tokens, rows)      y[t,r] = sum over k of w[r,k] * x[t,k]
    /// ```
    ///
    /// @param prepared by [#preparation] with the same vectors, for this matrix or one like it
    /// @param scratches one for each worker
    Workers.Task multiplication(
            Matrix w, float[] x, Operand prepared, int tokens, float[] y, int rows, Scratch[] scratches);

    /// Scales a vector to a root mean square of 1, then by the weights.
    ///
    /// ```
    /// y[i] = x[i] / sqrt(mean of x^2 + epsilon) * weight[i]       i in 0..weight.length
    /// ```
    ///
    /// @param y written from `yAt`; may be `x` at the same place
    void rmsNorm(float[] x, int xAt, float[] weight, float epsilon, float[] y, int yAt, Scratch scratch);

    /// Moves a vector's mean to 0 and scales it to a variance of 1, then scales and moves it by the weights.
    ///
    /// ```
    /// y[i] = (x[i] - mean) / sqrt(variance + epsilon) * weight[i] + bias[i]       i in 0..weight.length
    /// ```
    ///
    /// @param y written from `yAt`; may be `x` at the same place
    void layerNorm(
            float[] x, int xAt, float[] weight, float[] bias, float epsilon, float[] y, int yAt, Scratch scratch);

    /// `x[i] = activation(x[i])` for `i` in `from..to`.
    void activate(Activation activation, float[] x, int from, int to);

    /// `gate[i] = activation(gate[i]) * up[i]` for `i` in `from..to`.
    default void gate(Activation activation, float[] gate, float[] up, int from, int to) {
        activate(activation, gate, from, to);
        if (activation == Activation.CLAMPED) {
            for (int i = from; i < to; i++) {
                gate[i] *= Math.clamp(up[i], -activation.limit, activation.limit) + 1;
            }
        } else {
            for (int i = from; i < to; i++) {
                gate[i] *= up[i]; // C2 makes vectors of this itself
            }
        }
    }

    /// `x[i] = cap * tanh(x[i] / cap)` for `i` in `from..to`: nearly `x[i]` where that is small, and never
    /// beyond `cap`.
    void softCap(float cap, float[] x, int from, int to);

    /// `x[xAt + i] += scale * y[yAt + i]` for `i` in `0..n`.
    default void add(float[] x, int xAt, float scale, float[] y, int yAt, int n) {
        for (int i = 0; i < n; i++) {
            x[xAt + i] += scale * y[yAt + i]; // C2 makes vectors of this itself
        }
    }

    /// `x[i] *= scale` for `i` in `from..to`.
    default void scale(float scale, float[] x, int from, int to) {
        for (int i = from; i < to; i++) {
            x[i] *= scale;
        }
    }

    /// Writes `n` numbers of type F16 as floats.
    ///
    /// @param n a multiple of [#STRANDS]
    /// @param offset bytes from the start of `from` to the first
    /// @param to gets them from its start on
    void halves(MemorySegment from, long offset, MemorySegment to, int n);

    /// Writes `n` bytes as floats, each times a scale of its own, which lie in `from` too.
    ///
    /// @param at bytes from the start of `to` to where the first goes
    /// @param scales bytes from the start of `from` to the first scale, a float
    void bytes(MemorySegment from, long offset, long scales, MemorySegment to, long at, int n);

    /// Writes `n` bytes as floats, all times one scale.
    void bytes(MemorySegment from, long offset, float scale, MemorySegment to, long at, int n);

    /// How much queries attend to each position of a page, before softmax.
    ///
    /// ```
    /// q       (queries, keySize)     from qAt on
    /// scores  (queries, POSITIONS)   scores[i,p] = scale * sum over d of q[i,d] * key[p,d], in the order of d
    /// ```
    ///
    /// All positions get scores, those that hold nothing yet too; theirs mean nothing.
    ///
    /// @param keys bytes from the start of `page` to the keys of the queries' head
    /// @param at where query 0's scores go
    /// @param stride from one query's scores to the next one's
    void scores(
            float[] q,
            int qAt,
            int queries,
            PageLayout layout,
            MemorySegment page,
            long keys,
            float scale,
            float[] scores,
            int at,
            int stride);

    /// The largest of `n` numbers from `at`.
    float most(float[] x, int at, int n);

    /// Turns `n` scores from `at` into `e^(s - most)`.
    ///
    /// @param most the largest of them
    /// @return the sum of the results
    float exponentials(float[] scores, int at, int n, float most, Scratch scratch);

    /// Adds a page's values to each query's result, weighted.
    ///
    /// ```
    /// weights  (queries, positions)            query i from at + i * stride
    /// out      (queries, paddedValueSize)      out[i,d] += sum over p of weights[i,p] * value[p,d]
    /// ```
    ///
    /// Products are added in the order of `p`, in one strand.
    ///
    /// @param positions from the page's first on; values beyond are not looked at
    /// @param values bytes from the start of `page` to the values of the queries' head
    void weigh(
            float[] weights,
            int at,
            int stride,
            int queries,
            int positions,
            PageLayout layout,
            MemorySegment page,
            long values,
            float[] out,
            int outAt);
}
