package dev.runnel.training.model;

import static dev.runnel.training.model.Matmul.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// A sum and a power whose bits are the same on every call. The Vector API's own differ between code that is
/// interpreted
/// and code that is compiled, so a training that is resumed would not be the one that was stopped.
final class Lanes {

    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SPECIES.vectorShape());

    private static final float LOG2_E = 1.442695f;
    private static final float LN2_HIGH = 0.6933594f;
    private static final float LN2_LOW = -0.00021219444f;
    private static final float ROUNDING = 12_582_912; // 1.5 · 2^23: adding it leaves no room for a fraction
    private static final float LEAST = -87;
    private static final float MOST = 88;
    private static final int BIAS = 127;
    private static final int FRACTION_BITS = 23;

    private Lanes() {}

    /// The sum over all lanes, from the first to the last.
    ///
    /// @param scratch at least as long as a vector
    static float sum(FloatVector x, float[] scratch) {
        x.intoArray(scratch, 0);
        float sum = 0;
        for (int i = 0; i < SPECIES.length(); i++) {
            sum += scratch[i];
        }
        return sum;
    }

    /// The largest of `n` values, whole vectors of them.
    static float most(float[] values, int at, int n) {
        FloatVector most = FloatVector.fromArray(SPECIES, values, at);
        for (int i = SPECIES.length(); i < n; i += SPECIES.length()) {
            most = most.max(FloatVector.fromArray(SPECIES, values, at + i));
        }
        return most.reduceLanes(VectorOperators.MAX);
    }

    /// `e^x`, to about two units in the last place: `2^n e^r` with `|r| <= ln 2 / 2`, and a polynomial for `e^r`
    /// (Cephes).
    static FloatVector exp(FloatVector x) {
        FloatVector bounded = x.max(LEAST).min(MOST);
        FloatVector n = bounded.mul(LOG2_E).add(ROUNDING).sub(ROUNDING);
        FloatVector r = n.neg().fma(broadcast(LN2_HIGH), bounded);
        r = n.neg().fma(broadcast(LN2_LOW), r);
        FloatVector p = broadcast(0.00019875691f).fma(r, broadcast(0.0013981999f));
        p = p.fma(r, broadcast(0.008333452f));
        p = p.fma(r, broadcast(0.041665796f));
        p = p.fma(r, broadcast(0.16666666f));
        p = p.fma(r, broadcast(0.5f));
        p = p.fma(r.mul(r), r).add(1);
        IntVector exponent = (IntVector) n.convertShape(VectorOperators.F2I, INTS, 0);
        FloatVector power =
                exponent.add(BIAS).lanewise(VectorOperators.LSHL, FRACTION_BITS).reinterpretAsFloats();
        return p.mul(power);
    }

    private static FloatVector broadcast(float x) {
        return FloatVector.broadcast(SPECIES, x);
    }
}
