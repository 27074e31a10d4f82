package dev.runnel.engine.kernel;

/// The curve between the two halves of a feed-forward layer, applied to each element by itself.
///
/// Every one of them lets an element through as a sigmoid says, and differs by its constants only, so that
/// one loop is all of them:
///
/// ```
/// g / (1 + e^(g (linear + cubic g^2)))        g: the element, or `limit` if that is less
/// ```
public enum Activation {
    /// `g sigmoid(g)` (Elfwing et al., https://arxiv.org/abs/1702.03118).
    SILU(-1, 0, Float.POSITIVE_INFINITY),
    /// The Gaussian error unit in its usual approximation, `g (1 + tanh(sqrt(2/pi) (g + 0.044715 g^3))) / 2`
    /// (Hendrycks and Gimpel, https://arxiv.org/abs/1606.08415).
    GELU(-2 * Math.sqrt(2 / Math.PI), -2 * Math.sqrt(2 / Math.PI) * 0.044715, Float.POSITIVE_INFINITY),
    /// `g sigmoid(1.702 g)` where `g` is at most 7. What it gates is brought between -7 and 7, and then one is
    /// added: so has it gpt-oss (https://arxiv.org/abs/2508.10925).
    CLAMPED(-1.702, 0, 7);

    final float linear;
    final float cubic;
    final float limit;

    Activation(double linear, double cubic, float limit) {
        this.linear = (float) linear;
        this.cubic = (float) cubic;
        this.limit = limit;
    }
}
