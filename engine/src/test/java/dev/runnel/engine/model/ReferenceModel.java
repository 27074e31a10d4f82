package dev.runnel.engine.model;

import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.Metadata;
import dev.runnel.engine.gguf.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// The forward pass of every family in 64-bit arithmetic, one token at a time, straight from what their
/// makers published and with nothing of the engine but the file: slow, and what the engine's logits are
/// compared with.
final class ReferenceModel {

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final GgufFile file;
    private final Metadata metadata;
    private final String architecture;
    private final Map<String, double[][]> rows = new HashMap<>();
    private final Map<Integer, double[]> frequenciesByLayer = new HashMap<>();
    private final int context;
    private final int width;
    private final int heads;
    private final int keyValueHeads;
    private final int keySize;
    private final int valueSize;

    /// @param context most tokens of a sequence, which some models ask about
    ReferenceModel(GgufFile file, int context) {
        this.file = file;
        this.metadata = file.metadata();
        this.architecture = metadata.requireString("general.architecture");
        this.context = context;
        this.width = integer("embedding_length", 0);
        this.heads = integer("attention.head_count", 0);
        this.keyValueHeads = integer("attention.head_count_kv", heads);
        this.keySize = integer("attention.key_length", width / heads);
        this.valueSize = integer("attention.value_length", width / heads);
    }

    /// The logits after each token.
    double[][] logits(int... tokens) {
        int layers = integer("block_count", 0);
        List<List<double[]>> keys = emptyCache(layers);
        List<List<double[]>> values = emptyCache(layers);
        double[][] logits = new double[tokens.length][];
        for (int position = 0; position < tokens.length; position++) {
            double[] x = row("token_embd.weight", tokens[position]);
            scale(x, number("embedding_scale", is("gemma", "gemma2", "gemma3") ? Math.sqrt(width) : 1));
            if (is("gpt2")) {
                add(x, row("position_embd.weight", position), 1);
            }
            for (int layer = 0; layer < layers; layer++) {
                layer(layer, position, x, keys.get(layer), values.get(layer));
            }
            double[] y = linear(has("output.weight") ? "output" : "token_embd", norm(x, "output_norm"));
            double scale = number("logit_scale", 1);
            scale(y, is("granite") ? 1 / scale : scale);
            double cap = number("final_logit_softcapping", is("gemma2") ? 30 : 0);
            logits[position] =
                    cap > 0 ? Arrays.stream(y).map(each -> cap(each, cap)).toArray() : y;
        }
        return logits;
    }

    private void layer(int layer, int position, double[] x, List<double[]> keys, List<double[]> values) {
        String name = "blk." + layer + ".";
        double residual = number("residual_scale", 1);
        double[] h = is("olmo2") ? x.clone() : norm(x, name + "attn_norm");
        double[] attended = attention(layer, position, h, keys, values);
        if (is("gemma2", "gemma3", "olmo2", "glm4")) {
            attended = norm(attended, name + "post_attention_norm");
        }
        add(x, attended, residual);
        double[] g = is("cohere2")
                ? h
                : is("olmo2") ? x.clone() : norm(x, name + (is("gpt-oss") ? "post_attention_norm" : "ffn_norm"));
        double[] fed = has(name + "ffn_gate_inp.weight") ? experts(name, g) : mlp(name, g);
        if (is("gemma2", "gemma3", "olmo2", "glm4")) {
            fed = norm(fed, name + "post_ffw_norm");
        }
        add(x, fed, residual);
    }

    private double[] attention(int layer, int position, double[] h, List<double[]> keys, List<double[]> values) {
        String name = "blk." + layer + ".";
        int queryWidth = heads * keySize;
        int keyWidth = keyValueHeads * keySize;
        double[] q;
        double[] k;
        double[] v;
        if (has(name + "attn_qkv.weight")) {
            double[] qkv = linear(name + "attn_qkv", h);
            q = Arrays.copyOfRange(qkv, 0, queryWidth);
            k = Arrays.copyOfRange(qkv, queryWidth, queryWidth + keyWidth);
            v = Arrays.copyOfRange(qkv, queryWidth + keyWidth, qkv.length);
        } else {
            q = linear(name + "attn_q", h);
            k = linear(name + "attn_k", h);
            v = linear(name + "attn_v", h);
        }
        if (is("olmo2", "olmoe")) {
            q = norm(q, name + "attn_q_norm");
            k = norm(k, name + "attn_k_norm");
        }
        if (is("qwen3", "qwen3moe", "gemma3")) {
            q = normHeads(q, name + "attn_q_norm");
            k = normHeads(k, name + "attn_k_norm");
        }
        if (turns(layer)) {
            turn(q, layer, position);
            turn(k, layer, position);
        }
        keys.add(k);
        values.add(v);
        return linear(name + "attn_output", attend(layer, q, keys, values));
    }

