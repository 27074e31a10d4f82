package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Kernels.STRANDS;
import static dev.runnel.engine.kernel.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;

/// The micro-kernels of matrix times batch: 4 rows of floats times 4, 2 or 1 tokens, up to the addition of
/// the strands.
///
/// ```
/// w        (4, n)             row i from wAt + i * wStride
/// x        (tokens, n)        token t from xAt + t * xStride
/// strands  (4, 4, STRANDS)    row, token, strand
/// ```
///
/// where `n` is a multiple of [Kernels#STRANDS]. A vector is read once for 4 multiplications or more. Each is
/// one method whose sums are local variables, so that they stay in registers.
final class Blocks {

    /// Tokens that the machine's registers hold sums for, 4 each: 16 with 512 and 128 bits (of 32 registers;
    /// 128 bits are ARM's), 8 with 256 (of 16).
    static final int WIDEST = Lanes.COUNT == 8 ? 2 : 4;

    private Blocks() {}

    static void times4(float[] w, int wAt, int wStride, float[] x, int xAt, int xStride, int n, float[] strands) {
        for (int h = 0; h < STRANDS; h += Lanes.COUNT) {
            var sum00 = FloatVector.zero(FLOATS);
            var sum01 = sum00;
            var sum02 = sum00;
            var sum03 = sum00;
            var sum10 = sum00;
            var sum11 = sum00;
            var sum12 = sum00;
            var sum13 = sum00;
            var sum20 = sum00;
            var sum21 = sum00;
            var sum22 = sum00;
            var sum23 = sum00;
            var sum30 = sum00;
            var sum31 = sum00;
            var sum32 = sum00;
            var sum33 = sum00;
            for (int k = h; k < n; k += STRANDS) {
                var x0 = FloatVector.fromArray(FLOATS, x, xAt + k);
                var x1 = FloatVector.fromArray(FLOATS, x, xAt + k + xStride);
                var x2 = FloatVector.fromArray(FLOATS, x, xAt + k + 2 * xStride);
                var x3 = FloatVector.fromArray(FLOATS, x, xAt + k + 3 * xStride);
                var row = FloatVector.fromArray(FLOATS, w, wAt + k);
                sum00 = row.fma(x0, sum00);
                sum01 = row.fma(x1, sum01);
                sum02 = row.fma(x2, sum02);
                sum03 = row.fma(x3, sum03);
                row = FloatVector.fromArray(FLOATS, w, wAt + k + wStride);
                sum10 = row.fma(x0, sum10);
                sum11 = row.fma(x1, sum11);
                sum12 = row.fma(x2, sum12);
                sum13 = row.fma(x3, sum13);
                row = FloatVector.fromArray(FLOATS, w, wAt + k + 2 * wStride);
                sum20 = row.fma(x0, sum20);
                sum21 = row.fma(x1, sum21);
                sum22 = row.fma(x2, sum22);
                sum23 = row.fma(x3, sum23);
                row = FloatVector.fromArray(FLOATS, w, wAt + k + 3 * wStride);
                sum30 = row.fma(x0, sum30);
                sum31 = row.fma(x1, sum31);
                sum32 = row.fma(x2, sum32);
                sum33 = row.fma(x3, sum33);
            }
            sum00.intoArray(strands, h);
            sum01.intoArray(strands, h + STRANDS);
            sum02.intoArray(strands, h + 2 * STRANDS);
            sum03.intoArray(strands, h + 3 * STRANDS);
            sum10.intoArray(strands, h + 4 * STRANDS);
            sum11.intoArray(strands, h + 5 * STRANDS);
            sum12.intoArray(strands, h + 6 * STRANDS);
            sum13.intoArray(strands, h + 7 * STRANDS);
            sum20.intoArray(strands, h + 8 * STRANDS);
            sum21.intoArray(strands, h + 9 * STRANDS);
            sum22.intoArray(strands, h + 10 * STRANDS);
            sum23.intoArray(strands, h + 11 * STRANDS);
            sum30.intoArray(strands, h + 12 * STRANDS);
            sum31.intoArray(strands, h + 13 * STRANDS);
            sum32.intoArray(strands, h + 14 * STRANDS);
            sum33.intoArray(strands, h + 15 * STRANDS);
        }
    }

    static void times2(float[] w, int wAt, int wStride, float[] x, int xAt, int xStride, int n, float[] strands) {
        for (int h = 0; h < STRANDS; h += Lanes.COUNT) {
            var sum00 = FloatVector.zero(FLOATS);
            var sum01 = sum00;
            var sum10 = sum00;
            var sum11 = sum00;
            var sum20 = sum00;
            var sum21 = sum00;
            var sum30 = sum00;
            var sum31 = sum00;
            for (int k = h; k < n; k += STRANDS) {
                var x0 = FloatVector.fromArray(FLOATS, x, xAt + k);
                var x1 = FloatVector.fromArray(FLOATS, x, xAt + k + xStride);
                var row = FloatVector.fromArray(FLOATS, w, wAt + k);
                sum00 = row.fma(x0, sum00);
                sum01 = row.fma(x1, sum01);
                row = FloatVector.fromArray(FLOATS, w, wAt + k + wStride);
                sum10 = row.fma(x0, sum10);
                sum11 = row.fma(x1, sum11);
                row = FloatVector.fromArray(FLOATS, w, wAt + k + 2 * wStride);
                sum20 = row.fma(x0, sum20);
                sum21 = row.fma(x1, sum21);
                row = FloatVector.fromArray(FLOATS, w, wAt + k + 3 * wStride);
                sum30 = row.fma(x0, sum30);
                sum31 = row.fma(x1, sum31);
            }
            sum00.intoArray(strands, h);
            sum01.intoArray(strands, h + STRANDS);
            sum10.intoArray(strands, h + 4 * STRANDS);
            sum11.intoArray(strands, h + 5 * STRANDS);
            sum20.intoArray(strands, h + 8 * STRANDS);
            sum21.intoArray(strands, h + 9 * STRANDS);
            sum30.intoArray(strands, h + 12 * STRANDS);
            sum31.intoArray(strands, h + 13 * STRANDS);
        }
    }

    static void times1(float[] w, int wAt, int wStride, float[] x, int xAt, int n, float[] strands) {
        for (int h = 0; h < STRANDS; h += Lanes.COUNT) {
            var sum0 = FloatVector.zero(FLOATS);
            var sum1 = sum0;
            var sum2 = sum0;
            var sum3 = sum0;
            for (int k = h; k < n; k += STRANDS) {
                var x0 = FloatVector.fromArray(FLOATS, x, xAt + k);
                sum0 = FloatVector.fromArray(FLOATS, w, wAt + k).fma(x0, sum0);
                sum1 = FloatVector.fromArray(FLOATS, w, wAt + k + wStride).fma(x0, sum1);
                sum2 = FloatVector.fromArray(FLOATS, w, wAt + k + 2 * wStride).fma(x0, sum2);
                sum3 = FloatVector.fromArray(FLOATS, w, wAt + k + 3 * wStride).fma(x0, sum3);
            }
            sum0.intoArray(strands, h);
            sum1.intoArray(strands, h + 4 * STRANDS);
            sum2.intoArray(strands, h + 8 * STRANDS);
            sum3.intoArray(strands, h + 12 * STRANDS);
        }
    }
}
