package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Blocks of 32 weights in 20 bytes: a scale `d` and a minimum `m` (F16), then nibbles `q` as [Q4_0] has
/// them. A weight is `d * q + m`.
final class Q4_1 extends GroupedFormat {

    Q4_1() {
        super(32, 20, 32);
    }

    @Override
    void quants(MemorySegment weights, long at, short[] to, int toAt) {
        Q4_0.nibbles(weights, at + 4, 0, to, toAt);
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
