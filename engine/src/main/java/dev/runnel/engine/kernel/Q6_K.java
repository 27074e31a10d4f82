package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Blocks of 256 weights in 210 bytes, in 16 groups of 16:
///
/// ```
/// 0    (128) bytes: the lower four bits of two weights
/// 128  (64)  bytes: the upper two of four weights
/// 192  (16)  signed bytes: the groups' scales `s`
/// 208        d (F16)
/// ```
///
/// A weight is `d * s * (q - 32)`. The first halves of each are weights 0 to 127, the second ones 128 to 255.
/// Of a half's 64 bytes the lower nibbles are weights 0 to 63, the higher ones 64 to 127; of its 32 bytes,
/// bits `2j` and `2j + 1` are weights `32j` and on.
class Q6_K implements Format {

    static final int BLOCK = 256;
    static final int BLOCK_BYTES = 210;
    static final int GROUP = 16;
    static final int UPPER = 128;
    static final int SCALES = 192;
    static final int D = 208;

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            for (int i = 0; i < BLOCK; i++) {
                int half = i / 128;
                int pair = Format.unsigned(weights, offset + half * 64L + i % 64);
                int four = Format.unsigned(weights, offset + UPPER + half * 32L + i % 32);
                int q = (pair >> (i % 128 / 64 * 4) & 15) | (four >> (i % 128 / 32 * 2) & 3) << 4;
                to[at + k + i] = scale(weights, offset, i / GROUP) * (q - 32);
            }
        }
    }

    /// `d * s` of a group.
    static float scale(MemorySegment weights, long offset, int group) {
        return F16.at(weights, offset + D) * weights.get(ValueLayout.JAVA_BYTE, offset + SCALES + group);
    }
}
