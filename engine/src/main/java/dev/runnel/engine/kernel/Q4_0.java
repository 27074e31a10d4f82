package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Blocks of 32 weights in 18 bytes: a scale `d` (F16), then 16 bytes of two unsigned nibbles `q`: byte `i`
/// holds weight `i` in its low and weight `i + 16` in its high half. A weight is `d * (q - 8)`, which a float
/// holds exactly.
class Q4_0 implements Format {

    static final int BLOCK = 32;
    static final int BLOCK_BYTES = 18;

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            float d = F16.at(weights, offset);
            for (int i = 0; i < BLOCK / 2; i++) {
                int pair = weights.get(ValueLayout.JAVA_BYTE, offset + 2 + i);
                to[at + k + i] = d * ((pair & 15) - 8);
                to[at + k + i + 16] = d * ((pair >> 4 & 15) - 8);
            }
        }
    }
}
