package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.floats;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// [F16] in vectors. C2 makes vectors of the scalar loop that writes floats itself.
final class VectorF16 extends F16 implements VectorFormat {

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
        int whole = Lanes.FLOATS.loopBound(n);
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
            y[other] = Lanes.sum(strands, Kernels.STRANDS);
        }
    }

    private static void dot2(MemorySegment w, long row0, long row1, float[] x, int n, float[] strands) {
        for (int h = 0; h < Kernels.STRANDS; h += Lanes.COUNT) {
            var sum0 = FloatVector.zero(Lanes.FLOATS);
            var sum1 = sum0;
            for (int k = h; k < n; k += Kernels.STRANDS) {
                long at = (long) Short.BYTES * k;
                var element = floats(x, k);
                sum0 = weights(w, row0 + at).fma(element, sum0);
                sum1 = weights(w, row1 + at).fma(element, sum1);
            }
            sum0.intoArray(strands, h);
            sum1.intoArray(strands, h + Kernels.STRANDS);
        }
    }

    /// The halves' bits moved to where a float has them; then a multiplication adds what the exponent's bias lacks, and
    /// brings the mantissa of a subnormal number to its place.
    static FloatVector weights(MemorySegment w, long offset) {
        var moved = Lanes.shorts(w, offset).lanewise(VectorOperators.LSHL, 13);
        return moved.and(0x8fff_ffff).reinterpretAsFloats().mul(0x1p112f);
    }
}
