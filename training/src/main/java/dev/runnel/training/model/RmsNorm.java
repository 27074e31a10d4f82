package dev.runnel.training.model;

import static dev.runnel.training.model.Matmul.SPECIES;

import jdk.incubator.vector.FloatVector;

/// Brings every token's vector to the same length (Zhang and Sennrich 2019).
///
/// ```
/// r  = 1 / sqrt(mean(x²) + ε)
/// y  = r · x ∘ g                                       x, y (tokens, width), g (width)
///
/// dg += Σ over tokens of r · x ∘ dy
/// dx += r · (g ∘ dy) − x · r³ / width · Σ x ∘ g ∘ dy
/// ```
final class RmsNorm {

    private final int width;
    private final float[] scales; // (tokens): r
    private final float[] lanes = new float[SPECIES.length()];

    RmsNorm(int tokens, int width) {
        this.width = width;
        scales = new float[tokens];
    }

    void forward(float[] x, float[] gain, float[] y, int tokens) {
        for (int token = 0; token < tokens; token++) {
            int at = token * width;
            FloatVector squares = FloatVector.zero(SPECIES);
            for (int i = 0; i < width; i += SPECIES.length()) {
                FloatVector part = FloatVector.fromArray(SPECIES, x, at + i);
                squares = part.fma(part, squares);
            }
            float mean = Lanes.sum(squares, lanes) / width;
            float scale = (float) (1 / Math.sqrt(mean + Shape.EPSILON));
            scales[token] = scale;
            for (int i = 0; i < width; i += SPECIES.length()) {
                FloatVector.fromArray(SPECIES, x, at + i)
                        .mul(scale)
                        .mul(FloatVector.fromArray(SPECIES, gain, i))
                        .intoArray(y, at + i);
            }
        }
    }

    /// Adds to `gainGradient` and `dx`.
    void backward(float[] x, float[] gain, float[] dy, float[] gainGradient, float[] dx, int tokens) {
        for (int token = 0; token < tokens; token++) {
            int at = token * width;
            float scale = scales[token];
            FloatVector products = FloatVector.zero(SPECIES);
            for (int i = 0; i < width; i += SPECIES.length()) {
                FloatVector xdy =
                        FloatVector.fromArray(SPECIES, x, at + i).mul(FloatVector.fromArray(SPECIES, dy, at + i));
                xdy.mul(scale)
                        .add(FloatVector.fromArray(SPECIES, gainGradient, i))
                        .intoArray(gainGradient, i);
                products = xdy.fma(FloatVector.fromArray(SPECIES, gain, i), products);
            }
            float along = Lanes.sum(products, lanes) * scale * scale * scale / width;
            for (int i = 0; i < width; i += SPECIES.length()) {
                FloatVector straight = FloatVector.fromArray(SPECIES, dy, at + i)
                        .mul(FloatVector.fromArray(SPECIES, gain, i))
                        .mul(scale);
                FloatVector.fromArray(SPECIES, dx, at + i)
                        .add(straight)
                        .sub(FloatVector.fromArray(SPECIES, x, at + i).mul(along))
                        .intoArray(dx, at + i);
            }
        }
    }
}
