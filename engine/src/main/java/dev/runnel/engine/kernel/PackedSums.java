package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.FLOATS;
import static dev.runnel.engine.kernel.Lanes.SHORTS;
import static dev.runnel.engine.kernel.Lanes.shortsAsFloats;
import static jdk.incubator.vector.VectorOperators.S2F;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;

/// Makes floats of the whole sums of packed rows ([Packing]), and adds those of several groups, one after
/// another.
///
/// ```
/// sums     (tokens, groups, runs, ROWS)   a token's from its number * `stride` on; a group has one run or two
/// scales   (groups, ROWS)                 from wAt on; as are the minima
/// x        (tokens, groups)               a token's from xAt + its number * xStride on
/// totals   (tokens, ROWS)                 from `to` on: total += scale * xScale * (sum + xSum)
///                                                       total += minimum * xTotal
/// ```
///
/// Whole numbers stay exact as floats. Where there are no minima, packed numbers are those that they stand for,
/// and xSum is 0.
///
/// They are four methods, for one run or two and with minima or without, and each takes several vectors of rows at a
/// time: so there are additions that don't wait for each other, and each is too large for C2 to inline
/// (`FreqInlineSize`). What calls them calls those of every format that a model has, and two of them
/// inlined there are more than C2's budget, which puts vectors on the heap.
///
/// The inner loops step by constants, so that their bounds are checked once and not at each step.
final class PackedSums {

    private static final int ROWS = Packing.ROWS;

    private PackedSums() {}

    /// The sum of a group, which has one run or two.
    static FloatVector sum(short[] sums, int at, int runs) {
        var first = shortsAsFloats(sums, at);
        return runs == 1 ? first : first.add(shortsAsFloats(sums, at + ROWS));
    }

    static void addOne(
            short[] sums,
            int stride,
            float[] scales,
            int wAt,
            Operand x,
            int xAt,
            int xStride,
            int groups,
            int tokens,
            float[] totals,
            int to) {
        for (int j = 0; j < tokens; j++) {
            for (int i = 0; i < ROWS; i += 4 * Lanes.COUNT) {
                int row = to + j * ROWS + i;
                var total0 = FloatVector.fromArray(FLOATS, totals, row);
                var total1 = FloatVector.fromArray(FLOATS, totals, row + Lanes.COUNT);
                var total2 = FloatVector.fromArray(FLOATS, totals, row + 2 * Lanes.COUNT);
                var total3 = FloatVector.fromArray(FLOATS, totals, row + 3 * Lanes.COUNT);
                for (int g = 0; g < groups; g++) {
                    var xScale = FloatVector.broadcast(FLOATS, x.scales[xAt + j * xStride + g]);
                    int sum = j * stride + g * ROWS + i;
                    int w = wAt + g * ROWS + i;
                    total0 = ((FloatVector)
                                    ShortVector.fromArray(SHORTS, sums, sum).convertShape(S2F, FLOATS, 0))
                            .fma(FloatVector.fromArray(FLOATS, scales, w).mul(xScale), total0);
                    total1 = ((FloatVector) ShortVector.fromArray(SHORTS, sums, sum + Lanes.COUNT)
                                    .convertShape(S2F, FLOATS, 0))
                            .fma(
                                    FloatVector.fromArray(FLOATS, scales, w + Lanes.COUNT)
                                            .mul(xScale),
                                    total1);
                    total2 = ((FloatVector) ShortVector.fromArray(SHORTS, sums, sum + 2 * Lanes.COUNT)
                                    .convertShape(S2F, FLOATS, 0))
                            .fma(
                                    FloatVector.fromArray(FLOATS, scales, w + 2 * Lanes.COUNT)
                                            .mul(xScale),
                                    total2);
                    total3 = ((FloatVector) ShortVector.fromArray(SHORTS, sums, sum + 3 * Lanes.COUNT)
                                    .convertShape(S2F, FLOATS, 0))
                            .fma(
                                    FloatVector.fromArray(FLOATS, scales, w + 3 * Lanes.COUNT)
                                            .mul(xScale),
                                    total3);
                }
                total0.intoArray(totals, row);
                total1.intoArray(totals, row + Lanes.COUNT);
                total2.intoArray(totals, row + 2 * Lanes.COUNT);
                total3.intoArray(totals, row + 3 * Lanes.COUNT);
            }
        }
    }

