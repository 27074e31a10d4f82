package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Packing.ROWS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/// Scales of a signed byte, times a number in F16 for a block of sixteen groups; what [Q6_K] has.
///
/// ```
/// (ROWS)        F16: d
/// (16, ROWS)    bytes: group, scale
/// ```
final class ScaledScales implements PackedScales {

    private static final int GROUPS = 16;
    private static final int FACTORS = ROWS * Short.BYTES;

    @Override
    public int bytes() {
        return FACTORS + GROUPS * ROWS;
    }

    @Override
    public void pack(MemorySegment stored, long block, MemorySegment packed, long at, int row) {
        packed.set(F16.HALF, at + 2L * row, stored.get(F16.HALF, block + Q6_K.D));
        for (int g = 0; g < GROUPS; g++) {
            packed.set(JAVA_BYTE, factor(at, row, g), stored.get(JAVA_BYTE, block + Q6_K.SCALES + g));
        }
    }

    private static long factor(long at, int row, int g) {
        return at + FACTORS + (long) g * ROWS + row;
    }

    @Override
    public float scale(MemorySegment packed, long at, int row, int g) {
        return F16.at(packed, at + 2L * row) * packed.get(JAVA_BYTE, factor(at, row, g));
    }

    @Override
    public float minimum(MemorySegment packed, long at, int row, int g) {
        return 0;
    }

    @Override
    public PackedProduct.Step loading(PackedProduct product) {
        return (block, from, n, scratch) -> load(
                product.w().data(),
                product.scalesOffset(block, from),
                product.blocks(from),
                scratch.scales,
                product.scalesAt(n));
    }

    private void load(MemorySegment packed, long at, int blocks, float[] scales, int to) {
        for (int b = 0; b < blocks; b++) {
            for (int i = 0; i < ROWS; i += Lanes.COUNT) {
                long from = at + (long) b * bytes();
                var d = Lanes.halves(packed, from + 2L * i);
                for (int g = 0; g < GROUPS; g++) {
                    Lanes.bytesAsFloats(packed, factor(from, i, g))
                            .mul(d)
                            .intoArray(scales, to + (b * GROUPS + g) * ROWS + i);
                }
            }
        }
    }
}
