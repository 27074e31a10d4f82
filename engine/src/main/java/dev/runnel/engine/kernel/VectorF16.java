package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.floats;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// [F16] in vectors. C2 makes vectors of the scalar loop that writes floats itself.
final class VectorF16 extends F16 implements VectorFormat {

    /// What the exponent's bias grows by from 5 bits to 8: 127 - 15, at the exponent's place.
    private static final int BIAS = 112 << 23;

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

    /// The halves' bits, moved to where a float has them. An exponent of 31 (infinite, not a number) takes
    /// twice the bias, to 255. An exponent of 0 (zero, subnormal) gets 2^-14 added and taken away, which
    /// brings the mantissa to its place.
    private static FloatVector weights(MemorySegment w, long offset) {
        var bits = Lanes.shorts(w, offset);
        var sign = bits.and(0x8000_0000);
        var magnitude = bits.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
        var normal = magnitude.add(BIAS);
        var small = magnitude
                .add(BIAS + (1 << 23))
                .reinterpretAsFloats()
                .sub(0x1p-14f)
                .reinterpretAsInts();
        var special = normal.add(BIAS);
        return normal.blend(small, magnitude.lt(0x400 << 13))
                .blend(special, magnitude.compare(VectorOperators.GE, 0x7c00 << 13))
                .or(sign)
                .reinterpretAsFloats();
    }
}
