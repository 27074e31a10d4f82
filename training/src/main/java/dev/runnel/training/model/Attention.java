package dev.runnel.training.model;

import static dev.runnel.training.model.Matmul.SPECIES;

import dev.runnel.training.model.Matmul.View;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Causal attention (Vaswani et al. 2017) inside each conversation of a batch, one head at a time.
///
/// ```
/// S  = Q Kᵀ / √headSize      (n, n), below and on the diagonal
/// P  = softmax of each row
/// O  = P V                   (n, headSize)
///
/// dV = Pᵀ dO
/// dP = dO Vᵀ
/// dS = P ∘ (dP − row sums of P ∘ dP) / √headSize
/// dQ = dS K        dK = dSᵀ Q
/// ```
///
/// Rows go through in blocks, so that the part above the diagonal is mostly left out. P is kept for the way back.
final class Attention {

    private static final int BLOCK = 64;

    private final int width;
    private final int heads;
    private final int headSize;
    private final float scale;
    private final float[] across; // (headSize, n rounded up): K or V of one head on its side
    private final float[] scores; // (BLOCK, n rounded up): dP, then dS
    private final float[] lanes = new float[SPECIES.length()];
    private float[] probabilities = {}; // conversations × heads × (n, n rounded up)

    Attention(Shape shape) {
        width = shape.width();
        heads = shape.heads();
        headSize = shape.headSize();
        scale = (float) (1 / Math.sqrt(headSize));
        across = new float[headSize * padded(shape.context())];
        scores = new float[BLOCK * padded(shape.context())];
    }

    private static int padded(int n) {
        return (n + Shape.STEP - 1) / Shape.STEP * Shape.STEP;
    }

    void forward(float[] q, float[] k, float[] v, float[] o, Batch batch) {
        int needed = 0;
        for (Batch.Span span : batch.spans) {
            needed += heads * span.length() * padded(span.length());
        }
        if (probabilities.length < needed) {
            probabilities = new float[needed + needed / 4];
        }
        int p = 0;
        for (Batch.Span span : batch.spans) {
            int n = span.length();
            int row = padded(n);
            for (int head = 0; head < heads; head++, p += n * row) {
                int at = span.offset() * width + head * headSize;
                layAcross(k, at, n, row);
                for (int from = 0; from < n; from += BLOCK) {
                    int rows = Math.min(BLOCK, n - from);
                    int columns = Math.min(row, padded(from + rows));
                    View block = new View(probabilities, p + from * row, row, 1);
                    multiply(view(q, at + from * width), new View(across, 0, row, 1), block, rows, columns, headSize);
                    for (int i = 0; i < rows; i++) {
                        softmax(p + (from + i) * row, from + i + 1, columns);
                    }
                    multiply(block, view(v, at), view(o, at + from * width), rows, headSize, from + rows);
                }
            }
        }
    }

    /// Sets `dq`, `dk` and `dv`, before their positions are turned back.
    void backward(float[] q, float[] k, float[] v, float[] dO, float[] dq, float[] dk, float[] dv, Batch batch) {
        Arrays.fill(dk, 0, batch.size() * width, 0);
        Arrays.fill(dv, 0, batch.size() * width, 0);
        int p = 0;
        for (Batch.Span span : batch.spans) {
            int n = span.length();
            int row = padded(n);
            for (int head = 0; head < heads; head++, p += n * row) {
                int at = span.offset() * width + head * headSize;
                layAcross(v, at, n, row);
                for (int from = 0; from < n; from += BLOCK) {
                    int rows = Math.min(BLOCK, n - from);
                    int columns = Math.min(row, padded(from + rows));
                    int seen = from + rows;
                    View dOutput = view(dO, at + from * width);
                    multiply(dOutput, new View(across, 0, row, 1), View.rows(scores, row), rows, columns, headSize);
                    View onSide = new View(probabilities, p + from * row, 1, row);
                    Matmul.multiply(onSide, dOutput, view(dv, at), seen, headSize, rows, true);
                    for (int i = 0; i < rows; i++) {
                        scoreGradient(p + (from + i) * row, i * row, columns);
                    }
                    multiply(View.rows(scores, row), view(k, at), view(dq, at + from * width), rows, headSize, seen);
                    View query = view(q, at + from * width);
                    Matmul.multiply(View.transposed(scores, row), query, view(dk, at), seen, headSize, rows, true);
                }
            }
        }
    }

    private static void multiply(View a, View b, View c, int m, int n, int k) {
        Matmul.multiply(a, b, c, m, n, k, false);
    }

    private View view(float[] x, int at) {
        return new View(x, at, width, 1);
    }

    private void layAcross(float[] x, int at, int n, int row) {
        for (int i = 0; i < headSize; i++) {
            for (int token = 0; token < n; token++) {
                across[i * row + token] = x[at + token * width + i];
            }
            Arrays.fill(across, i * row + n, (i + 1) * row, 0);
        }
    }

    /// The first `n` of a row become probabilities, the rest 0.
    ///
    /// @param columns whole vectors
    private void softmax(int at, int n, int columns) {
        float[] p = probabilities;
        Arrays.fill(p, at + n, at + columns, Float.NEGATIVE_INFINITY);
        float most = Lanes.most(p, at, columns);
        FloatVector sums = FloatVector.zero(SPECIES);
        for (int i = 0; i < n; i += SPECIES.length()) {
            FloatVector power = Lanes.exp(
                    FloatVector.fromArray(SPECIES, p, at + i).sub(most).mul(scale));
            power = power.blend(0, SPECIES.indexInRange(i, n).not());
            sums = sums.add(power);
            power.intoArray(p, at + i);
        }
        float whole = 1 / Lanes.sum(sums, lanes);
        for (int i = 0; i < n; i += SPECIES.length()) {
            FloatVector.fromArray(SPECIES, p, at + i).mul(whole).intoArray(p, at + i);
        }
        Arrays.fill(p, at + n, at + columns, 0);
    }

    private void scoreGradient(int at, int scoreAt, int columns) {
        FloatVector products = FloatVector.zero(SPECIES);
        for (int i = 0; i < columns; i += SPECIES.length()) {
            products = FloatVector.fromArray(SPECIES, probabilities, at + i)
                    .fma(FloatVector.fromArray(SPECIES, scores, scoreAt + i), products);
        }
        float mean = Lanes.sum(products, lanes);
        for (int i = 0; i < columns; i += SPECIES.length()) {
            FloatVector.fromArray(SPECIES, scores, scoreAt + i)
                    .sub(mean)
                    .mul(FloatVector.fromArray(SPECIES, probabilities, at + i))
                    .mul(scale)
                    .intoArray(scores, scoreAt + i);
        }
    }
}
