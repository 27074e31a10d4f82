package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.floats;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// [BF16] in vectors.
final class VectorBF16 extends BF16 implements VectorFormat {

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        int whole = Lanes.FLOATS.loopBound(n);
        for (int k = 0; k < whole; k += Lanes.COUNT) {
            weights(weights, offset + 2L * k).intoArray(to, at + k);
        }
        super.dequantize(weights, offset + 2L * whole, n - whole, to, at + whole);
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

    private static FloatVector weights(MemorySegment w, long offset) {
        return Lanes.shorts(w, offset).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
    }
}