    private double[] attend(int layer, double[] q, List<double[]> keys, List<double[]> values) {
        double scale = number("attention.scale", 1 / Math.sqrt(keySize));
        double cap = number("attn_logit_softcapping", is("gemma2") ? 50 : 0);
        int first = isLocal(layer) ? Math.max(0, keys.size() - window()) : 0;
        double[] sinks = is("gpt-oss") ? row("blk." + layer + ".attn_sinks.weight", 0) : null;
        double[] out = new double[heads * valueSize];
        for (int head = 0; head < heads; head++) {
            int shared = head / (heads / keyValueHeads);
            double[] weights = new double[keys.size()];
            double sum = sinks == null ? 0 : Math.exp(sinks[head]);
            for (int p = first; p < weights.length; p++) {
                double score = 0;
                for (int d = 0; d < keySize; d++) {
                    score += q[head * keySize + d] * keys.get(p)[shared * keySize + d];
                }
                score *= scale;
                weights[p] = Math.exp(cap > 0 ? cap(score, cap) : score);
                sum += weights[p];
            }
            for (int p = first; p < weights.length; p++) {
                for (int d = 0; d < valueSize; d++) {
                    out[head * valueSize + d] += weights[p] / sum * values.get(p)[shared * valueSize + d];
                }
            }
        }
        return out;
    }

    private int window() {
        return integer("attention.sliding_window", is("gemma2") ? 4096 : 0);
    }

    private boolean isLocal(int layer) {
        int usual = is("gemma2", "gpt-oss") ? 2 : is("cohere2", "olmo2") ? 4 : is("gemma3") ? 6 : 0;
        if (usual == 0 || window() == 0) {
            return false;
        }
        String key = architecture + ".attention.sliding_window_pattern";
        if (metadata.isArray(key)) {
            return metadata.flags(key)[layer];
        }
        int period = integer("attention.sliding_window_pattern", usual);
        return period == 0 || (layer + 1) % period != 0;
    }

    private boolean turns(int layer) {
        return switch (architecture) {
            case "gpt2" -> false;
            case "cohere2" -> isLocal(layer);
            case "smollm3" -> (layer + 1) % 4 != 0;
            case "granite" -> metadata.flag("granite.rope.scaling.finetuned").orElse(true);
            default -> true;
        };
    }

    private void turn(double[] x, int layer, int position) {
        int n = integer("rope.dimension_count", keySize);
        boolean neighbours = is("llama", "granite", "smollm3", "cohere2", "glm4");
        boolean plain = isLocal(layer) && is("gemma3", "olmo2");
        double magnitude = plain ? 1 : magnitude();
        double[] frequencies = frequenciesByLayer.computeIfAbsent(
                layer,
                any -> IntStream.range(0, n / 2)
                        .mapToDouble(i -> frequency(layer, i, n, plain))
                        .toArray());
        for (int head = 0; head < x.length; head += keySize) {
            for (int i = 0; i < n / 2; i++) {
                double angle = position * frequencies[i];
                int first = head + (neighbours ? 2 * i : i);
                int second = neighbours ? first + 1 : first + n / 2;
                double a = x[first];
                double b = x[second];
                x[first] = magnitude * (a * Math.cos(angle) - b * Math.sin(angle));
                x[second] = magnitude * (a * Math.sin(angle) + b * Math.cos(angle));
            }
        }
    }

    private double magnitude() {
        double magnitude = number("rope.scaling.attn_factor", 1);
        return scaling().equals("yarn")
                ? magnitude * (1 + 0.1 * Math.log(number("rope.scaling.factor", 1)))
                : magnitude;
    }

