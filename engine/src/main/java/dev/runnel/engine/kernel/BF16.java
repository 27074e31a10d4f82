package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Weights as bfloat16: the upper half of a 32-bit float.
class BF16 implements Format {

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k++) {
            to[at + k] = Float.intBitsToFloat(weights.get(F16.HALF, offset + 2L * k) << 16);
        }
    }
}