    static void addOneWithMinima(
            short[] sums,
            int stride,
            float[] scales,
            float[] minima,
            int wAt,
            Operand x,
            int xAt,
            int xStride,
            int groups,
            int tokens,
            float[] totals,
            int to) {
        for (int j = 0; j < tokens; j++) {
            for (int i = 0; i < ROWS; i += 4 * Lanes.COUNT) {
                int row = to + j * ROWS + i;
                var total0 = FloatVector.fromArray(FLOATS, totals, row);
                var total1 = FloatVector.fromArray(FLOATS, totals, row + Lanes.COUNT);
                var total2 = FloatVector.fromArray(FLOATS, totals, row + 2 * Lanes.COUNT);
                var total3 = FloatVector.fromArray(FLOATS, totals, row + 3 * Lanes.COUNT);
                for (int g = 0; g < groups; g++) {
                    var xScale = FloatVector.broadcast(FLOATS, x.scales[xAt + j * xStride + g]);
                    var xSum = FloatVector.broadcast(FLOATS, x.sums[xAt + j * xStride + g]);
                    var xTotal = FloatVector.broadcast(FLOATS, x.totals[xAt + j * xStride + g]);
                    int sum = j * stride + g * ROWS + i;
                    int w = wAt + g * ROWS + i;
                    total0 = ((FloatVector)
                                    ShortVector.fromArray(SHORTS, sums, sum).convertShape(S2F, FLOATS, 0))
                            .add(xSum)
                            .fma(FloatVector.fromArray(FLOATS, scales, w).mul(xScale), total0);
                    total0 = FloatVector.fromArray(FLOATS, minima, w).fma(xTotal, total0);
                    total1 = ((FloatVector) ShortVector.fromArray(SHORTS, sums, sum + Lanes.COUNT)
                                    .convertShape(S2F, FLOATS, 0))
                            .add(xSum)
                            .fma(
                                    FloatVector.fromArray(FLOATS, scales, w + Lanes.COUNT)
                                            .mul(xScale),
                                    total1);
                    total1 = FloatVector.fromArray(FLOATS, minima, w + Lanes.COUNT)
                            .fma(xTotal, total1);
                    total2 = ((FloatVector) ShortVector.fromArray(SHORTS, sums, sum + 2 * Lanes.COUNT)
                                    .convertShape(S2F, FLOATS, 0))
                            .add(xSum)
                            .fma(
                                    FloatVector.fromArray(FLOATS, scales, w + 2 * Lanes.COUNT)
                                            .mul(xScale),
                                    total2);
                    total2 = FloatVector.fromArray(FLOATS, minima, w + 2 * Lanes.COUNT)
                            .fma(xTotal, total2);
                    total3 = ((FloatVector) ShortVector.fromArray(SHORTS, sums, sum + 3 * Lanes.COUNT)
                                    .convertShape(S2F, FLOATS, 0))
                            .add(xSum)
                            .fma(
                                    FloatVector.fromArray(FLOATS, scales, w + 3 * Lanes.COUNT)
                                            .mul(xScale),
                                    total3);
                    total3 = FloatVector.fromArray(FLOATS, minima, w + 3 * Lanes.COUNT)
                            .fma(xTotal, total3);
                }
                total0.intoArray(totals, row);
                total1.intoArray(totals, row + Lanes.COUNT);
                total2.intoArray(totals, row + 2 * Lanes.COUNT);
                total3.intoArray(totals, row + 3 * Lanes.COUNT);
            }
        }
    }

