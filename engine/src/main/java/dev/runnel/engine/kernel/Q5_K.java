package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Blocks of 256 weights in 176 bytes, in 8 groups of 32:
///
/// ```
/// 0         d, dMin, scales and minima, as in [Q4_K]
/// 16  (32)  bytes: bit `j` of byte `i` is the fifth of weight `i` of group `j`
/// 48  (128) bytes: the lower four, as in [Q4_K]
/// ```
///
/// A weight is `d * s * q - dMin * m`.
class Q5_K implements Format {

    static final int BLOCK = 256;
    static final int BLOCK_BYTES = 176;
    static final int GROUP = 32;
    static final int FIFTHS = 16;
    static final int QUANTS = 48;

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            for (int group = 0; group < BLOCK / GROUP; group++) {
                float scale = Q4_K.scale(weights, offset, group);
                float minimum = Q4_K.minimum(weights, offset, group);
                long pairs = offset + QUANTS + group / 2 * (long) GROUP;
                for (int i = 0; i < GROUP; i++) {
                    int fifth = Format.unsigned(weights, offset + FIFTHS + i) >> group & 1;
                    int q = (Format.unsigned(weights, pairs + i) >> (group % 2 * 4) & 15) | fifth << 4;
                    to[at + k + group * GROUP + i] = scale * q - minimum;
                }
            }
        }
    }
}
