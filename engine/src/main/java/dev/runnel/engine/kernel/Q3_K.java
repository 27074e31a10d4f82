package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Blocks of 256 weights in 110 bytes, in 16 groups of 16:
///
/// ```
/// 0    (32)  bytes: bit `j` of byte `i` is the third bit of weight `32j + i`
/// 32   (64)  bytes: the lower two, as in [Q2_K]
/// 96   (12)  bytes: the groups' scales `s`, six bits each
/// 108        d (F16)
/// ```
///
/// A weight is `d * (s - 32) * (q - 4)`, which a float holds exactly.
class Q3_K implements Format {

    static final int BLOCK = 256;
    static final int BLOCK_BYTES = 110;
    static final int GROUP = 16;
    static final int QUANTS = 32;
    static final int SCALES = 96;
    static final int D = 108;

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            for (int i = 0; i < BLOCK; i++) {
                int third = Format.unsigned(weights, offset + i % 32) >> (i / 32) & 1;
                int four = Format.unsigned(weights, offset + QUANTS + i / 128 * 32L + i % 32);
                int q = (four >> (i % 128 / 32 * 2) & 3) | third << 2;
                to[at + k + i] = scale(weights, offset, i / GROUP) * (q - 4);
            }
        }
    }

    /// `d * (s - 32)` of a group. The lower four bits of the scales are the nibbles of the first 8 bytes, low
    /// ones first; the upper two of groups `4j` and on are bits `2j` and `2j + 1` of the last 4.
    static float scale(MemorySegment weights, long offset, int group) {
        int low = Format.unsigned(weights, offset + SCALES + group % 8) >> (group / 8 * 4) & 15;
        int high = Format.unsigned(weights, offset + SCALES + 8 + group % 4) >> (group / 4 * 2) & 3;
        return F16.at(weights, offset + D) * ((low | high << 4) - 32);
    }
}
