package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.floats;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// [F32] in vectors.
final class VectorF32 extends F32 implements VectorFormat {

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
                sum = floats(w, row + (long) Float.BYTES * k).fma(floats(x, k), sum);
            }
            sum.intoArray(strands, h);
        }
    }
}
