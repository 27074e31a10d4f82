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
final class Q5_K extends GroupedFormat {

    Q5_K() {
        super(256, 176, 32);
    }

    @Override
    void quants(MemorySegment weights, long at, short[] to, int toAt) {
        Q4_K.nibbles(weights, at + 48, to, toAt);
        for (int g = 0; g < 8; g++) {
            for (int i = 0; i < 32; i++) {
                int fifth = Format.unsigned(weights, at + 16 + i) >> g & 1;
                to[toAt + g * 32 + i] += (short) (fifth << 4);
            }
        }
    }

    @Override
    float scale(MemorySegment weights, long at, int g) {
        return F16.at(weights, at) * Q4_K.scaleBits(weights, at, g);
    }

    @Override
    float minimum(MemorySegment weights, long at, int g) {
        return -F16.at(weights, at + 2) * Q4_K.minimumBits(weights, at, g);
    }

    @Override
    boolean hasMinima() {
        return true;
    }
}
