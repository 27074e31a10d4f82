package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.bytesAsFloats;
import static dev.runnel.engine.kernel.Lanes.floats;
import static dev.runnel.engine.kernel.Lanes.halves;
import static dev.runnel.engine.kernel.Packing.ROWS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

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
                var d = halves(packed, from + 2L * i);
                for (int g = 0; g < GROUPS; g++) {
                    bytesAsFloats(packed, factor(from, i, g))
                            .mul(d)
                            .intoArray(scales, to + (b * GROUPS + g) * ROWS + i);
                }
            }
        }
    }

    @Override
    public PackedProduct.Step adding(PackedProduct product) {
        return (block, from, t, scratch) -> add(
                product.w().data(),
                product.scalesOffset(block, from),
                product.blocks(from),
                scratch.sums,
                product.format().runsOfGroup(),
                product.x(),
                product.groupAt(from, t),
                scratch.totals,
                t * ROWS);
    }

    private void add(
            MemorySegment packed,
            long at,
            int blocks,
            short[] sums,
            int runs,
            Operand x,
            int xAt,
            float[] totals,
            int to) {
        for (int i = 0; i < ROWS; i += Lanes.COUNT) {
            var total = floats(totals, to + i);
            for (int b = 0; b < blocks; b++) {
                long scales = at + (long) b * bytes();
                var d = halves(packed, scales + 2L * i);
                for (int g = 0; g < GROUPS; g++) {
                    int group = b * GROUPS + g;
                    var xScale = FloatVector.broadcast(Lanes.FLOATS, x.scales[xAt + group]);
                    var scale = bytesAsFloats(packed, factor(scales, i, g)).mul(d);
                    total = PackedSums.sum(sums, group * runs * ROWS + i, runs).fma(scale.mul(xScale), total);
                }
            }
            total.intoArray(totals, to + i);
        }
    }
}
