package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Blocks of 32 weights in 20 bytes: a scale `d` and a minimum `m` (F16), then nibbles `q` as [Q4_0] has
/// them. A weight is `d * q + m`.
final class Q4_1 extends GroupedFormat {

    Q4_1() {
        super(32, 20, 32);
    }

    @Override
    int quant(MemorySegment weights, long at, int i) {
        return Q4_0.nibble(weights, at + 4, i);
    }

    @Override
    float scale(MemorySegment weights, long at, int g) {
        return F16.at(weights, at);
    }

    @Override
    float minimum(MemorySegment weights, long at, int g) {
        return F16.at(weights, at + 2);
    }

    @Override
    boolean hasMinima() {
        return true;
    }
}
