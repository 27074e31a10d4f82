package dev.runnel.training.model;

/// How large a model is. It is a small Qwen 3: norms before attention and feed-forward part, and of each query and key;
/// rotary positions, a gate, and the token embedding used once more as the output matrix.
///
/// @param vocabulary tokens, a multiple of [#STEP]
/// @param width of the residual stream, a multiple of [#STEP]
/// @param heads of attention, each with keys and values of its own; `width / heads` is a multiple of [#STEP]
/// @param feedForward width of the gated part, a multiple of [#STEP]
/// @param context most tokens of a conversation
/// @param ropeBase what the slowest rotation's period grows with
public record Shape(int vocabulary, int width, int layers, int heads, int feedForward, int context, float ropeBase) {

    /// Matrix products work on strips of this many columns.
    public static final int STEP = 32;

    /// Added to the mean square in norms.
    public static final float EPSILON = 1e-5f;

    public Shape {
        requireStep("vocabulary", vocabulary);
        requireStep("width", width);
        requireStep("feedForward", feedForward);
        if (layers < 1 || heads < 1 || width % heads != 0) {
            throw new IllegalArgumentException(
                    "%d layers and %d heads, expected at least 1, and heads that divide the width %d"
                            .formatted(layers, heads, width));
        }
        requireStep("width / heads", width / heads);
    }

    private static void requireStep(String name, int value) {
        if (value <= 0 || value % STEP != 0) {
            throw new IllegalArgumentException(name + " is " + value + ", expected a multiple of " + STEP);
        }
    }

    public int headSize() {
        return width / heads;
    }
}
