package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.floats;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// [Q8_0] in vectors.
final class VectorQ8_0 extends Q8_0 implements VectorFormat {

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
            y[r] = ScalarKernels.sum(strands, 0);
            y[other] = ScalarKernels.sum(strands, Kernels.STRANDS);
        }
    }

    private static void dot2(MemorySegment w, long row0, long row1, float[] x, int n, float[] strands) {
        for (int h = 0; h < Kernels.STRANDS; h += Lanes.COUNT) {
            var sum0 = FloatVector.zero(Lanes.FLOATS);
            var sum1 = sum0;
            long at = 0;
            for (int k = h; k < n; k += BLOCK, at += BLOCK_BYTES) {
                var low = floats(x, k);
                var high = floats(x, k + Kernels.STRANDS);
                sum0 = block(w, row0 + at, h, low, high, sum0);
                sum1 = block(w, row1 + at, h, low, high, sum1);
            }
            sum0.intoArray(strands, h);
            sum1.intoArray(strands, h + Kernels.STRANDS);
        }
    }

    /// Adds the products of the block's strands from `h` on: once in its lower, once in its upper half.
    private static FloatVector block(
            MemorySegment w, long offset, int h, FloatVector low, FloatVector high, FloatVector sum) {
        var d = FloatVector.broadcast(Lanes.FLOATS, F16.at(w, offset));
        sum = quants(w, offset + 2 + h).mul(d).fma(low, sum);
        return quants(w, offset + 2 + Kernels.STRANDS + h).mul(d).fma(high, sum);
    }

    private static FloatVector quants(MemorySegment w, long offset) {
        return Lanes.bytesAsFloats(w, offset);
    }
}
