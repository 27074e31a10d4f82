package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Blocks of 32 weights in 18 bytes: a scale `d` (F16), then 16 bytes of two unsigned nibbles `q`: byte `i`
/// holds weight `i` in its low and weight `i + 16` in its high half. A weight is `d * (q - 8)`.
final class Q4_0 extends GroupedFormat {

    Q4_0() {
        super(32, 18, 32);
    }

    /// Writes 32 nibbles that are laid out so from `at` on, each less by `less`.
    static void nibbles(MemorySegment weights, long at, int less, short[] to, int toAt) {
        for (int i = 0; i < 16; i++) {
            int pair = Format.unsigned(weights, at + i);
            to[toAt + i] = (short) ((pair & 15) - less);
            to[toAt + i + 16] = (short) ((pair >> 4) - less);
        }
    }

    @Override
    void quants(MemorySegment weights, long at, short[] to, int toAt) {
        nibbles(weights, at + 2, 8, to, toAt);
    }

    @Override
    float scale(MemorySegment weights, long at, int g) {
        return F16.at(weights, at);
    }
}
