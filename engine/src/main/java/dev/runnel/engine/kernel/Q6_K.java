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
    int quant(MemorySegment weights, long at, int i) {
        int half = i / 128;
        int pair = Format.unsigned(weights, at + half * 64L + i % 64);
        int four = Format.unsigned(weights, at + 128 + half * 32L + i % 32);
        return ((pair >> (i % 128 / 64 * 4) & 15) | (four >> (i % 128 / 32 * 2) & 3) << 4) - 32;
    }

    @Override
    float scale(MemorySegment weights, long at, int g) {
        return F16.at(weights, at + D) * weights.get(ValueLayout.JAVA_BYTE, at + SCALES + g);
    }
}
