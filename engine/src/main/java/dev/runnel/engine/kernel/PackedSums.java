package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.floats;
import static dev.runnel.engine.kernel.Lanes.shorts;

import jdk.incubator.vector.FloatVector;

/// Makes floats of the whole sums of packed rows ([Packing]), `n` pairs of a group and a token at a time: several
/// groups of one token, or one group of several tokens.
///
/// ```
/// sums     (n, ROWS)   of pair j from at + j * stride; where a group has two runs, those of the second from
///                      `other` on
/// scales   (n, ROWS)   of pair j from wAt + j * wStride; as are the minima
/// x                    of pair j at xAt + j * xStride
/// strands  (n, ROWS)   strand += scale * xScale * (sum + xSum); then strand += minimum * xTotal
/// ```
///
/// They are four methods, for one run or two and with minima or without, so that each is small.
final class PackedSums {

    private static final int ROWS = Packing.ROWS;

    private PackedSums() {}

    static void addOne(
            short[] sums,
            int at,
            int stride,
            float[] scales,
            int wAt,
            int wStride,
            Operand x,
            int xAt,
            int xStride,
            int n,
            float[] strands,
            int to) {
        for (int j = 0; j < n; j++) {
            int xSum = x.sums[xAt + j * xStride];
            float xScale = x.scales[xAt + j * xStride];
            for (int i = 0; i < ROWS; i += Lanes.COUNT) {
                var scale = floats(scales, wAt + j * wStride + i).mul(xScale);
                int strand = to + j * ROWS + i;
                var sum = shorts(sums, at + j * stride + i).add(xSum);
                var result = Lanes.toFloats(sum).fma(scale, floats(strands, strand));
                result.intoArray(strands, strand);
            }
        }
    }

    static void addOneWithMinima(
            short[] sums,
            int at,
            int stride,
            float[] scales,
            float[] minima,
            int wAt,
            int wStride,
            Operand x,
            int xAt,
            int xStride,
            int n,
            float[] strands,
            int to) {
        for (int j = 0; j < n; j++) {
            int xSum = x.sums[xAt + j * xStride];
            float xScale = x.scales[xAt + j * xStride];
            var xTotal = FloatVector.broadcast(Lanes.FLOATS, x.totals[xAt + j * xStride]);
            for (int i = 0; i < ROWS; i += Lanes.COUNT) {
                var scale = floats(scales, wAt + j * wStride + i).mul(xScale);
                int strand = to + j * ROWS + i;
                var sum = shorts(sums, at + j * stride + i).add(xSum);
                var result = Lanes.toFloats(sum).fma(scale, floats(strands, strand));
                result = floats(minima, wAt + j * wStride + i).fma(xTotal, result);
                result.intoArray(strands, strand);
            }
        }
    }

    static void addTwo(
            short[] sums,
            int at,
            int other,
            int stride,
            float[] scales,
            int wAt,
            int wStride,
            Operand x,
            int xAt,
            int xStride,
            int n,
            float[] strands,
            int to) {
        for (int j = 0; j < n; j++) {
            int xSum = x.sums[xAt + j * xStride];
            float xScale = x.scales[xAt + j * xStride];
            for (int i = 0; i < ROWS; i += Lanes.COUNT) {
                var scale = floats(scales, wAt + j * wStride + i).mul(xScale);
                int strand = to + j * ROWS + i;
                var sum = shorts(sums, at + j * stride + i).add(xSum);
                sum = sum.add(shorts(sums, other + j * stride + i));
                var result = Lanes.toFloats(sum).fma(scale, floats(strands, strand));
                result.intoArray(strands, strand);
            }
        }
    }

    static void addTwoWithMinima(
            short[] sums,
            int at,
            int other,
            int stride,
            float[] scales,
            float[] minima,
            int wAt,
            int wStride,
            Operand x,
            int xAt,
            int xStride,
            int n,
            float[] strands,
            int to) {
        for (int j = 0; j < n; j++) {
            int xSum = x.sums[xAt + j * xStride];
            float xScale = x.scales[xAt + j * xStride];
            var xTotal = FloatVector.broadcast(Lanes.FLOATS, x.totals[xAt + j * xStride]);
            for (int i = 0; i < ROWS; i += Lanes.COUNT) {
                var scale = floats(scales, wAt + j * wStride + i).mul(xScale);
                int strand = to + j * ROWS + i;
                var sum = shorts(sums, at + j * stride + i).add(xSum);
                sum = sum.add(shorts(sums, other + j * stride + i));
                var result = Lanes.toFloats(sum).fma(scale, floats(strands, strand));
                result = floats(minima, wAt + j * wStride + i).fma(xTotal, result);
                result.intoArray(strands, strand);
            }
        }
    }

    /// Adds strands pairwise, as [ScalarKernels#sum] does; the sums are then where the first strand was.
    ///
    /// @param n numbers of each strand
    static void addStrands(float[] strands, int n) {
        for (int half = Kernels.STRANDS / 2 * n; half >= n; half /= 2) {
            for (int i = 0; i < half; i += Lanes.COUNT) {
                floats(strands, i).add(floats(strands, i + half)).intoArray(strands, i);
            }
        }
    }
}
