package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Blocks of 32 weights in 20 bytes: a scale `d` and a minimum `m` (F16), then nibbles `q` as [Q4_0] has
/// them. A weight is `d * q + m`.
class Q4_1 implements Format {

    static final int BLOCK = 32;
    static final int BLOCK_BYTES = 20;

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            float d = F16.at(weights, offset);
            float m = F16.at(weights, offset + 2);
            for (int i = 0; i < BLOCK / 2; i++) {
                int pair = Format.unsigned(weights, offset + 4 + i);
                to[at + k + i] = d * (pair & 15) + m;
                to[at + k + i + 16] = d * (pair >> 4) + m;
            }
        }
    }
}
