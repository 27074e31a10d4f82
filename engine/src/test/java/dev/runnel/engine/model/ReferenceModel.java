package dev.runnel.engine.model;

import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.Tensor;
import dev.runnel.engine.gguf.TensorType;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// The Llama forward pass in 64-bit arithmetic, one token at a time, straight from the formulas and with
/// nothing of the engine but the file: slow, and what the engine's logits are compared with. Weights are F32.
final class ReferenceModel {

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final GgufFile file;
    private final int layers;
    private final int heads;
    private final int keyValueHeads;
    private final int headSize;
    private final double epsilon;

    ReferenceModel(GgufFile file) {
        this.file = file;
        this.layers = integer("block_count");
        this.heads = integer("attention.head_count");
        this.keyValueHeads = integer("attention.head_count_kv");
        this.headSize = integer("embedding_length") / heads;
        this.epsilon = file.metadata().requireNumber("llama.attention.layer_norm_rms_epsilon");
    }

    /// The logits after each token.
    double[][] logits(int... tokens) {
        List<List<double[]>> keys = emptyCache();
        List<List<double[]>> values = emptyCache();
        double[][] logits = new double[tokens.length][];
        for (int position = 0; position < tokens.length; position++) {
            double[] x = row("token_embd.weight", tokens[position]);
            for (int layer = 0; layer < layers; layer++) {
                String name = "blk." + layer + ".";
                double[] h = norm(x, name + "attn_norm");
                double[] q = linear(name + "attn_q", h);
                double[] k = linear(name + "attn_k", h);
                turn(q, position);
                turn(k, position);
                keys.get(layer).add(k);
                values.get(layer).add(linear(name + "attn_v", h));
                add(x, linear(name + "attn_output", attend(q, keys.get(layer), values.get(layer))));

                h = norm(x, name + "ffn_norm");
                double[] gate = linear(name + "ffn_gate", h);
                double[] up = linear(name + "ffn_up", h);
                for (int i = 0; i < gate.length; i++) {
                    gate[i] *= up[i] / (1 + Math.exp(-gate[i]));
                }
                add(x, linear(name + "ffn_down", gate));
            }
            boolean tied = file.tensor("output.weight").isEmpty();
            logits[position] = linear(tied ? "token_embd" : "output", norm(x, "output_norm"));
        }
        return logits;
    }

    private double[] attend(double[] q, List<double[]> keys, List<double[]> values) {
        double[] out = new double[q.length];
        for (int head = 0; head < heads; head++) {
            int from = head * headSize;
            int shared = head / (heads / keyValueHeads) * headSize;
            double[] weights = new double[keys.size()];
            double sum = 0;
            for (int p = 0; p < weights.length; p++) {
                double score = 0;
                for (int d = 0; d < headSize; d++) {
                    score += q[from + d] * keys.get(p)[shared + d];
                }
                weights[p] = Math.exp(score / Math.sqrt(headSize));
                sum += weights[p];
            }
            for (int p = 0; p < weights.length; p++) {
                for (int d = 0; d < headSize; d++) {
                    out[from + d] += weights[p] / sum * values.get(p)[shared + d];
                }
            }
        }
        return out;
    }

    /// Neighbours turn together.
    private void turn(double[] x, int position) {
        for (int i = 0; i < x.length; i += 2) {
            double angle = position * Math.pow(10_000, -(double) (i % headSize) / headSize);
            double a = x[i];
            double b = x[i + 1];
            x[i] = a * Math.cos(angle) - b * Math.sin(angle);
            x[i + 1] = a * Math.sin(angle) + b * Math.cos(angle);
        }
    }

    private double[] norm(double[] x, String name) {
        double squares = 0;
        for (double each : x) {
            squares += each * each;
        }
        double[] weight = row(name + ".weight", 0);
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = x[i] / Math.sqrt(squares / x.length + epsilon) * weight[i];
        }
        return y;
    }

    private double[] linear(String name, double[] x) {
        int rows = Math.toIntExact(tensor(name + ".weight").shape().getLast());
        double[] y = file.tensor(name + ".bias").isPresent() ? row(name + ".bias", 0) : new double[rows];
        for (int r = 0; r < rows; r++) {
            double[] w = row(name + ".weight", r);
            for (int k = 0; k < x.length; k++) {
                y[r] += w[k] * x[k];
            }
        }
        return y;
    }

    private double[] row(String name, int index) {
        Tensor tensor = tensor(name);
        double[] row = new double[Math.toIntExact(tensor.shape().getFirst())];
        for (int i = 0; i < row.length; i++) {
            row[i] = tensor.data().get(FLOAT, 4L * (index * row.length + i));
        }
        return row;
    }

    private Tensor tensor(String name) {
        Tensor tensor = file.tensor(name).orElseThrow();
        if (tensor.type() != TensorType.F32) {
            throw new IllegalArgumentException(name + " is " + tensor.type() + ", expected F32");
        }
        return tensor;
    }

    private int integer(String key) {
        return file.metadata().requireInteger("llama." + key, 1, Integer.MAX_VALUE);
    }

    private List<List<double[]>> emptyCache() {
        List<List<double[]>> cache = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            cache.add(new ArrayList<>());
        }
        return cache;
    }

    private static void add(double[] x, double[] y) {
        for (int i = 0; i < x.length; i++) {
            x[i] += y[i];
        }
    }
}
