package dev.runnel.cuda;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.util.stream.IntStream;

/// What the kernel computes, in 64-bit arithmetic and written to be read: a model of Llama's kind, token by token.
///
/// ```
/// x = embedding[token]
/// each layer:
///     q, k, v = Wqkv norm(x)              q and k turned by the position
///     x      += Wo attention(q, all k, all v)
///     x      += Wdown (silu(Wgate norm(x)) * Wup norm(x))
/// logits = Wout norm(x)
/// ```
final class Reference {

    private final Model model;
    private final Shape shape;
    private final int context;
    private final double[][] keys; // (layers) of (kvHeads, context, headSize)
    private final double[][] values; // the same

    Reference(Model model, int context) {
        this.model = model;
        this.context = context;
        shape = model.shape();
        keys = new double[shape.layers()][shape.kvHeads() * context * shape.headSize()];
        values = new double[shape.layers()][shape.kvHeads() * context * shape.headSize()];
    }

    /// Reads a token.
    ///
    /// @return the logits after it
    double[] read(int token, int position) {
        double[] x = new double[shape.width()];
        for (int i = 0; i < x.length; i++) {
            x[i] = weight(model.layout().embedding(), token, i);
        }
        for (int layer = 0; layer < shape.layers(); layer++) {
            double[] qkv = multiply(model.layout().matrix(layer, Layout.QKV), normalized(x, 2 * layer));
            double[] attention = attention(qkv, layer, position);
            add(x, multiply(model.layout().matrix(layer, Layout.OUTPUT), attention));
            double[] gateUp = multiply(model.layout().matrix(layer, Layout.GATE_UP), normalized(x, 2 * layer + 1));
            double[] hidden = new double[shape.feedForward()];
            for (int i = 0; i < hidden.length; i++) {
                double gate = gateUp[2 * i];
                hidden[i] = gate / (1 + Math.exp(-gate)) * gateUp[2 * i + 1];
            }
            add(x, multiply(model.layout().matrix(layer, Layout.DOWN), hidden));
        }
        return multiply(model.layout().output(), normalized(x, 2 * shape.layers()));
    }

    /// What was cached elsewhere for a position, in place of reading its token here.
    ///
    /// @param key `(headSize)`, turned
    void remember(int layer, int kvHead, int position, float[] key, float[] value) {
        int at = (kvHead * context + position) * shape.headSize();
        for (int i = 0; i < shape.headSize(); i++) {
            keys[layer][at + i] = key[i];
            values[layer][at + i] = value[i];
        }
    }

    private double[] attention(double[] qkv, int layer, int position) {
        int size = shape.headSize();
        for (int head = 0; head < shape.heads() + shape.kvHeads(); head++) {
            turn(qkv, head * size, position);
        }
        for (int head = 0; head < shape.kvHeads(); head++) {
            int to = (head * context + position) * size;
            int key = (shape.heads() + head) * size;
            System.arraycopy(qkv, key, keys[layer], to, size);
            System.arraycopy(qkv, key + shape.kvHeads() * size, values[layer], to, size);
        }
        double[] attention = new double[shape.queries()];
        IntStream.range(0, shape.heads()).parallel().forEach(head -> {
            int cached = head / shape.group() * context * size;
            double[] scores = new double[position + 1];
            double greatest = Double.NEGATIVE_INFINITY;
            for (int p = 0; p <= position; p++) {
                for (int i = 0; i < size; i++) {
                    scores[p] += qkv[head * size + i] * keys[layer][cached + p * size + i];
                }
                scores[p] /= Math.sqrt(size);
                greatest = Math.max(greatest, scores[p]);
            }
            double sum = 0;
            for (int p = 0; p <= position; p++) {
                scores[p] = Math.exp(scores[p] - greatest);
                sum += scores[p];
            }
            for (int p = 0; p <= position; p++) {
                for (int i = 0; i < size; i++) {
                    attention[head * size + i] += scores[p] / sum * values[layer][cached + p * size + i];
                }
            }
        });
        return attention;
    }

    private void turn(double[] x, int head, int position) {
        for (int i = 0; i < shape.headSize() / 2; i++) {
            double angle = position * model.frequencies()[i];
            double a = x[head + 2 * i];
            double b = x[head + 2 * i + 1];
            x[head + 2 * i] = a * Math.cos(angle) - b * Math.sin(angle);
            x[head + 2 * i + 1] = a * Math.sin(angle) + b * Math.cos(angle);
        }
    }

    private double[] normalized(double[] x, int norm) {
        double squares = 0;
        for (double each : x) {
            squares += each * each;
        }
        double scale = 1 / Math.sqrt(squares / x.length + shape.epsilon());
        double[] normalized = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            normalized[i] = x[i] * scale * model.norms()[norm * x.length + i];
        }
        return normalized;
    }

    private double[] multiply(Layout.Matrix matrix, double[] x) {
        double[] product = new double[matrix.rows()];
        IntStream.range(0, matrix.rows()).parallel().forEach(row -> {
            double sum = 0;
            for (int i = 0; i < matrix.columns(); i++) {
                sum += weight(matrix, row, i) * x[i];
            }
            product[row] = sum;
        });
        return product;
    }

    private float weight(Layout.Matrix matrix, int row, int column) {
        return Float.float16ToFloat(model.matrices().get(JAVA_SHORT, matrix.offset(row, column)));
    }

    private static void add(double[] x, double[] more) {
        for (int i = 0; i < x.length; i++) {
            x[i] += more[i];
        }
    }
}
