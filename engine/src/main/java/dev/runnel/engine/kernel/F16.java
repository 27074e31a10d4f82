package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Weights as IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of mantissa.
class F16 implements Format {

    static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// The number of two bytes; blocks of quantized formats keep their scales so.
    static float at(MemorySegment weights, long offset) {
        return Float.float16ToFloat(weights.get(HALF, offset));
    }

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k++) {
            to[at + k] = at(weights, offset + 2L * k);
        }
    }
}