    static void addTwo(
            short[] sums,
            int stride,
            float[] scales,
            int wAt,
            Operand x,
            int xAt,
            int xStride,
            int groups,
            int tokens,
            float[] totals,
            int to) {
        for (int j = 0; j < tokens; j++) {
            for (int i = 0; i < ROWS; i += 4 * Lanes.COUNT) {
                int row = to + j * ROWS + i;
                var total0 = FloatVector.fromArray(FLOATS, totals, row);
                var total1 = FloatVector.fromArray(FLOATS, totals, row + Lanes.COUNT);
                var total2 = FloatVector.fromArray(FLOATS, totals, row + 2 * Lanes.COUNT);
                var total3 = FloatVector.fromArray(FLOATS, totals, row + 3 * Lanes.COUNT);
                for (int g = 0; g < groups; g++) {
                    var xScale = FloatVector.broadcast(FLOATS, x.scales[xAt + j * xStride + g]);
                    int sum = j * stride + 2 * g * ROWS + i;
                    int w = wAt + g * ROWS + i;
                    total0 = ((FloatVector)
                                    ShortVector.fromArray(SHORTS, sums, sum).convertShape(S2F, FLOATS, 0))
                            .add(((FloatVector) ShortVector.fromArray(SHORTS, sums, sum + ROWS)
                                    .convertShape(S2F, FLOATS, 0)))
                            .fma(FloatVector.fromArray(FLOATS, scales, w).mul(xScale), total0);
                    total1 = ((FloatVector) ShortVector.fromArray(SHORTS, sums, sum + Lanes.COUNT)
                                    .convertShape(S2F, FLOATS, 0))
                            .add(((FloatVector) ShortVector.fromArray(SHORTS, sums, sum + Lanes.COUNT + ROWS)
                                    .convertShape(S2F, FLOATS, 0)))
                            .fma(
                                    FloatVector.fromArray(FLOATS, scales, w + Lanes.COUNT)
                                            .mul(xScale),
                                    total1);
                    total2 = ((FloatVector) ShortVector.fromArray(SHORTS, sums, sum + 2 * Lanes.COUNT)
                                    .convertShape(S2F, FLOATS, 0))
                            .add(((FloatVector) ShortVector.fromArray(SHORTS, sums, sum + 2 * Lanes.COUNT + ROWS)
                                    .convertShape(S2F, FLOATS, 0)))
                            .fma(
                                    FloatVector.fromArray(FLOATS, scales, w + 2 * Lanes.COUNT)
                                            .mul(xScale),
                                    total2);
                    total3 = ((FloatVector) ShortVector.fromArray(SHORTS, sums, sum + 3 * Lanes.COUNT)
                                    .convertShape(S2F, FLOATS, 0))
                            .add(((FloatVector) ShortVector.fromArray(SHORTS, sums, sum + 3 * Lanes.COUNT + ROWS)
                                    .convertShape(S2F, FLOATS, 0)))
                            .fma(
                                    FloatVector.fromArray(FLOATS, scales, w + 3 * Lanes.COUNT)
                                            .mul(xScale),
                                    total3);
                }
                total0.intoArray(totals, row);
                total1.intoArray(totals, row + Lanes.COUNT);
                total2.intoArray(totals, row + 2 * Lanes.COUNT);
                total3.intoArray(totals, row + 3 * Lanes.COUNT);
            }
        }
    }

    static void addTwoWithMinima(
            short[] sums,
            int stride,
            float[] scales,
            float[] minima,
            int wAt,
            Operand x,
            int xAt,
            int xStride,
            int groups,
            int tokens,
            float[] totals,
            int to) {
        for (int j = 0; j < tokens; j++) {
            for (int i = 0; i < ROWS; i += 2 * Lanes.COUNT) {
                int row = to + j * ROWS + i;
                var total0 = FloatVector.fromArray(FLOATS, totals, row);
                var total1 = FloatVector.fromArray(FLOATS, totals, row + Lanes.COUNT);
                for (int g = 0; g < groups; g++) {
                    var xScale = FloatVector.broadcast(FLOATS, x.scales[xAt + j * xStride + g]);
                    var xSum = FloatVector.broadcast(FLOATS, x.sums[xAt + j * xStride + g]);
                    var xTotal = FloatVector.broadcast(FLOATS, x.totals[xAt + j * xStride + g]);
                    int sum = j * stride + 2 * g * ROWS + i;
                    int w = wAt + g * ROWS + i;
                    total0 = ((FloatVector)
                                    ShortVector.fromArray(SHORTS, sums, sum).convertShape(S2F, FLOATS, 0))
                            .add(((FloatVector) ShortVector.fromArray(SHORTS, sums, sum + ROWS)
                                    .convertShape(S2F, FLOATS, 0)))
                            .add(xSum)
                            .fma(FloatVector.fromArray(FLOATS, scales, w).mul(xScale), total0);
                    total0 = FloatVector.fromArray(FLOATS, minima, w).fma(xTotal, total0);
                    total1 = ((FloatVector) ShortVector.fromArray(SHORTS, sums, sum + Lanes.COUNT)
                                    .convertShape(S2F, FLOATS, 0))
                            .add(((FloatVector) ShortVector.fromArray(SHORTS, sums, sum + Lanes.COUNT + ROWS)
                                    .convertShape(S2F, FLOATS, 0)))
                            .add(xSum)
                            .fma(
                                    FloatVector.fromArray(FLOATS, scales, w + Lanes.COUNT)
                                            .mul(xScale),
                                    total1);
                    total1 = FloatVector.fromArray(FLOATS, minima, w + Lanes.COUNT)
                            .fma(xTotal, total1);
                }
                total0.intoArray(totals, row);
                total1.intoArray(totals, row + Lanes.COUNT);
            }
        }
    }
}
