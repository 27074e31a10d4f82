package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.bytesAsFloats;
import static dev.runnel.engine.kernel.Lanes.floats;
import static dev.runnel.engine.kernel.Lanes.halves;
import static dev.runnel.engine.kernel.Packing.ROWS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

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
                var d = halves(packed, from + 2L * i);
                var dMin = halves(packed, from + D_MIN + 2L * i).neg();
                for (int g = 0; g < GROUPS; g++) {
                    int place = to + (b * GROUPS + g) * ROWS + i;
                    bytesAsFloats(packed, factor(from, i, g)).mul(d).intoArray(scales, place);
                    bytesAsFloats(packed, factor(from, i, g) + ROWS).mul(dMin).intoArray(minima, place);
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
                var dMin = halves(packed, scales + D_MIN + 2L * i).neg();
                for (int g = 0; g < GROUPS; g++) {
                    int group = b * GROUPS + g;
                    var xScale = FloatVector.broadcast(Lanes.FLOATS, x.scales[xAt + group]);
                    var xSum = FloatVector.broadcast(Lanes.FLOATS, x.sums[xAt + group]);
                    var xTotal = FloatVector.broadcast(Lanes.FLOATS, x.totals[xAt + group]);
                    long factors = factor(scales, i, g);
                    total = PackedSums.sum(sums, group * runs * ROWS + i, runs)
                            .add(xSum)
                            .fma(bytesAsFloats(packed, factors).mul(d).mul(xScale), total);
                    total = bytesAsFloats(packed, factors + ROWS).mul(dMin).fma(xTotal, total);
                }
            }
            total.intoArray(totals, to + i);
        }
    }
}
