package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Blocks of 256 weights in 136 bytes, in 8 groups of 32:
///
/// ```
/// 0         d (F16)
/// 2         16 bits, of which `2j` and `2j + 1` are the upper two of group `j`'s scale `s`
/// 4   (4)   bytes of two nibbles: the lower four
/// 8   (128) bytes: each 16 are a group's nibbles, as in [IQ4_NL]
/// ```
///
/// A weight is `d * (s - 32) * VALUES[q]`, which a float holds exactly.
class IQ4_XS implements Format {

    static final int BLOCK = 256;
    static final int BLOCK_BYTES = 136;
    static final int GROUP = 32;
    static final int QUANTS = 8;

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            for (int group = 0; group < BLOCK / GROUP; group++) {
                float scale = scale(weights, offset, group);
                for (int i = 0; i < GROUP / 2; i++) {
                    int pair = Format.unsigned(weights, offset + QUANTS + group * 16L + i);
                    to[at + k + group * GROUP + i] = scale * IQ4_NL.value(pair & 15);
                    to[at + k + group * GROUP + i + 16] = scale * IQ4_NL.value(pair >> 4);
                }
            }
        }
    }

    /// `d * (s - 32)` of a group.
    static float scale(MemorySegment weights, long offset, int group) {
        int low = Format.unsigned(weights, offset + 4 + group / 2) >> (group % 2 * 4) & 15;
        int high = weights.get(F16.HALF, offset + 2) >> (2 * group) & 3;
        return F16.at(weights, offset) * ((low | high << 4) - 32);
    }
}
