package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Blocks of 256 weights in 144 bytes, in 8 groups of 32:
///
/// ```
/// 0         d, then dMin (F16)
/// 4   (12)  bytes: the groups' scales `s` and minima `m`, six bits each
/// 16  (128) bytes of two weights `q`, a nibble each
/// ```
///
/// A weight is `d * s * q - dMin * m`. Of each 32 bytes the lower nibbles are one group, the higher ones the
/// next.
class Q4_K implements Format {

    static final int BLOCK = 256;
    static final int BLOCK_BYTES = 144;
    static final int GROUP = 32;
    static final int QUANTS = 16;

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            for (int group = 0; group < BLOCK / GROUP; group++) {
                float scale = scale(weights, offset, group);
                float minimum = minimum(weights, offset, group);
                long pairs = offset + QUANTS + group / 2 * (long) GROUP;
                for (int i = 0; i < GROUP; i++) {
                    int q = Format.unsigned(weights, pairs + i) >> (group % 2 * 4) & 15;
                    to[at + k + group * GROUP + i] = scale * q - minimum;
                }
            }
        }
    }

    /// `d * s` of a group.
    static float scale(MemorySegment weights, long offset, int group) {
        return F16.at(weights, offset) * scaleBits(weights, offset + 4, group);
    }

    /// `dMin * m` of a group.
    static float minimum(MemorySegment weights, long offset, int group) {
        return F16.at(weights, offset + 2) * minimumBits(weights, offset + 4, group);
    }

    /// The scales of groups 0 to 3 are six bits of bytes 0 to 3. Those of groups 4 to 7 are the lower nibbles
    /// of bytes 8 to 11 under what is left of bytes 0 to 3.
    static int scaleBits(MemorySegment weights, long packed, int group) {
        return group < 4
                ? Format.unsigned(weights, packed + group) & 63
                : (Format.unsigned(weights, packed + group + 4) & 15)
                        | Format.unsigned(weights, packed + group - 4) >> 6 << 4;
    }

    /// The minima of groups 0 to 3 are six bits of bytes 4 to 7. Those of groups 4 to 7 are the higher nibbles
    /// of bytes 8 to 11 under what is left of bytes 4 to 7.
    static int minimumBits(MemorySegment weights, long packed, int group) {
        return group < 4
                ? Format.unsigned(weights, packed + group + 4) & 63
                : Format.unsigned(weights, packed + group + 4) >> 4
                        | Format.unsigned(weights, packed + group) >> 6 << 4;
    }
}
