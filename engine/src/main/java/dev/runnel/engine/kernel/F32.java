package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Weights as 32-bit floats.
class F32 implements Format {

    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        MemorySegment.copy(weights, FLOAT, offset, to, at, n);
    }
}
