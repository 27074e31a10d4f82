package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;

/// The micro-kernels of matrix times many tokens: one strand of [#ROWS] rows, which lie side by side, times 8 or 4
/// tokens. A vector of weights is read once for all tokens, and an element of a token is spread over a vector
/// as it is read; so there are fewer loads than in [Blocks], for the price of turning rows into lanes.
///
/// ```
/// w        (n, ROWS)        one strand, from wAt on
/// x        (n, tokens)      the same strand of so many tokens, from xAt on
/// strands  (tokens, ROWS)   from `to` on
/// ```
final class LaneBlocks {

    static final int ROWS = 32;

    /// Tokens that the machine's registers hold sums for, with two vectors of rows each.
    static final int WIDEST = PackedBlocks.WIDEST;

    /// So many tokens are worth the turning. With 32 registers of 16 lanes [Blocks] comes close to what a core can
    /// multiply, until its tokens no longer fit into the second-level cache.
    static final int LEAST = Lanes.COUNT == 16 ? 256 : Lanes.COUNT == 8 ? 8 : 32;

    /// So many, where rows are turned as they are stored ([LaneFormat]).
    static final int LEAST_STORED = Math.min(LEAST, 128);

    private LaneBlocks() {}

    static void times8(float[] w, int wAt, float[] x, int xAt, int n, float[] strands, int to) {
        for (int h = 0; h < ROWS; h += 2 * Lanes.COUNT) {
            var sum00 = FloatVector.zero(FLOATS);
            var sum01 = sum00;
            var sum10 = sum00;
            var sum11 = sum00;
            var sum20 = sum00;
            var sum21 = sum00;
            var sum30 = sum00;
            var sum31 = sum00;
            var sum40 = sum00;
            var sum41 = sum00;
            var sum50 = sum00;
            var sum51 = sum00;
            var sum60 = sum00;
            var sum61 = sum00;
            var sum70 = sum00;
            var sum71 = sum00;
            for (int k = 0; k < n; k++) {
                var w0 = FloatVector.fromArray(FLOATS, w, wAt + k * ROWS + h);
                var w1 = FloatVector.fromArray(FLOATS, w, wAt + k * ROWS + h + Lanes.COUNT);
                int at = xAt + 8 * k;
                var element = FloatVector.broadcast(FLOATS, x[at]);
                sum00 = w0.fma(element, sum00);
                sum01 = w1.fma(element, sum01);
                element = FloatVector.broadcast(FLOATS, x[at + 1]);
                sum10 = w0.fma(element, sum10);
                sum11 = w1.fma(element, sum11);
                element = FloatVector.broadcast(FLOATS, x[at + 2]);
                sum20 = w0.fma(element, sum20);
                sum21 = w1.fma(element, sum21);
                element = FloatVector.broadcast(FLOATS, x[at + 3]);
                sum30 = w0.fma(element, sum30);
                sum31 = w1.fma(element, sum31);
                element = FloatVector.broadcast(FLOATS, x[at + 4]);
                sum40 = w0.fma(element, sum40);
                sum41 = w1.fma(element, sum41);
                element = FloatVector.broadcast(FLOATS, x[at + 5]);
                sum50 = w0.fma(element, sum50);
                sum51 = w1.fma(element, sum51);
                element = FloatVector.broadcast(FLOATS, x[at + 6]);
                sum60 = w0.fma(element, sum60);
                sum61 = w1.fma(element, sum61);
                element = FloatVector.broadcast(FLOATS, x[at + 7]);
                sum70 = w0.fma(element, sum70);
                sum71 = w1.fma(element, sum71);
            }
            int at = to + h;
            int other = at + Lanes.COUNT;
            sum00.intoArray(strands, at);
            sum01.intoArray(strands, other);
            sum10.intoArray(strands, at + ROWS);
            sum11.intoArray(strands, other + ROWS);
            sum20.intoArray(strands, at + 2 * ROWS);
            sum21.intoArray(strands, other + 2 * ROWS);
            sum30.intoArray(strands, at + 3 * ROWS);
            sum31.intoArray(strands, other + 3 * ROWS);
            sum40.intoArray(strands, at + 4 * ROWS);
            sum41.intoArray(strands, other + 4 * ROWS);
            sum50.intoArray(strands, at + 5 * ROWS);
            sum51.intoArray(strands, other + 5 * ROWS);
            sum60.intoArray(strands, at + 6 * ROWS);
            sum61.intoArray(strands, other + 6 * ROWS);
            sum70.intoArray(strands, at + 7 * ROWS);
            sum71.intoArray(strands, other + 7 * ROWS);
        }
    }

    static void times4(float[] w, int wAt, float[] x, int xAt, int n, float[] strands, int to) {
        for (int h = 0; h < ROWS; h += 2 * Lanes.COUNT) {
            var sum00 = FloatVector.zero(FLOATS);
            var sum01 = sum00;
            var sum10 = sum00;
            var sum11 = sum00;
            var sum20 = sum00;
            var sum21 = sum00;
            var sum30 = sum00;
            var sum31 = sum00;
            for (int k = 0; k < n; k++) {
                var w0 = FloatVector.fromArray(FLOATS, w, wAt + k * ROWS + h);
                var w1 = FloatVector.fromArray(FLOATS, w, wAt + k * ROWS + h + Lanes.COUNT);
                int at = xAt + 4 * k;
                var element = FloatVector.broadcast(FLOATS, x[at]);
                sum00 = w0.fma(element, sum00);
                sum01 = w1.fma(element, sum01);
                element = FloatVector.broadcast(FLOATS, x[at + 1]);
                sum10 = w0.fma(element, sum10);
                sum11 = w1.fma(element, sum11);
                element = FloatVector.broadcast(FLOATS, x[at + 2]);
                sum20 = w0.fma(element, sum20);
                sum21 = w1.fma(element, sum21);
                element = FloatVector.broadcast(FLOATS, x[at + 3]);
                sum30 = w0.fma(element, sum30);
                sum31 = w1.fma(element, sum31);
            }
            int at = to + h;
            int other = at + Lanes.COUNT;
            sum00.intoArray(strands, at);
            sum01.intoArray(strands, other);
            sum10.intoArray(strands, at + ROWS);
            sum11.intoArray(strands, other + ROWS);
            sum20.intoArray(strands, at + 2 * ROWS);
            sum21.intoArray(strands, other + 2 * ROWS);
            sum30.intoArray(strands, at + 3 * ROWS);
            sum31.intoArray(strands, other + 3 * ROWS);
        }
    }

    /// Adds strands pairwise, as [ScalarKernels#sum] does; the sums are then where the first strand was.
    ///
    /// @param n numbers of each strand
    static void addStrands(float[] strands, int n) {
        for (int half = Kernels.STRANDS / 2 * n; half >= n; half /= 2) {
            for (int i = 0; i < half; i += Lanes.COUNT) {
                FloatVector.fromArray(FLOATS, strands, i)
                        .add(FloatVector.fromArray(FLOATS, strands, i + half))
                        .intoArray(strands, i);
            }
        }
    }
}
