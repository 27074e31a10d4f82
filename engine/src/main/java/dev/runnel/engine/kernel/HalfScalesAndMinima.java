package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.floats;
import static dev.runnel.engine.kernel.Lanes.halves;
import static dev.runnel.engine.kernel.Packing.ROWS;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// A scale and a minimum for each block, in F16; what [Q4_1] and [Q5_1] have. The scales of all rows come before
/// the minima.
final class HalfScalesAndMinima implements PackedScales {

    private static final int MINIMA = ROWS * Short.BYTES;

    @Override
    public int bytes() {
        return 2 * MINIMA;
    }

    @Override
    public void pack(MemorySegment stored, long block, MemorySegment packed, long at, int row) {
        packed.set(F16.HALF, at + 2L * row, stored.get(F16.HALF, block));
        packed.set(F16.HALF, at + MINIMA + 2L * row, stored.get(F16.HALF, block + 2));
    }

    @Override
    public float scale(MemorySegment packed, long at, int row, int g) {
        return F16.at(packed, at + 2L * row);
    }

    @Override
    public float minimum(MemorySegment packed, long at, int row, int g) {
        return F16.at(packed, at + MINIMA + 2L * row);
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

    private static void load(MemorySegment packed, long at, int blocks, float[] scales, float[] minima, int to) {
        for (int b = 0; b < blocks; b++) {
            for (int i = 0; i < ROWS; i += Lanes.COUNT) {
                long from = at + (long) b * 2 * MINIMA + 2L * i;
                halves(packed, from).intoArray(scales, to + b * ROWS + i);
                halves(packed, from + MINIMA).intoArray(minima, to + b * ROWS + i);
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

    private static void add(
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
            for (int g = 0; g < blocks; g++) {
                var xScale = FloatVector.broadcast(Lanes.FLOATS, x.scales[xAt + g]);
                var xSum = FloatVector.broadcast(Lanes.FLOATS, x.sums[xAt + g]);
                var xTotal = FloatVector.broadcast(Lanes.FLOATS, x.totals[xAt + g]);
                long scales = at + (long) g * 2 * MINIMA + 2L * i;
                total = PackedSums.sum(sums, g * runs * ROWS + i, runs)
                        .add(xSum)
                        .fma(halves(packed, scales).mul(xScale), total);
                total = halves(packed, scales + MINIMA).fma(xTotal, total);
            }
            total.intoArray(totals, to + i);
        }
    }
}
