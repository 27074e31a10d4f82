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
final class Q4_K extends GroupedFormat {

    Q4_K() {
        super(256, 144, 32);
    }

    /// Writes 256 nibbles that are laid out so from `at` on.
    static void nibbles(MemorySegment weights, long at, short[] to, int toAt) {
        for (int k = toAt; k < toAt + 256; k += 64, at += 32) {
            for (int i = 0; i < 32; i++) {
                int pair = Format.unsigned(weights, at + i);
                to[k + i] = (short) (pair & 15);
                to[k + i + 32] = (short) (pair >> 4);
            }
        }
    }

    @Override
    void quants(MemorySegment weights, long at, short[] to, int toAt) {
        nibbles(weights, at + 16, to, toAt);
    }

    @Override
    float scale(MemorySegment weights, long at, int g) {
        return F16.at(weights, at) * scaleBits(weights, at, g);
    }

    @Override
    float minimum(MemorySegment weights, long at, int g) {
        return -F16.at(weights, at + 2) * minimumBits(weights, at, g);
    }

    @Override
    boolean hasMinima() {
        return true;
    }

    /// `s` of a group: for groups 0 to 3 six bits of bytes 0 to 3; for groups 4 to 7 the lower nibbles of
    /// bytes 8 to 11 under what is left of bytes 0 to 3.
    static int scaleBits(MemorySegment weights, long at, int g) {
        long packed = at + 4 + g;
        return g < 4
                ? Format.unsigned(weights, packed) & 63
                : (Format.unsigned(weights, packed + 4) & 15) | Format.unsigned(weights, packed - 4) >> 6 << 4;
    }

    /// `m` of a group: for groups 0 to 3 six bits of bytes 4 to 7; for groups 4 to 7 the higher nibbles of
    /// bytes 8 to 11 under what is left of bytes 4 to 7.
    static int minimumBits(MemorySegment weights, long at, int g) {
        long packed = at + 4 + g;
        return g < 4
                ? Format.unsigned(weights, packed + 4) & 63
                : Format.unsigned(weights, packed + 4) >> 4 | Format.unsigned(weights, packed) >> 6 << 4;
    }
}