    private String scaling() {
        return metadata.string(architecture + ".rope.scaling.type").orElse("linear");
    }

    private double frequency(int layer, int i, int n, boolean plain) {
        double base = number("rope.freq_base", 10_000);
        if (isLocal(layer)) {
            base = number("rope.freq_base_swa", is("gemma3") ? 10_000 : base);
        }
        double frequency = Math.pow(base, -2.0 * i / n);
        int original = integer("rope.scaling.original_context_length", integer("context_length", 0));
        String list = has("rope_freqs.weight")
                ? "rope_freqs.weight"
                : context > original ? "rope_factors_long.weight" : "rope_factors_short.weight";
        if (has(list)) {
            frequency /= row(list, 0)[i];
        }
        double factor = number("rope.scaling.factor", number("rope.scale_linear", 1));
        if (plain || scaling().equals("none") || scaling().equals("longrope")) {
            return frequency;
        }
        if (scaling().equals("linear")) {
            return frequency / factor;
        }
        double first = Math.max(0, Math.floor(pairThatTurns(32, original, base, n)));
        double last = Math.min(n - 1, Math.ceil(pairThatTurns(1, original, base, n)));
        double kept = 1 - Math.max(0, Math.min(1, (i - first) / Math.max(0.001, last - first)));
        return frequency / factor * (1 - kept) + frequency * kept;
    }

    private static double pairThatTurns(double turns, int original, double base, int n) {
        return n * Math.log(original / (turns * 2 * Math.PI)) / (2 * Math.log(base));
    }

    private double[] mlp(String name, double[] h) {
        if (is("starcoder2", "gpt2")) {
            double[] up = linear(name + "ffn_up", h);
            return linear(
                    name + "ffn_down",
                    Arrays.stream(up).map(ReferenceModel::gelu).toArray());
        }
        double[] gate;
        double[] up;
        if (has(name + "ffn_gate.weight")) {
            gate = linear(name + "ffn_gate", h);
            up = linear(name + "ffn_up", h);
        } else {
            double[] both = linear(name + "ffn_up", h);
            gate = Arrays.copyOfRange(both, 0, both.length / 2);
            up = Arrays.copyOfRange(both, both.length / 2, both.length);
        }
        return linear(name + "ffn_down", gated(gate, up));
    }

    private double[] gated(double[] gate, double[] up) {
        return IntStream.range(0, gate.length)
                .mapToDouble(i -> is("gpt-oss")
                        ? clamped(gate[i], up[i])
                        : is("gemma", "gemma2", "gemma3")
                                ? gelu(gate[i]) * up[i]
                                : gate[i] / (1 + Math.exp(-gate[i])) * up[i])
                .toArray();
    }

    private static double gelu(double x) {
        return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    }

    private static double clamped(double gate, double up) {
        double g = Math.min(gate, 7);
        return g / (1 + Math.exp(-1.702 * g)) * (Math.max(-7, Math.min(7, up)) + 1);
    }

