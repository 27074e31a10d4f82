package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.floats;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// [Q4_0] in vectors.
final class VectorQ4_0 extends Q4_0 implements VectorFormat {

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            float d = F16.at(weights, offset);
            for (int i = 0; i < BLOCK / 2; i += Lanes.COUNT) {
                IntVector pairs = Lanes.bytes(weights, offset + 2 + i);
                low(pairs).sub(8).mul(d).intoArray(to, at + k + i);
                high(pairs).sub(8).mul(d).intoArray(to, at + k + i + BLOCK / 2);
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

    /// Adds the products of the block's strands from `h` on: a byte's nibbles belong to the same strand.
    private static FloatVector block(
            MemorySegment w, long offset, int h, FloatVector low, FloatVector high, FloatVector sum) {
        float scale = F16.at(w, offset);
        var d = FloatVector.broadcast(Lanes.FLOATS, scale);
        var offset8 = FloatVector.broadcast(Lanes.FLOATS, -8 * scale);
        IntVector pairs = Lanes.bytes(w, offset + 2 + h);
        sum = low(pairs).fma(d, offset8).fma(low, sum);
        return high(pairs).fma(d, offset8).fma(high, sum);
    }

    private static FloatVector low(IntVector pairs) {
        return Lanes.toFloats(pairs.and(15));
    }

    private static FloatVector high(IntVector pairs) {
        return Lanes.toFloats(pairs.lanewise(VectorOperators.LSHR, 4).and(15));
    }
}
