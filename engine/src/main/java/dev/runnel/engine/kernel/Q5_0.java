package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Blocks of 32 weights in 22 bytes: a scale `d` (F16), 32 bits of which bit `i` is the fifth of weight `i`,
/// then the lower four as [Q4_0] has them. A weight is `d * (q - 16)`.
final class Q5_0 extends GroupedFormat {

    Q5_0() {
        super(32, 22, 32);
    }

    /// Number `i` of 32 with five bits each, laid out so from `at` on.
    static int fiveBits(MemorySegment weights, long at, int i) {
        int fifth = Format.unsigned(weights, at + i / 8) >> (i % 8) & 1;
        return Q4_0.nibble(weights, at + 4, i) | fifth << 4;
    }

    @Override
    int quant(MemorySegment weights, long at, int i) {
        return fiveBits(weights, at + 2, i) - 16;
    }

    @Override
    float scale(MemorySegment weights, long at, int g) {
        return F16.at(weights, at);
    }
}
