package dev.runnel.engine.sampling;

import dev.runnel.core.BackendException;

/// Logits to weights, with nothing but sums and products: the same on every machine, as `Math.exp` need not
/// be.
final class Weights {

    static final double LOG2_E = 1 / Math.log(2);
    private static final float LN_2 = (float) Math.log(2);

    private static final int INFINITY_BITS = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

    private Weights() {}

    /// The greatest of a model's logits.
    ///
    /// @throws BackendException if one is not finite, which is the model's fault
    static float greatest(float[] logits) {
        float max = Float.NEGATIVE_INFINITY;
        int greatestMagnitudeBits = 0;
        for (float logit : logits) {
            max = Math.max(max, logit);
            greatestMagnitudeBits = Math.max(greatestMagnitudeBits, Float.floatToRawIntBits(logit) & Integer.MAX_VALUE);
        }
        if (greatestMagnitudeBits >= INFINITY_BITS) {
            throw notFinite(logits);
        }
        return max;
    }

    private static BackendException notFinite(float[] logits) {
        int token = 0;
        while (Float.isFinite(logits[token])) {
            token++;
        }
        return new BackendException(
                BackendException.Kind.INTERNAL,
                "the model gave token %d the logit %s, expected a finite number".formatted(token, logits[token]));
    }

    /// `2^x` for `x` up to 0, to within 2 ulp; 2^-126 below that.
    static float powerOfTwo(float x) {
        float power = Math.max(x, -126f);
        int whole = (int) (power - 0.5f);
        float rest = power - whole; // -1/2 to 1/2
        // The Taylor series of e^(rest ln 2); the first term left out is below 2^-27.
        float y = rest * LN_2;
        float tail = y * (1 / 120f + y * (1 / 720f + y * (1 / 5040f)));
        float series = 1 + y * (1 + y * (1 / 2f + y * (1 / 6f + y * (1 / 24f + tail))));
        return series * Float.intBitsToFloat((whole + 127) << 23);
    }
}
