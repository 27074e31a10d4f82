package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.floats;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// [F16] in vectors. C2 makes vectors of the scalar loop that writes floats itself.
final class VectorF16 extends F16 implements VectorFormat {

    /// A half's exponent, where a float has its bits.
    private static final int EXPONENT = 0x7c00 << 13;

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
        var bits = Lanes.shorts(w, offset);
        return weights(bits.lanewise(VectorOperators.LSHL, 13).and(0x8fff_ffff));
    }

    /// From the halves' bits where a float has them. A multiplication adds what the exponent's bias lacks, and
    /// brings the mantissa of a subnormal number to its place; an exponent of 31 (infinite, not a number)
    /// becomes 255.
    private static FloatVector weights(IntVector bits) {
        return bits.reinterpretAsFloats().mul(0x1p112f).blend(special(bits), isSpecial(bits));
    }

    private static FloatVector special(IntVector bits) {
        return bits.or(0x7f80_0000).reinterpretAsFloats();
    }

    private static VectorMask<Float> isSpecial(IntVector bits) {
        return bits.and(EXPONENT).compare(VectorOperators.EQ, EXPONENT).cast(Lanes.FLOATS);
    }
}
