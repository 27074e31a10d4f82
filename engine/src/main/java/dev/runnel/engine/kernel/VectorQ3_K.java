package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.VectorOperators;

/// [Q3_K] in vectors.
final class VectorQ3_K extends Q3_K {

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            for (int g = 0; g < BLOCK / GROUP; g++) {
                long third = offset + g % 2 * (long) GROUP;
                long four = offset + QUANTS + g / 8 * 32L + g % 2 * (long) GROUP;
                group(weights, third, g / 2, four, g % 8 / 2 * 2, scale(weights, offset, g), to, at + k + g * GROUP);
            }
        }
    }

    /// Sixteen bytes' pairs of bits from bit `bit` on, under bit `thirdBit` of sixteen others.
    private static void group(
            MemorySegment weights, long third, int thirdBit, long four, int bit, float scale, float[] to, int at) {
        for (int i = 0; i < GROUP; i += Lanes.COUNT) {
            var upper = Lanes.bytes(weights, third + i)
                    .lanewise(VectorOperators.LSHR, thirdBit)
                    .and(1)
                    .lanewise(VectorOperators.LSHL, 2);
            var q = Lanes.bytes(weights, four + i)
                    .lanewise(VectorOperators.LSHR, bit)
                    .and(3)
                    .or(upper)
                    .sub(4);
            Lanes.toFloats(q).mul(scale).intoArray(to, at + i);
        }
    }
}
