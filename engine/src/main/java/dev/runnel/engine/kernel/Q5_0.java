package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Blocks of 32 weights in 22 bytes: a scale `d` (F16), 32 bits of which bit `i` is the fifth of weight `i`,
/// then the lower four as [Q4_0] has them. A weight is `d * (q - 16)`.
final class Q5_0 extends GroupedFormat {

    Q5_0() {
        super(32, 22, 32);
    }

    private static final ValueLayout.OfInt BITS = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// Writes 32 numbers of five bits that are laid out so from `at` on, each less by `less`.
    static void fiveBits(MemorySegment weights, long at, int less, short[] to, int toAt) {
        int fifth = weights.get(BITS, at);
        Q4_0.nibbles(weights, at + 4, less, to, toAt);
        for (int i = 0; i < 32; i++) {
            to[toAt + i] += (short) ((fifth >> i & 1) << 4);
        }
    }

    @Override
    void quants(MemorySegment weights, long at, short[] to, int toAt) {
        fiveBits(weights, at + 2, 16, to, toAt);
    }

    @Override
    float scale(MemorySegment weights, long at, int g) {
        return F16.at(weights, at);
    }
}
