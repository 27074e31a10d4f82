package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Blocks of 32 weights in 24 bytes: a scale `d` and a minimum `m` (F16), then five bits a weight as [Q5_0]
/// has them. A weight is `d * q + m`.
class Q5_1 implements Format {

    static final int BLOCK = 32;
    static final int BLOCK_BYTES = 24;

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            float d = F16.at(weights, offset);
            float m = F16.at(weights, offset + 2);
            int fifth = weights.get(Q5_0.BITS, offset + 4);
            for (int i = 0; i < BLOCK / 2; i++) {
                int pair = Format.unsigned(weights, offset + 8 + i);
                to[at + k + i] = d * ((pair & 15) | (fifth >> i & 1) << 4) + m;
                to[at + k + i + 16] = d * (pair >> 4 | (fifth >> (i + 16) & 1) << 4) + m;
            }
        }
    }
}
