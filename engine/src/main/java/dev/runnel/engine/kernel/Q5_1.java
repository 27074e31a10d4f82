package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// Blocks of 32 weights in 24 bytes: a scale `d` and a minimum `m` (F16), then five bits a weight as [Q5_0]
/// has them. A weight is `d * q + m`.
final class Q5_1 extends GroupedFormat {

    Q5_1() {
        super(32, 24, 32);
    }

    @Override
    void quants(MemorySegment weights, long at, short[] to, int toAt) {
        Q5_0.fiveBits(weights, at + 4, 0, to, toAt);
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
