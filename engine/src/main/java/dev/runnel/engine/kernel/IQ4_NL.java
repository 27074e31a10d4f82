package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Blocks of 32 weights in 18 bytes, as [Q4_0] has them; but a nibble `q` is the number of one of 16 values
/// that lie closer together around zero. A weight is `d * VALUES[q]`, which a float holds exactly.
class IQ4_NL implements Format {

    static final int BLOCK = 32;
    static final int BLOCK_BYTES = 18;

    private static final byte[] VALUES = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    static int value(int q) {
        return VALUES[q];
    }

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            float d = F16.at(weights, offset);
            for (int i = 0; i < BLOCK / 2; i++) {
                int pair = Format.unsigned(weights, offset + 2 + i);
                to[at + k + i] = d * VALUES[pair & 15];
                to[at + k + i + 16] = d * VALUES[pair >> 4];
            }
        }
    }
}
