package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Blocks of 32 weights in 34 bytes: a scale `d` (F16), then 32 signed bytes `q`. A weight is `d * q`, which
/// a float holds exactly.
class Q8_0 implements Format {

    static final int BLOCK = 32;
    static final int BLOCK_BYTES = 34;

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            float d = F16.at(weights, offset);
            for (int i = 0; i < BLOCK; i++) {
                to[at + k + i] = d * weights.get(ValueLayout.JAVA_BYTE, offset + 2 + i);
            }
        }
    }
}
