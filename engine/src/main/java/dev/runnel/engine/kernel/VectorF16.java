package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.floats;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// [F16] in vectors.
final class VectorF16 extends F16 implements VectorFormat {

    /// What the exponent's bias grows by from 5 bits to 8: 127 - 15, at the exponent's place.
    private static final int BIAS = 112 << 23;

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        int whole = Lanes.FLOATS.loopBound(n);
        for (int k = 0; k < whole; k += Lanes.COUNT) {
            weights(weights, offset + 2L * k).intoArray(to, at + k);
        }
        super.dequantize(weights, offset + 2L * whole, n - whole, to, at + whole);
    }

    @Override
    public void multiply(Matrix w, int from, int to, float[] x, float[] y, float[] strands) {
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
            for (int k = h; k < n; k += Kernels.STRANDS) {
                long at = (long) Short.BYTES * k;
                var xs = floats(x, k);
                sum0 = weights(w, row0 + at).fma(xs, sum0);
                sum1 = weights(w, row1 + at).fma(xs, sum1);
            }
            sum0.intoArray(strands, h);
            sum1.intoArray(strands, h + Kernels.STRANDS);
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
                .blend(special, magnitude.lt(0x7c00 << 13).not())
                .or(sign)
                .reinterpretAsFloats();
    }
}
