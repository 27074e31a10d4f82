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
final class Q6_K extends GroupedFormat {

    static final int SCALES = 192;
    static final int D = 208;

    Q6_K() {
        super(256, 210, 16);
    }

    @Override
    void quants(MemorySegment weights, long at, short[] to, int toAt) {
        for (int half = 0; half < 2; half++) {
            long pairs = at + half * 64L;
            long fours = at + 128 + half * 32L;
            for (int i = 0; i < 32; i++) {
                int first = Format.unsigned(weights, pairs + i);
                int second = Format.unsigned(weights, pairs + 32 + i);
                int upper = Format.unsigned(weights, fours + i) << 4;
                int k = toAt + half * 128 + i;
                to[k] = (short) (((first & 15) | (upper & 48)) - 32);
                to[k + 32] = (short) (((second & 15) | (upper >> 2 & 48)) - 32);
                to[k + 64] = (short) ((first >> 4 | (upper >> 4 & 48)) - 32);
                to[k + 96] = (short) ((second >> 4 | (upper >> 6 & 48)) - 32);
            }
        }
    }

    @Override
    float scale(MemorySegment weights, long at, int g) {
        return F16.at(weights, at + D) * weights.get(ValueLayout.JAVA_BYTE, at + SCALES + g);
    }
}
