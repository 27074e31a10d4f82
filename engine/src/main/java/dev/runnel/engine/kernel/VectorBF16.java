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

    private static void multiply(Matrix w, int from, int to, float[] x, float[] y, float[] strands) {
        for (int r = from; r < to; r++) {
            dot(w.data(), w.offset(r), x, w.columns(), strands);
            y[r] = Lanes.sum(strands, 0);
        }
    }

    private static void dot(MemorySegment w, long row, float[] x, int n, float[] strands) {
        for (int h = 0; h < Kernels.STRANDS; h += Lanes.COUNT) {
            var sum = FloatVector.zero(Lanes.FLOATS);
            for (int k = h; k < n; k += Kernels.STRANDS) {
                sum = weights(w, row + (long) Short.BYTES * k).fma(floats(x, k), sum);
            }
            sum.intoArray(strands, h);
        }
    }

    private static FloatVector weights(MemorySegment w, long offset) {
        return Lanes.shorts(w, offset).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
    }
}
