package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Packing.ROWS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/// Scales and minima of six bits, times numbers in F16 for a block of eight groups; what [Q4_K] and [Q5_K] have.
///
/// ```
/// (ROWS)        F16: d
/// (ROWS)        F16: dMin
/// (8, 2, ROWS)  bytes: group, scale or minimum
/// ```
final class ScaledScalesAndMinima implements PackedScales {

    private static final int GROUPS = 8;
    private static final int D_MIN = ROWS * Short.BYTES;
    private static final int FACTORS = 2 * D_MIN;

    @Override
    public int bytes() {
        return FACTORS + 2 * GROUPS * ROWS;
    }

    @Override
    public void pack(MemorySegment stored, long block, MemorySegment packed, long at, int row) {
        packed.set(F16.HALF, at + 2L * row, stored.get(F16.HALF, block));
        packed.set(F16.HALF, at + D_MIN + 2L * row, stored.get(F16.HALF, block + 2));
        for (int g = 0; g < GROUPS; g++) {
            packed.set(JAVA_BYTE, factor(at, row, g), (byte) Q4_K.scaleBits(stored, block, g));
            packed.set(JAVA_BYTE, factor(at, row, g) + ROWS, (byte) Q4_K.minimumBits(stored, block, g));
        }
    }

    private static long factor(long at, int row, int g) {
        return at + FACTORS + g * 2L * ROWS + row;
    }

    @Override
    public float scale(MemorySegment packed, long at, int row, int g) {
        return F16.at(packed, at + 2L * row) * packed.get(JAVA_BYTE, factor(at, row, g));
    }

    @Override
    public float minimum(MemorySegment packed, long at, int row, int g) {
        return -F16.at(packed, at + D_MIN + 2L * row) * packed.get(JAVA_BYTE, factor(at, row, g) + ROWS);
    }

    @Override
    public PackedProduct.Step loading(PackedProduct product) {
        return (block, from, n, scratch) -> load(
                product.w().data(),
                product.scalesOffset(block, from),
                product.blocks(from),
                scratch.scales,
                scratch.minima,
                product.scalesAt(n));
    }

    private void load(MemorySegment packed, long at, int blocks, float[] scales, float[] minima, int to) {
        for (int b = 0; b < blocks; b++) {
            for (int i = 0; i < ROWS; i += Lanes.COUNT) {
                long from = at + (long) b * bytes();
                var d = Lanes.halves(packed, from + 2L * i);
                var dMin = Lanes.halves(packed, from + D_MIN + 2L * i).neg();
                for (int g = 0; g < GROUPS; g++) {
                    int place = to + (b * GROUPS + g) * ROWS + i;
                    Lanes.bytesAsFloats(packed, factor(from, i, g)).mul(d).intoArray(scales, place);
                    Lanes.bytesAsFloats(packed, factor(from, i, g) + ROWS)
                            .mul(dMin)
                            .intoArray(minima, place);
                }
            }
        }
    }
}
