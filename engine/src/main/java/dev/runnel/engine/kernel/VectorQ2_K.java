package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.VectorOperators;

/// [Q2_K] in vectors.
final class VectorQ2_K extends Q2_K {

    @Override
    public void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        for (int k = 0; k < n; k += BLOCK, offset += BLOCK_BYTES) {
            float d = F16.at(weights, offset + D);
            float dMin = F16.at(weights, offset + D_MIN);
            for (int g = 0; g < BLOCK / GROUP; g++) {
                int factors = Format.unsigned(weights, offset + g);
                long four = offset + QUANTS + g / 8 * 32L + g % 2 * (long) GROUP;
                group(weights, four, g % 8 / 2 * 2, d * (factors & 15), dMin * (factors >> 4), to, at + k + g * GROUP);
            }
        }
    }

    /// Sixteen bytes' pairs of bits from bit `bit` on.
    private static void group(
            MemorySegment weights, long four, int bit, float scale, float minimum, float[] to, int at) {
        for (int i = 0; i < GROUP; i += Lanes.COUNT) {
            var q = Lanes.bytes(weights, four + i)
                    .lanewise(VectorOperators.LSHR, bit)
                    .and(3);
            Lanes.toFloats(q).mul(scale).sub(minimum).intoArray(to, at + i);
        }
    }
}
