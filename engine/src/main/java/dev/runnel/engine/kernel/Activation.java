package dev.runnel.engine.kernel;

/// The curve between the two halves of a feed-forward layer, applied to each element by itself.
///
/// Every one of them lets `g` through as a sigmoid says: `g / (1 + e^-s(g))`.
public enum Activation {
    /// `s(g) = g` (Elfwing et al., https://arxiv.org/abs/1702.03118).
    SILU,
    /// `s(g) = 2 sqrt(2/pi) (g + 0.044715 g^3)`: the Gaussian error unit in its usual approximation by tanh
    /// (Hendrycks and Gimpel, https://arxiv.org/abs/1606.08415).
    GELU,
    /// `s(g) = 1.702 g`, where `g` is first brought down to 7. What it gates is brought between -7 and 7, and
    /// then one is added: so has it gpt-oss (https://arxiv.org/abs/2508.10925).
    CLAMPED;

    /// `-s(g)` of [#GELU] is `g (LINEAR + CUBIC g^2)`.
    static final float LINEAR = (float) (-2 * Math.sqrt(2 / Math.PI));

    static final float CUBIC = (float) (-2 * Math.sqrt(2 / Math.PI) * 0.044715);

    /// Of [#CLAMPED].
    static final float STEEPNESS = -1.702f;

    static final float LIMIT = 7;
}
