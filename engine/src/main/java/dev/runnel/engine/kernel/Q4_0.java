package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Blocks of 32 weights in 18 bytes: a scale `d` (F16), then 16 bytes of two unsigned nibbles `q`: byte `i`
/// holds weight `i` in its low and weight `i + 16` in its high half. A weight is `d * (q - 8)`.
final class Q4_0 extends GroupedFormat {

    Q4_0() {
        super(32, 18, 32);
    }

    /// Nibble `i` of 32, laid out so from `at` on.
    static int nibble(MemorySegment weights, long at, int i) {
        return Format.unsigned(weights, at + i % 16) >> (i / 16 * 4) & 15;
    }

    @Override
    int quant(MemorySegment weights, long at, int i) {
        return nibble(weights, at + 2, i) - 8;
    }

    @Override
    float scale(MemorySegment weights, long at, int g) {
        return F16.at(weights, at);
    }
}
