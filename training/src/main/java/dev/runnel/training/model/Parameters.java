package dev.runnel.training.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// One value for every weight of a model: the weights themselves, their gradient, or an optimiser's memory of it.
public final class Parameters {

    /// The weights of one layer.
    ///
    /// ```
    /// attentionNorm       (1, width)            feedForwardNorm  (1, width)
    /// q, k, v             (width, width)        gate, up         (feedForward, width)
    /// queryNorm, keyNorm  (1, headSize)         down             (width, feedForward)
    /// output              (width, width)
    /// ```
    public record Layer(
            Tensor attentionNorm,
            Tensor q,
            Tensor k,
            Tensor v,
            Tensor queryNorm,
            Tensor keyNorm,
            Tensor output,
            Tensor feedForwardNorm,
            Tensor gate,
            Tensor up,
            Tensor down) {

        static Layer zeros(int index, Shape shape) {
            String prefix = "blk." + index + ".";
            int width = shape.width();
            return new Layer(
                    Tensor.zeros(prefix + "attn_norm", 1, width),
                    Tensor.zeros(prefix + "attn_q", width, width),
                    Tensor.zeros(prefix + "attn_k", width, width),
                    Tensor.zeros(prefix + "attn_v", width, width),
                    Tensor.zeros(prefix + "attn_q_norm", 1, shape.headSize()),
                    Tensor.zeros(prefix + "attn_k_norm", 1, shape.headSize()),
                    Tensor.zeros(prefix + "attn_output", width, width),
                    Tensor.zeros(prefix + "ffn_norm", 1, width),
                    Tensor.zeros(prefix + "ffn_gate", shape.feedForward(), width),
                    Tensor.zeros(prefix + "ffn_up", shape.feedForward(), width),
                    Tensor.zeros(prefix + "ffn_down", width, shape.feedForward()));
        }

        List<Tensor> tensors() {
            return List.of(attentionNorm, q, k, v, queryNorm, keyNorm, output, feedForwardNorm, gate, up, down);
        }
    }

    private final Tensor embedding; // (vocabulary, width)
    private final List<Layer> layers;
    private final Tensor outputNorm; // (1, width)
    private final List<Tensor> tensors;

    private Parameters(Shape shape) {
        embedding = Tensor.zeros("token_embd", shape.vocabulary(), shape.width());
        List<Layer> all = new ArrayList<>();
        for (int i = 0; i < shape.layers(); i++) {
            all.add(Layer.zeros(i, shape));
        }
        layers = List.copyOf(all);
        outputNorm = Tensor.zeros("output_norm", 1, shape.width());
        List<Tensor> inOrder = new ArrayList<>();
        inOrder.add(embedding);
        layers.forEach(layer -> inOrder.addAll(layer.tensors()));
        inOrder.add(outputNorm);
        tensors = List.copyOf(inOrder);
    }

    public static Parameters zeros(Shape shape) {
        return new Parameters(shape);
    }

    /// The weights that training starts from: norms 1, matrices normal. Those that write into the residual stream
    /// start smaller, by the root of how many add up there (Radford et al. 2019).
    public static Parameters random(Shape shape, long seed) {
        Parameters parameters = new Parameters(shape);
        Random random = new Random(seed);
        double small = 0.04 / Math.sqrt(2.0 * shape.layers());
        for (Tensor tensor : parameters.tensors) {
            boolean writesResidual =
                    tensor.name().endsWith("attn_output") || tensor.name().endsWith("ffn_down");
            double deviation = !tensor.isHidden() ? 0.02 : writesResidual ? small : 0.04;
            if (!tensor.isMatrix()) {
                Arrays.fill(tensor.values(), 1);
                continue;
            }
            for (int i = 0; i < tensor.values().length; i++) {
                tensor.values()[i] = (float) (random.nextGaussian() * deviation);
            }
        }
        return parameters;
    }

    public Tensor embedding() {
        return embedding;
    }

    public List<Layer> layers() {
        return layers;
    }

    public Tensor outputNorm() {
        return outputNorm;
    }

    /// All of them, in the order of the file.
    public List<Tensor> tensors() {
        return tensors;
    }

    public long count() {
        return tensors.stream().mapToLong(tensor -> tensor.values().length).sum();
    }

    public void clear() {
        tensors.forEach(tensor -> Arrays.fill(tensor.values(), 0));
    }

    /// The root of the sum of all squares.
    public double norm() {
        double sum = 0;
        for (Tensor tensor : tensors) {
            for (float value : tensor.values()) {
                sum += (double) value * value;
            }
        }
        return Math.sqrt(sum);
    }

    /// Sets every value to `factor` times the sum of `parts`, added in their order.
    public void setToSum(List<Parameters> parts, int tensor, float factor) {
        float[] sum = tensors.get(tensor).values();
        Arrays.fill(sum, 0);
        for (Parameters part : parts) {
            float[] values = part.tensors.get(tensor).values();
            for (int i = 0; i < sum.length; i++) {
                sum[i] += values[i];
            }
        }
        for (int i = 0; i < sum.length; i++) {
            sum[i] *= factor;
        }
    }
}
