package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.floats;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// [Operand]'s rounding to 8 bits in vectors.
final class Rounding {

    /// Elements whose sum is wanted: the smaller kind of group.
    static final int CHUNK = 16;

    private Rounding() {}

    /// The largest of a block's elements, whatever its sign; no number, if one of them is none.
    static float largest(float[] x, int at) {
        var largest = FloatVector.zero(Lanes.FLOATS);
        for (int i = 0; i < Operand.BLOCK; i += Lanes.COUNT) {
            largest = largest.max(floats(x, at + i).abs());
        }
        return largest.reduceLanes(VectorOperators.MAX);
    }

    /// Rounds a chunk times `inverse` to whole numbers, and returns their sum.
    static int round(float[] x, int at, float inverse, short[] to, int toAt) {
        int sum = 0;
        for (int i = 0; i < CHUNK; i += Lanes.COUNT) {
            var q = Lanes.toInts(
                    floats(x, at + i).mul(inverse).add(Operand.ROUNDER).sub(Operand.ROUNDER));
            Lanes.intoArray(q, to, toAt + i);
            sum += q.reduceLanes(VectorOperators.ADD);
        }
        return sum;
    }
}
