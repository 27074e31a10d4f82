package dev.runnel.engine.kernel;

/// The exponential function in 32-bit floats, within 2 units in the last place, the same in scalar code and
/// in vectors.
///
/// ```
/// n    = x / ln 2, rounded to a whole number
/// r    = x - n ln 2                                  |r| <= ln 2 / 2
/// e^x  = 2^n e^r,  e^r = 1 + r + r^2 p(r)            p: minimax polynomial of degree 5
/// ```
///
/// Arguments are first brought between [#LEAST] and [#MOST], where `2^n` is a normal float: below, e^x counts
/// as 1e-38.
final class Exp {

    static final float LEAST = -87;
    static final float MOST = 88;

    static final float LOG2_E = 1.442695f;
    /// Adding 1.5 * 2^23 leaves a float no bits for a fraction: the sum's last bits are the rounded whole
    /// number.
    static final float ROUNDER = 0x1.8p23f;
    /// Minus ln 2 in two parts; the first has so few bits that its product with `n` is exact.
    static final float LN2_HIGH = -0x1.63p-1f;

    static final float LN2_LOW = 0.00021219444f;
    // The polynomial of S. Moshier's Cephes library, function expf.
    static final float P5 = 0.00019875691f;
    static final float P4 = 0.0013981999f;
    static final float P3 = 0.008333452f;
    static final float P2 = 0.041665796f;
    static final float P1 = 0.16666666f;
    static final float P0 = 0.5f;

    private Exp() {}

    static float of(float argument) {
        float x = Math.min(Math.max(argument, LEAST), MOST);
        float shifted = Fused.multiplyAdd(x, LOG2_E, ROUNDER);
        float n = shifted - ROUNDER;
        float r = Fused.multiplyAdd(n, LN2_LOW, Fused.multiplyAdd(n, LN2_HIGH, x));
        float p = Fused.multiplyAdd(P5, r, P4);
        p = Fused.multiplyAdd(p, r, P3);
        p = Fused.multiplyAdd(p, r, P2);
        p = Fused.multiplyAdd(p, r, P1);
        p = Fused.multiplyAdd(p, r, P0);
        p = Fused.multiplyAdd(p, r * r, r) + 1;
        // n sits in the last bits of `shifted`; moved to the exponent's place it multiplies by 2^n.
        return p * Float.intBitsToFloat((Float.floatToRawIntBits(shifted) << 23) + 0x3f800000);
    }
}
