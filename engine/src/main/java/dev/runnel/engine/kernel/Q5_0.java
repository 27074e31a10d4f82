package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Blocks of 32 weights in 22 bytes: a scale `d` (F16), 32 bits of which bit `i` is the fifth of weight `i`,
/// then the lower four as [Q4_0] has them. A weight is `d * (q - 16)`, which a float holds exactly.
class Q5_0 implements Format {

    static final int BLOCK = 32;
    static final int BLOCK_BYTES = 22;

    static final ValueLayout.OfInt BITS = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            float d = F16.at(weights, offset);
            int fifth = weights.get(BITS, offset + 2);
            for (int i = 0; i < BLOCK / 2; i++) {
                int pair = Format.unsigned(weights, offset + 6 + i);
                to[at + k + i] = d * (((pair & 15) | (fifth >> i & 1) << 4) - 16);
                to[at + k + i + 16] = d * ((pair >> 4 | (fifth >> (i + 16) & 1) << 4) - 16);
            }
        }
    }
}
