package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Blocks of 32 weights in 17 bytes: an exponent `e`, then nibbles as [Q4_0] has them. A nibble is a number
/// of 1 bit of sign, 2 of exponent and 1 of mantissa. A weight is `2^(e - 127)` times that number, which a
/// float holds exactly (OCP Microscaling Formats,
/// https://www.opencompute.org/documents/ocp-microscaling-formats-mx-v1-0-spec-final-pdf).
class MXFP4 implements Format {

    static final int BLOCK = 32;
    static final int BLOCK_BYTES = 17;

    /// The numbers, doubled, so that they are whole.
    private static final byte[] DOUBLED = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    static int doubled(int q) {
        return DOUBLED[q];
    }

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            float half = scale(weights, offset);
            for (int i = 0; i < BLOCK / 2; i++) {
                int pair = Format.unsigned(weights, offset + 1 + i);
                to[at + k + i] = half * DOUBLED[pair & 15];
                to[at + k + i + 16] = half * DOUBLED[pair >> 4];
            }
        }
    }

    /// Half of `2^(e - 127)`: the exponent of a float, or below 2 one of its two highest bits of mantissa.
    static float scale(MemorySegment weights, long offset) {
        int e = Format.unsigned(weights, offset);
        return Float.intBitsToFloat(e < 2 ? 0x200000 << e : (e - 1) << 23);
    }
}
