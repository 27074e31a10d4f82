package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Kernels.STRANDS;
import static dev.runnel.engine.kernel.Lanes.FLOATS;
import static dev.runnel.engine.kernel.Lanes.floats;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// [F16] in vectors. C2 makes vectors of the scalar loop that writes floats itself.
final class VectorF16 extends F16 implements TiledFormat, LaneFormat {

    private static final int MAGNITUDE = 0x7fff;
    private static final int EXPONENT = 0x7c00;

    /// The matrix, and that all of its numbers are finite if they are: [#multiplication] looks for no others.
    Matrix arrange(Matrix stored, Workers workers) {
        AtomicBoolean finite = new AtomicBoolean(true);
        workers.run(stored.rows(), (worker, row) -> {
            if (largest(stored.data(), stored.offset(row), stored.columns()) >= EXPONENT) {
                finite.set(false);
            }
        });
        Matrix.Layout layout = finite.get() ? Matrix.Layout.FINITE : Matrix.Layout.STORED;
        return new Matrix(stored.type(), stored.rows(), stored.columns(), layout, stored.data());
    }

    /// The largest of some halves' bits without their signs.
    private static int largest(MemorySegment w, long offset, int n) {
        int whole = FLOATS.loopBound(n);
        var most = IntVector.zero(Lanes.INTS);
        for (int k = 0; k < whole; k += Lanes.COUNT) {
            most = most.max(Lanes.shorts(w, offset + (long) Short.BYTES * k).and(MAGNITUDE));
        }
        int largest = most.reduceLanes(VectorOperators.MAX);
        for (int k = whole; k < n; k++) {
            largest = Math.max(largest, w.get(HALF, offset + (long) Short.BYTES * k) & MAGNITUDE);
        }
        return largest;
    }

    @Override
    public boolean takes(Matrix w) {
        return w.layout() == Matrix.Layout.FINITE;
    }

    @Override
    public Workers.Task multiplication(Matrix w, float[] x, float[] y, int rows, Scratch[] scratches) {
        return (worker, part) -> {
            int to = Math.min((part + 1) * rows, w.rows());
            multiply(w, part * rows, to, x, y, scratches[worker].strands);
        };
    }

    /// Two rows at a time, half of the rows apart, for the reasons that [VectorQ8_0] has.
    private static void multiply(Matrix w, int from, int to, float[] x, float[] y, float[] strands) {
        int half = Math.ceilDiv(to - from, 2);
        for (int r = from; r < from + half; r++) {
            int other = Math.min(r + half, to - 1);
            dot2(w.data(), w.offset(r), w.offset(other), x, w.columns(), strands);
            y[r] = Lanes.sum(strands, 0);
            y[other] = Lanes.sum(strands, STRANDS);
        }
    }

    private static void dot2(MemorySegment w, long row0, long row1, float[] x, int n, float[] strands) {
        for (int h = 0; h < STRANDS; h += Lanes.COUNT) {
            var sum0 = FloatVector.zero(FLOATS);
            var sum1 = sum0;
            for (int k = h; k < n; k += STRANDS) {
                long at = (long) Short.BYTES * k;
                var element = floats(x, k);
                sum0 = weights(w, row0 + at).fma(element, sum0);
                sum1 = weights(w, row1 + at).fma(element, sum1);
            }
            sum0.intoArray(strands, h);
            sum1.intoArray(strands, h + STRANDS);
        }
    }

    @Override
    public int fewest() {
        return 4;
    }

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
            for (int k = h; k < n; k += STRANDS) {
                var w0 = weights(w, row0 + (long) Short.BYTES * k);
                var w1 = weights(w, row1 + (long) Short.BYTES * k);
                var w2 = weights(w, row2 + (long) Short.BYTES * k);
                int at = xAt + VectorTiles.WIDE * (k - h) + h;
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
        for (int k = 0; k < n; k += STRANDS) {
            LaneFormat.turn(stored, (long) Short.BYTES * k, words);
            for (int i = 0; i < STRANDS / 2; i++) {
                int to = (2 * i * stride + first + k / STRANDS) * LaneBlocks.ROWS;
                int next = to + stride * LaneBlocks.ROWS;
                for (int row = 0; row < LaneBlocks.ROWS; row += Lanes.COUNT) {
                    var pair = IntVector.fromArray(Lanes.INTS, words, i * LaneBlocks.ROWS + row);
                    pair.lanewise(VectorOperators.LSHL, 16)
                            .lanewise(VectorOperators.ASHR, 3)
                            .and(0x8fff_ffff)
                            .reinterpretAsFloats()
                            .mul(0x1p112f)
                            .intoArray(lanes, to + row);
                    pair.lanewise(VectorOperators.ASHR, 3)
                            .and(0x8fff_e000)
                            .reinterpretAsFloats()
                            .mul(0x1p112f)
                            .intoArray(lanes, next + row);
                }
            }
        }
    }

    /// The halves' bits moved to where a float has them; then a multiplication adds what the exponent's bias lacks, and
    /// brings the mantissa of a subnormal number to its place.
    static FloatVector weights(MemorySegment w, long offset) {
        var moved = Lanes.shorts(w, offset).lanewise(VectorOperators.LSHL, 13);
        return moved.and(0x8fff_ffff).reinterpretAsFloats().mul(0x1p112f);
    }
}
