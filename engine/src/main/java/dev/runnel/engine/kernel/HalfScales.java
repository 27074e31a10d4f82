package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.floats;
import static dev.runnel.engine.kernel.Lanes.halves;
import static dev.runnel.engine.kernel.Packing.ROWS;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// A scale for each block, in F16; what [Q4_0] and [Q5_0] have.
final class HalfScales implements PackedScales {

    @Override
    public int bytes() {
        return ROWS * Short.BYTES;
    }

    @Override
    public void pack(MemorySegment stored, long block, MemorySegment packed, long at, int row) {
        packed.set(F16.HALF, at + 2L * row, stored.get(F16.HALF, block));
    }

    @Override
    public float scale(MemorySegment packed, long at, int row, int g) {
        return F16.at(packed, at + 2L * row);
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

    private static void load(MemorySegment packed, long at, int blocks, float[] scales, int to) {
        for (int i = 0; i < blocks * ROWS; i += Lanes.COUNT) {
            halves(packed, at + 2L * i).intoArray(scales, to + i);
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
                var scale = halves(packed, at + (long) g * ROWS * Short.BYTES + 2L * i);
                total = PackedSums.sum(sums, g * runs * ROWS + i, runs).fma(scale.mul(xScale), total);
            }
            total.intoArray(totals, to + i);
        }
    }
}
