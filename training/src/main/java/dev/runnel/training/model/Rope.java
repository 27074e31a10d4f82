package dev.runnel.training.model;

/// Rotary positions (Su et al. 2021): each pair of elements in a head, from either half of it, is turned by an angle
/// that grows with the position, so that a product of a query and a key knows how far apart they are.
///
/// ```
/// (x[i], x[i + headSize / 2])  turned by  position · base^(−2i / headSize)
/// ```
///
/// The gradient is turned back.
final class Rope {

    private final int heads;
    private final int half; // of a head's size
    private final float[] cosines; // (context, half)
    private final float[] sines; // (context, half)

    Rope(Shape shape) {
        heads = shape.heads();
        half = shape.headSize() / 2;
        cosines = new float[shape.context() * half];
        sines = new float[shape.context() * half];
        for (int position = 0; position < shape.context(); position++) {
            for (int i = 0; i < half; i++) {
                double angle = position * Math.pow(shape.ropeBase(), -(double) i / half);
                cosines[position * half + i] = (float) Math.cos(angle);
                sines[position * half + i] = (float) Math.sin(angle);
            }
        }
    }

    void forward(float[] x, int[] positions, int tokens) {
        turn(x, positions, tokens, 1);
    }

    void backward(float[] dx, int[] positions, int tokens) {
        turn(dx, positions, tokens, -1);
    }

    private void turn(float[] x, int[] positions, int tokens, float direction) {
        for (int token = 0; token < tokens; token++) {
            int angles = positions[token] * half;
            for (int head = 0; head < heads; head++) {
                int at = (token * heads + head) * 2 * half;
                for (int i = 0; i < half; i++) {
                    float cosine = cosines[angles + i];
                    float sine = direction * sines[angles + i];
                    float first = x[at + i];
                    float second = x[at + half + i];
                    x[at + i] = first * cosine - second * sine;
                    x[at + half + i] = first * sine + second * cosine;
                }
            }
        }
    }
}
