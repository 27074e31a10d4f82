package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Blocks of 256 weights in 84 bytes, in 16 groups of 16:
///
/// ```
/// 0   (16)  bytes: the group's scale `s` in the lower nibble, its minimum `m` in the higher
/// 16  (64)  bytes of four weights `q`, two bits each
/// 80        d, then dMin (F16)
/// ```
///
/// A weight is `d * s * q - dMin * m`. Bits `2j` and `2j + 1` of the first 32 bytes are weights `32j` and
/// on, those of the second 32 bytes weights `128 + 32j` and on.
class Q2_K implements Format {

    static final int BLOCK = 256;
    static final int BLOCK_BYTES = 84;
    static final int GROUP = 16;
    static final int QUANTS = 16;
    static final int D = 80;
    static final int D_MIN = 82;

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            float d = F16.at(weights, offset + D);
            float dMin = F16.at(weights, offset + D_MIN);
            for (int i = 0; i < BLOCK; i++) {
                int group = Format.unsigned(weights, offset + i / GROUP);
                int four = Format.unsigned(weights, offset + QUANTS + i / 128 * 32L + i % 32);
                int q = four >> (i % 128 / 32 * 2) & 3;
                to[at + k + i] = d * (group & 15) * q - dMin * (group >> 4);
            }
        }
    }
}
