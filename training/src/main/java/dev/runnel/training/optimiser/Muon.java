package dev.runnel.training.optimiser;

import dev.runnel.training.model.Matmul;
import dev.runnel.training.model.Tensor;

/// A step that turns all directions of a matrix by the same amount: the gradient's momentum, made orthogonal
/// (Jordan et al. 2024).
///
/// ```
/// m = β m + g        u = (g + β m) / |g + β m|
/// five times:  A = u uᵀ,  u = a u + (b A + c A²) u     the singular values of u go to about 1
/// w = w · (1 − rate · decay) − rate · √max(1, rows / columns) · u
/// ```
final class Muon {

    private static final float BETA = 0.95f;
    private static final float A = 3.4445f;
    private static final float B = -4.7750f;
    private static final float C = 2.0315f;
    private static final int ROUNDS = 5;

    private Muon() {}

    static void move(Tensor weight, float[] g, float[] m, float rate, float decay) {
        int rows = weight.rows();
        int columns = weight.columns();
        float[] u = new float[g.length];
        double squares = 0;
        for (int i = 0; i < u.length; i++) {
            m[i] = BETA * m[i] + g[i];
            u[i] = g[i] + BETA * m[i];
            squares += (double) u[i] * u[i];
        }
        float scale = (float) (1 / (Math.sqrt(squares) + 1e-7));
        for (int i = 0; i < u.length; i++) {
            u[i] *= scale;
        }
        float[] direction = orthogonal(u, rows, columns);
        float step = (float) (rate * Math.sqrt(Math.max(1, (double) rows / columns)));
        float keep = 1 - rate * decay;
        float[] w = weight.values();
        for (int i = 0; i < w.length; i++) {
            w[i] = w[i] * keep - step * direction[i];
        }
    }

    /// @param u (rows, columns), of length 1 as one vector
    private static float[] orthogonal(float[] u, int rows, int columns) {
        if (rows > columns) { // the products are smaller on its side
            float[] onSide = new float[u.length];
            Matmul.transpose(u, onSide, rows, columns);
            float[] turned = orthogonal(onSide, columns, rows);
            Matmul.transpose(turned, onSide, columns, rows);
            return onSide;
        }
        float[] across = new float[u.length]; // (columns, rows)
        float[] product = new float[rows * rows];
        float[] square = new float[rows * rows];
        float[] added = new float[u.length];
        for (int round = 0; round < ROUNDS; round++) {
            Matmul.transpose(u, across, rows, columns);
            Matmul.multiply(u, across, product, rows, rows, columns);
            Matmul.multiply(product, product, square, rows, rows, rows);
            for (int i = 0; i < square.length; i++) {
                square[i] = B * product[i] + C * square[i];
            }
            Matmul.multiply(square, u, added, rows, columns, rows);
            for (int i = 0; i < u.length; i++) {
                u[i] = A * u[i] + added[i];
            }
        }
        return u;
    }
}
