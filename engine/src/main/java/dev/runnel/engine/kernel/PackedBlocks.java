package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.SHORT_PAIRS;

import jdk.incubator.vector.ShortVector;

/// The micro-kernels of packed matrices ([Packing]): a run of unpacked rows times 8 or 4 tokens. What they sum is
/// for [PackedSums].
///
/// ```
/// w     (n, ROWS)        one run of ROWS rows, from wAt on
/// x     (n, tokens)      of so many tokens, from xAt on
/// sums  (tokens, ROWS)   from `to` on, a token's STRIDE after those of the one before
/// ```
final class PackedBlocks {

    /// Tokens that the widest registers hold sums for.
    static final int MOST = 8;

    /// Tokens that the machine's registers hold sums for, with two vectors of rows each.
    static final int WIDEST = Lanes.COUNT == 8 ? 4 : MOST;

    /// Runs that are summed before they are added.
    static final int RUNS = 8;

    private static final int ROWS = Packing.ROWS;

    /// From a token's sums to the next one's.
    static final int STRIDE = RUNS * ROWS;

    private PackedBlocks() {}

    static void times8(short[] w, int wAt, short[] x, int xAt, int n, short[] sums, int to) {
        for (int h = 0; h < ROWS; h += 2 * Lanes.SHORT_COUNT) {
            var sum00 = ShortVector.zero(SHORT_PAIRS);
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
                var w0 = ShortVector.fromArray(SHORT_PAIRS, w, wAt + k * ROWS + h);
                var w1 = ShortVector.fromArray(SHORT_PAIRS, w, wAt + k * ROWS + h + Lanes.SHORT_COUNT);
                int at = xAt + 8 * k;
                var element = ShortVector.broadcast(SHORT_PAIRS, x[at]);
                sum00 = sum00.add(w0.mul(element));
                sum01 = sum01.add(w1.mul(element));
                element = ShortVector.broadcast(SHORT_PAIRS, x[at + 1]);
                sum10 = sum10.add(w0.mul(element));
                sum11 = sum11.add(w1.mul(element));
                element = ShortVector.broadcast(SHORT_PAIRS, x[at + 2]);
                sum20 = sum20.add(w0.mul(element));
                sum21 = sum21.add(w1.mul(element));
                element = ShortVector.broadcast(SHORT_PAIRS, x[at + 3]);
                sum30 = sum30.add(w0.mul(element));
                sum31 = sum31.add(w1.mul(element));
                element = ShortVector.broadcast(SHORT_PAIRS, x[at + 4]);
                sum40 = sum40.add(w0.mul(element));
                sum41 = sum41.add(w1.mul(element));
                element = ShortVector.broadcast(SHORT_PAIRS, x[at + 5]);
                sum50 = sum50.add(w0.mul(element));
                sum51 = sum51.add(w1.mul(element));
                element = ShortVector.broadcast(SHORT_PAIRS, x[at + 6]);
                sum60 = sum60.add(w0.mul(element));
                sum61 = sum61.add(w1.mul(element));
                element = ShortVector.broadcast(SHORT_PAIRS, x[at + 7]);
                sum70 = sum70.add(w0.mul(element));
                sum71 = sum71.add(w1.mul(element));
            }
            int at = to + h;
            int other = at + Lanes.SHORT_COUNT;
            sum00.intoArray(sums, at);
            sum01.intoArray(sums, other);
            sum10.intoArray(sums, at + STRIDE);
            sum11.intoArray(sums, other + STRIDE);
            sum20.intoArray(sums, at + 2 * STRIDE);
            sum21.intoArray(sums, other + 2 * STRIDE);
            sum30.intoArray(sums, at + 3 * STRIDE);
            sum31.intoArray(sums, other + 3 * STRIDE);
            sum40.intoArray(sums, at + 4 * STRIDE);
            sum41.intoArray(sums, other + 4 * STRIDE);
            sum50.intoArray(sums, at + 5 * STRIDE);
            sum51.intoArray(sums, other + 5 * STRIDE);
            sum60.intoArray(sums, at + 6 * STRIDE);
            sum61.intoArray(sums, other + 6 * STRIDE);
            sum70.intoArray(sums, at + 7 * STRIDE);
            sum71.intoArray(sums, other + 7 * STRIDE);
        }
    }

    static void times4(short[] w, int wAt, short[] x, int xAt, int n, short[] sums, int to) {
        for (int h = 0; h < ROWS; h += 2 * Lanes.SHORT_COUNT) {
            var sum00 = ShortVector.zero(SHORT_PAIRS);
            var sum01 = sum00;
            var sum10 = sum00;
            var sum11 = sum00;
            var sum20 = sum00;
            var sum21 = sum00;
            var sum30 = sum00;
            var sum31 = sum00;
            for (int k = 0; k < n; k++) {
                var w0 = ShortVector.fromArray(SHORT_PAIRS, w, wAt + k * ROWS + h);
                var w1 = ShortVector.fromArray(SHORT_PAIRS, w, wAt + k * ROWS + h + Lanes.SHORT_COUNT);
                int at = xAt + 4 * k;
                var element = ShortVector.broadcast(SHORT_PAIRS, x[at]);
                sum00 = sum00.add(w0.mul(element));
                sum01 = sum01.add(w1.mul(element));
                element = ShortVector.broadcast(SHORT_PAIRS, x[at + 1]);
                sum10 = sum10.add(w0.mul(element));
                sum11 = sum11.add(w1.mul(element));
                element = ShortVector.broadcast(SHORT_PAIRS, x[at + 2]);
                sum20 = sum20.add(w0.mul(element));
                sum21 = sum21.add(w1.mul(element));
                element = ShortVector.broadcast(SHORT_PAIRS, x[at + 3]);
                sum30 = sum30.add(w0.mul(element));
                sum31 = sum31.add(w1.mul(element));
            }
            int at = to + h;
            int other = at + Lanes.SHORT_COUNT;
            sum00.intoArray(sums, at);
            sum01.intoArray(sums, other);
            sum10.intoArray(sums, at + STRIDE);
            sum11.intoArray(sums, other + STRIDE);
            sum20.intoArray(sums, at + 2 * STRIDE);
            sum21.intoArray(sums, other + 2 * STRIDE);
            sum30.intoArray(sums, at + 3 * STRIDE);
            sum31.intoArray(sums, other + 3 * STRIDE);
        }
    }
}
