package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Kernels.STRANDS;
import static dev.runnel.engine.kernel.Lanes.FLOATS;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// [Q8_0] in vectors.
final class VectorQ8_0 extends Q8_0 implements TiledFormat, FewVectorsFormat, LaneFormat {

    /// Tokens of a kernel that takes several.
    private static final int FEW = 4;

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            float d = F16.at(weights, offset);
            for (int i = 0; i < BLOCK; i += Lanes.COUNT) {
                quants(weights, offset + 2 + i).mul(d).intoArray(to, at + k + i);
            }
        }
    }

    @Override
    public Workers.Task multiplication(Matrix w, float[] x, float[] y, int rows, Scratch[] scratches) {
        return (worker, part) -> {
            int to = Math.min((part + 1) * rows, w.rows());
            multiply(w, part * rows, to, x, y, scratches[worker].strands);
        };
    }

    /// Takes two rows at a time, because the sum of one waits for each of its additions: one from the first
    /// and one from the second half of the rows, because the processor fetches ahead of two readers who are
    /// some pages apart, and not of two in one page. An odd row is paired with itself.
    private static void multiply(Matrix w, int from, int to, float[] x, float[] y, float[] strands) {
        int half = Math.ceilDiv(to - from, 2);
        for (int r = from; r < from + half; r++) {
            int other = Math.min(r + half, to - 1);
            dot2(w.data(), w.offset(r), w.offset(other), x, w.columns(), strands);
            y[r] = Lanes.sum(strands, 0);
            y[other] = Lanes.sum(strands, STRANDS);
        }
    }

    /// Written out until it is too large for C2 to inline (`FreqInlineSize`): it compiles it alone, and its
    /// budget suffices.
    private static void dot2(MemorySegment w, long row0, long row1, float[] x, int n, float[] strands) {
        if ((row0 | row1) < 0 || Math.max(row0, row1) + (long) n / BLOCK * BLOCK_BYTES > w.byteSize()) {
            throw new IndexOutOfBoundsException(
                    "rows of %d numbers at %d and %d, in %d bytes of weights".formatted(n, row0, row1, w.byteSize()));
        }
        for (int h = 0; h < STRANDS; h += Lanes.COUNT) {
            var sum0 = FloatVector.zero(FLOATS);
            var sum1 = sum0;
            long at = 0;
            for (int k = h; k < n; k += BLOCK, at += BLOCK_BYTES) {
                var scale0 = FloatVector.broadcast(FLOATS, F16.at(w, row0 + at));
                var scale1 = FloatVector.broadcast(FLOATS, F16.at(w, row1 + at));
                var element = FloatVector.fromArray(FLOATS, x, k);
                long quants = at + Short.BYTES + h;
                sum0 = quants(w, row0 + quants).mul(scale0).fma(element, sum0);
                sum1 = quants(w, row1 + quants).mul(scale1).fma(element, sum1);
                element = FloatVector.fromArray(FLOATS, x, k + STRANDS);
                quants += STRANDS;
                sum0 = quants(w, row0 + quants).mul(scale0).fma(element, sum0);
                sum1 = quants(w, row1 + quants).mul(scale1).fma(element, sum1);
            }
            sum0.intoArray(strands, h);
            sum1.intoArray(strands, h + STRANDS);
        }
    }

    @Override
    public Workers.Task multiplication(Matrix w, float[] x, int tokens, float[] y, int rows, Scratch[] scratches) {
        return (worker, part) -> {
            int to = Math.min((part + 1) * rows, w.rows());
            multiply(w, part * rows, to, x, tokens, y, scratches[worker].strands);
        };
    }

    /// Two rows at a time as above, and four tokens; where there are fewer, the last takes the place of the
    /// others.
    private static void multiply(Matrix w, int from, int to, float[] x, int tokens, float[] y, float[] strands) {
        int half = Math.ceilDiv(to - from, 2);
        for (int r = from; r < from + half; r++) {
            int other = Math.min(r + half, to - 1);
            for (int t = 0; t < tokens; t += FEW) {
                dots(w, r, other, x, t, tokens - 1, strands);
                for (int i = 0; i < FEW && t + i < tokens; i++) {
                    int at = (t + i) * w.rows();
                    y[at + r] = Lanes.sum(strands, i * STRANDS);
                    y[at + other] = Lanes.sum(strands, (FEW + i) * STRANDS);
                }
            }
        }
    }

    private static void dots(Matrix w, int r, int other, float[] x, int t, int last, float[] strands) {
        int n = w.columns();
        dot8(
                w.data(),
                w.offset(r),
                w.offset(other),
                x,
                t * n,
                Math.min(t + 1, last) * n,
                Math.min(t + 2, last) * n,
                Math.min(t + 3, last) * n,
                n,
                strands);
    }

    private static void dot8(
            MemorySegment w, long row0, long row1, float[] x, int x0, int x1, int x2, int x3, int n, float[] strands) {
        for (int h = 0; h < STRANDS; h += Lanes.COUNT) {
            var sum00 = FloatVector.zero(FLOATS);
            var sum01 = sum00;
            var sum02 = sum00;
            var sum03 = sum00;
            var sum10 = sum00;
            var sum11 = sum00;
            var sum12 = sum00;
            var sum13 = sum00;
            long at = 0;
            for (int k = h; k < n; k += BLOCK, at += BLOCK_BYTES) {
                var scale = FloatVector.broadcast(FLOATS, F16.at(w, row0 + at));
                var otherScale = FloatVector.broadcast(FLOATS, F16.at(w, row1 + at));
                var row = quants(w, row0 + at + 2 + h).mul(scale);
                var other = quants(w, row1 + at + 2 + h).mul(otherScale);
                var token = FloatVector.fromArray(FLOATS, x, x0 + k);
                sum00 = row.fma(token, sum00);
                sum10 = other.fma(token, sum10);
                token = FloatVector.fromArray(FLOATS, x, x1 + k);
                sum01 = row.fma(token, sum01);
                sum11 = other.fma(token, sum11);
                token = FloatVector.fromArray(FLOATS, x, x2 + k);
                sum02 = row.fma(token, sum02);
                sum12 = other.fma(token, sum12);
                token = FloatVector.fromArray(FLOATS, x, x3 + k);
                sum03 = row.fma(token, sum03);
                sum13 = other.fma(token, sum13);
                row = quants(w, row0 + at + 2 + STRANDS + h).mul(scale);
                other = quants(w, row1 + at + 2 + STRANDS + h).mul(otherScale);
                token = FloatVector.fromArray(FLOATS, x, x0 + k + STRANDS);
                sum00 = row.fma(token, sum00);
                sum10 = other.fma(token, sum10);
                token = FloatVector.fromArray(FLOATS, x, x1 + k + STRANDS);
                sum01 = row.fma(token, sum01);
                sum11 = other.fma(token, sum11);
                token = FloatVector.fromArray(FLOATS, x, x2 + k + STRANDS);
                sum02 = row.fma(token, sum02);
                sum12 = other.fma(token, sum12);
                token = FloatVector.fromArray(FLOATS, x, x3 + k + STRANDS);
                sum03 = row.fma(token, sum03);
                sum13 = other.fma(token, sum13);
            }
            sum00.intoArray(strands, h);
            sum01.intoArray(strands, h + STRANDS);
            sum02.intoArray(strands, h + 2 * STRANDS);
            sum03.intoArray(strands, h + 3 * STRANDS);
            sum10.intoArray(strands, h + 4 * STRANDS);
            sum11.intoArray(strands, h + 5 * STRANDS);
            sum12.intoArray(strands, h + 6 * STRANDS);
            sum13.intoArray(strands, h + 7 * STRANDS);
        }
    }

    @Override
    public int fewest() {
        return Lanes.COUNT == 8 ? 8 : 5;
    }

    /// Halves of a block go in a loop of their own: with both in one C2 makes floats of all six vectors of weights at
    /// once, and has no registers for them.
    @Override
    public void times(
            MemorySegment w, long row0, long row1, long row2, float[] x, int xAt, int n, float[] sums, int to) {
        for (int h = 0; h < STRANDS; h += Lanes.COUNT) {
            var sum00 = FloatVector.zero(FLOATS);
            var sum01 = sum00;
            var sum02 = sum00;
            var sum03 = sum00;
            var sum04 = sum00;
            var sum05 = sum00;
            var sum06 = sum00;
            var sum07 = sum00;
            var sum10 = sum00;
            var sum11 = sum00;
            var sum12 = sum00;
            var sum13 = sum00;
            var sum14 = sum00;
            var sum15 = sum00;
            var sum16 = sum00;
            var sum17 = sum00;
            var sum20 = sum00;
            var sum21 = sum00;
            var sum22 = sum00;
            var sum23 = sum00;
            var sum24 = sum00;
            var sum25 = sum00;
            var sum26 = sum00;
            var sum27 = sum00;
            long block = 0;
            for (int k = 0; k < n; k += BLOCK, block += BLOCK_BYTES) {
                var scale0 = FloatVector.broadcast(FLOATS, F16.at(w, row0 + block));
                var scale1 = FloatVector.broadcast(FLOATS, F16.at(w, row1 + block));
                var scale2 = FloatVector.broadcast(FLOATS, F16.at(w, row2 + block));
                for (int half = h; half < BLOCK; half += STRANDS) {
                    long quants = block + Short.BYTES + half;
                    var w0 = quants(w, row0 + quants).mul(scale0);
                    var w1 = quants(w, row1 + quants).mul(scale1);
                    var w2 = quants(w, row2 + quants).mul(scale2);
                    int at = xAt + VectorTiles.WIDE * (k + half - h) + h;
                    var element = FloatVector.fromArray(FLOATS, x, at);
                    sum00 = w0.fma(element, sum00);
                    sum10 = w1.fma(element, sum10);
                    sum20 = w2.fma(element, sum20);
                    element = FloatVector.fromArray(FLOATS, x, at + STRANDS);
                    sum01 = w0.fma(element, sum01);
                    sum11 = w1.fma(element, sum11);
                    sum21 = w2.fma(element, sum21);
                    element = FloatVector.fromArray(FLOATS, x, at + 2 * STRANDS);
                    sum02 = w0.fma(element, sum02);
                    sum12 = w1.fma(element, sum12);
                    sum22 = w2.fma(element, sum22);
                    element = FloatVector.fromArray(FLOATS, x, at + 3 * STRANDS);
                    sum03 = w0.fma(element, sum03);
                    sum13 = w1.fma(element, sum13);
                    sum23 = w2.fma(element, sum23);
                    element = FloatVector.fromArray(FLOATS, x, at + 4 * STRANDS);
                    sum04 = w0.fma(element, sum04);
                    sum14 = w1.fma(element, sum14);
                    sum24 = w2.fma(element, sum24);
                    element = FloatVector.fromArray(FLOATS, x, at + 5 * STRANDS);
                    sum05 = w0.fma(element, sum05);
                    sum15 = w1.fma(element, sum15);
                    sum25 = w2.fma(element, sum25);
                    element = FloatVector.fromArray(FLOATS, x, at + 6 * STRANDS);
                    sum06 = w0.fma(element, sum06);
                    sum16 = w1.fma(element, sum16);
                    sum26 = w2.fma(element, sum26);
                    element = FloatVector.fromArray(FLOATS, x, at + 7 * STRANDS);
                    sum07 = w0.fma(element, sum07);
                    sum17 = w1.fma(element, sum17);
                    sum27 = w2.fma(element, sum27);
                }
            }
            sum00.intoArray(sums, to + h);
            sum01.intoArray(sums, to + h + STRANDS);
            sum02.intoArray(sums, to + h + 2 * STRANDS);
            sum03.intoArray(sums, to + h + 3 * STRANDS);
            sum04.intoArray(sums, to + h + 4 * STRANDS);
            sum05.intoArray(sums, to + h + 5 * STRANDS);
            sum06.intoArray(sums, to + h + 6 * STRANDS);
            sum07.intoArray(sums, to + h + 7 * STRANDS);
            sum10.intoArray(sums, to + h + 8 * STRANDS);
            sum11.intoArray(sums, to + h + 9 * STRANDS);
            sum12.intoArray(sums, to + h + 10 * STRANDS);
            sum13.intoArray(sums, to + h + 11 * STRANDS);
            sum14.intoArray(sums, to + h + 12 * STRANDS);
            sum15.intoArray(sums, to + h + 13 * STRANDS);
            sum16.intoArray(sums, to + h + 14 * STRANDS);
            sum17.intoArray(sums, to + h + 15 * STRANDS);
            sum20.intoArray(sums, to + h + 16 * STRANDS);
            sum21.intoArray(sums, to + h + 17 * STRANDS);
            sum22.intoArray(sums, to + h + 18 * STRANDS);
            sum23.intoArray(sums, to + h + 19 * STRANDS);
            sum24.intoArray(sums, to + h + 20 * STRANDS);
            sum25.intoArray(sums, to + h + 21 * STRANDS);
            sum26.intoArray(sums, to + h + 22 * STRANDS);
            sum27.intoArray(sums, to + h + 23 * STRANDS);
        }
    }

    @Override
    public void lanes(MemorySegment stored, int n, int[] words, float[] scales, float[] lanes, int first, int stride) {
        long block = 0;
        for (int k = 0; k < n; k += BLOCK, block += BLOCK_BYTES) {
            for (int row = 0; row < LaneBlocks.ROWS; row++) {
                scales[row] = F16.at(stored, block + row * STRIDE);
            }
            LaneFormat.turn(stored, block + Short.BYTES, words);
            for (int i = 0; i < BLOCK; i += Integer.BYTES) {
                int to = (i % STRANDS * stride + first + (k + i) / STRANDS) * LaneBlocks.ROWS;
                int next = stride * LaneBlocks.ROWS;
                for (int row = 0; row < LaneBlocks.ROWS; row += Lanes.COUNT) {
                    var scale = FloatVector.fromArray(FLOATS, scales, row);
                    var four = IntVector.fromArray(Lanes.INTS, words, i / Integer.BYTES * LaneBlocks.ROWS + row);
                    int at = to + row;
                    ((FloatVector) four.lanewise(LSHL, 24).lanewise(ASHR, 24).convert(I2F, 0))
                            .mul(scale)
                            .intoArray(lanes, at);
                    ((FloatVector) four.lanewise(LSHL, 16).lanewise(ASHR, 24).convert(I2F, 0))
                            .mul(scale)
                            .intoArray(lanes, at + next);
                    ((FloatVector) four.lanewise(LSHL, 8).lanewise(ASHR, 24).convert(I2F, 0))
                            .mul(scale)
                            .intoArray(lanes, at + 2 * next);
                    ((FloatVector) four.lanewise(ASHR, 24).convert(I2F, 0))
                            .mul(scale)
                            .intoArray(lanes, at + 3 * next);
                }
            }
        }
    }

    private static FloatVector quants(MemorySegment w, long offset) {
        return Lanes.bytesAsFloats(w, offset);
    }
}