    private double[] experts(String name, double[] h) {
        double[] logits = linear(name + "ffn_gate_inp", h);
        List<Integer> best = IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.comparingDouble(expert -> -logits[expert]))
                .limit(integer("expert_used_count", 0))
                .toList();
        double[] weights = Arrays.stream(logits).map(Math::exp).toArray();
        boolean normalized =
                metadata.flag(architecture + ".expert_weights_norm").orElse(!is("olmoe"));
        double sum = normalized
                ? best.stream().mapToDouble(expert -> weights[expert]).sum()
                : Arrays.stream(weights).sum();
        double[] out = new double[width];
        for (int expert : best) {
            double[] gate = expertLinear(name + "ffn_gate_exps", expert, h);
            double[] up = expertLinear(name + "ffn_up_exps", expert, h);
            double share = number("expert_weights_scale", 1) * weights[expert] / sum;
            add(out, expertLinear(name + "ffn_down_exps", expert, gated(gate, up)), share);
        }
        return out;
    }

    private double[] expertLinear(String name, int expert, double[] x) {
        int rows = Math.toIntExact(tensor(name + ".weight").shape().get(1));
        double[] bias = has(name + ".bias") ? row(name + ".bias", expert) : new double[rows];
        return product(name + ".weight", expert * rows, x, bias);
    }

    private double[] normHeads(double[] x, String name) {
        double[] y = new double[x.length];
        for (int head = 0; head < x.length; head += keySize) {
            System.arraycopy(norm(Arrays.copyOfRange(x, head, head + keySize), name), 0, y, head, keySize);
        }
        return y;
    }

    private double[] norm(double[] x, String name) {
        boolean centred = is("cohere2", "starcoder2", "gpt2");
        double mean = centred ? Arrays.stream(x).average().orElseThrow() : 0;
        double square = Arrays.stream(x)
                .map(each -> (each - mean) * (each - mean))
                .average()
                .orElseThrow();
        double epsilon = number(centred ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", 0);
        double[] weight = row(name + ".weight", 0);
        double[] y = has(name + ".bias") ? row(name + ".bias", 0) : new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] += (x[i] - mean) / Math.sqrt(square + epsilon) * weight[i];
        }
        return y;
    }

    private double[] linear(String name, double[] x) {
        int rows = Math.toIntExact(tensor(name + ".weight").shape().getLast());
        return product(name + ".weight", 0, x, has(name + ".bias") ? row(name + ".bias", 0) : new double[rows]);
    }

    /// @param y the bias, to which the product is added
    private double[] product(String name, int firstRow, double[] x, double[] y) {
        double[][] matrix = rows.computeIfAbsent(name, this::read);
        for (int r = 0; r < y.length; r++) {
            double[] w = matrix[firstRow + r];
            for (int k = 0; k < x.length; k++) {
                y[r] += w[k] * x[k];
            }
        }
        return y;
    }

    private double[] row(String name, int index) {
        return rows.computeIfAbsent(name, this::read)[index].clone();
    }

    /// All rows of a tensor, whatever its shape.
    private double[][] read(String name) {
        Tensor tensor = tensor(name);
        int columns = Math.toIntExact(tensor.shape().getFirst());
        double[][] all = new double[Math.toIntExact(tensor.elements() / columns)][columns];
        for (int i = 0; i < all.length * columns; i++) {
            all[i / columns][i % columns] = switch (tensor.type()) {
                case F32 -> tensor.data().get(FLOAT, 4L * i);
                case MXFP4 -> mxfp4(tensor.data(), 17L * (i / 32), i % 32);
                default -> throw new IllegalArgumentException(name + " is " + tensor.type());
            };
        }
        return all;
    }

    /// A block of 32 numbers: an exponent, then 16 bytes with a sign, two bits of exponent and one of fraction
    /// in each half.
    private static double mxfp4(MemorySegment data, long block, int i) {
        double[] magnitudes = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
        int pair = data.get(ValueLayout.JAVA_BYTE, block + 1 + i % 16);
        int bits = i < 16 ? pair & 15 : pair >> 4 & 15;
        double scale = Math.pow(2, (data.get(ValueLayout.JAVA_BYTE, block) & 255) - 127);
        return (bits < 8 ? 1 : -1) * magnitudes[bits & 7] * scale;
    }

    private Tensor tensor(String name) {
        return file.tensor(name).orElseThrow(() -> new IllegalArgumentException(name));
    }

    private boolean has(String name) {
        return file.tensor(name).isPresent();
    }

    private boolean is(String... architectures) {
        return Arrays.asList(architectures).contains(architecture);
    }

    private int integer(String key, int usual) {
        return metadata.integer(architecture + "." + key, 0, Integer.MAX_VALUE).orElse(usual);
    }

    private double number(String key, double usual) {
        return metadata.number(architecture + "." + key).map(Float::doubleValue).orElse(usual);
    }

    private static double cap(double x, double cap) {
        return cap * Math.tanh(x / cap);
    }

    private static List<List<double[]>> emptyCache(int layers) {
        List<List<double[]>> cache = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            cache.add(new ArrayList<>());
        }
        return cache;
    }

    private static void scale(double[] x, double scale) {
        Arrays.setAll(x, i -> x[i] * scale);
    }

    private static void add(double[] x, double[] y, double scale) {
        Arrays.setAll(x, i -> x[i] + scale * y[i]);
    }
}
