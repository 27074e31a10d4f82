package dev.runnel.engine.model;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.Metadata;

/// Rotary position embedding: pairs of a head's elements are turned by angles that grow with the token's
/// position, so that a score depends on how far apart two tokens are (Su et al., RoFormer,
/// https://arxiv.org/abs/2104.09864).
///
/// ```
/// angle[p,i] = p * frequency[i]              frequency[i] = base^(-2i/n) in its plain form,  i in 0..n/2
/// (a, b)    -> (a cos - b sin, a sin + b cos)
/// ```
///
/// To reach further than the model was trained for, frequencies are lowered: all by one factor (`linear`),
/// each by one of its own that the file holds (Llama 3), or the low ones only (`yarn`, Peng et al.,
/// https://arxiv.org/abs/2309.00071).
final class Rope {

    private final RopeOrder order;

    /// Elements of a head that turn, from its first on.
    private final int turned;

    private final double[] frequencies; // (turned / 2)

    /// What cosines and sines are multiplied by; other than 1 with `yarn` only.
    private final double magnitude;

    Rope(RopeOrder order, int turned, double[] frequencies, double magnitude) {
        this.order = order;
        this.turned = turned;
        this.frequencies = frequencies;
        this.magnitude = magnitude;
    }

    static Rope of(GgufFile file, Hyperparameters model, Weights weights) {
        Metadata metadata = file.metadata();
        String prefix = model.family().architecture() + ".rope.";
        int turned =
                metadata.integer(prefix + "dimension_count", 2, model.keySize()).orElse(model.keySize());
        if (turned % 2 != 0) {
            throw new ModelFileException(
                    file.name(), "turns %d elements of each head, expected an even number".formatted(turned));
        }
        double base = positive(file, prefix + "freq_base", 10_000);
        double[] frequencies = new double[turned / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = StrictMath.pow(base, -2.0 * i / turned);
        }
        weights.optionalVector("rope_freqs.weight", turned / 2).ifPresent(factors -> {
            for (int i = 0; i < factors.length; i++) {
                if (factors[i] <= 0) {
                    throw new ModelFileException(
                            file.name(),
                            "tensor rope_freqs.weight holds %s, expected numbers above 0".formatted(factors[i]));
                }
                frequencies[i] /= factors[i];
            }
        });
        String scaling = prefix + "scaling.";
        double factor = positive(file, scaling + "factor", 1);
        String type = metadata.string(scaling + "type").orElse("none");
        return switch (type) {
            case "none" -> new Rope(model.family().ropeOrder(), turned, frequencies, 1);
            case "linear" -> {
                for (int i = 0; i < frequencies.length; i++) {
                    frequencies[i] /= factor;
                }
                yield new Rope(model.family().ropeOrder(), turned, frequencies, 1);
            }
            case "yarn" -> {
                int original = metadata.integer(scaling + "original_context_length", 1, Integer.MAX_VALUE)
                        .orElse(model.context());
                double fast = positive(file, scaling + "yarn_beta_fast", 32);
                double slow = positive(file, scaling + "yarn_beta_slow", 1);
                double first = Math.max(0, Math.floor(pairThatTurns(fast, original, base, turned)));
                double last = Math.min(turned - 1, Math.ceil(pairThatTurns(slow, original, base, turned)));
                for (int i = 0; i < frequencies.length; i++) {
                    double lowered = Math.clamp((i - first) / Math.max(0.001, last - first), 0.0, 1.0);
                    frequencies[i] *= 1 - lowered + lowered / factor;
                }
                double magnitude = positive(file, scaling + "attn_factor", 1) * (1 + 0.1 * StrictMath.log(factor));
                yield new Rope(model.family().ropeOrder(), turned, frequencies, magnitude);
            }
            default ->
                throw new ModelFileException(
                        file.name(),
                        "scales its rotary embedding by %s; this engine knows none, linear and yarn".formatted(type));
        };
    }

    /// The pair, fractional, that turns `turns` times within the context that the model was trained for.
    private static double pairThatTurns(double turns, int context, double base, int turned) {
        return turned * StrictMath.log(context / (turns * 2 * Math.PI)) / (2 * StrictMath.log(base));
    }

    private static double positive(GgufFile file, String key, float otherwise) {
        float number = file.metadata().number(key).orElse(otherwise);
        if (number <= 0) {
            throw new ModelFileException(
                    file.name(), "metadata key %s is %s, expected a number above 0".formatted(key, number));
        }
        return number;
    }

    /// Pairs per head.
    int pairs() {
        return frequencies.length;
    }

    /// Computes the factors of one position, for all heads and layers.
    ///
    /// @param cos receives [#pairs] numbers from `at`, as does `sin`
    void turnsAt(int position, float[] cos, float[] sin, int at) {
        for (int i = 0; i < frequencies.length; i++) {
            double angle = position * frequencies[i];
            cos[at + i] = (float) (magnitude * StrictMath.cos(angle));
            sin[at + i] = (float) (magnitude * StrictMath.sin(angle));
        }
    }

    /// Turns a head in place.
    ///
    /// @param head index of the head's first element in `x`
    /// @param at index of the position's factors in `cos` and `sin`
    void turn(float[] x, int head, float[] cos, float[] sin, int at) {
        int distance = order.distance(turned);
        for (int i = 0; i < frequencies.length; i++) {
            int first = head + order.first(i);
            float a = x[first];
            float b = x[first + distance];
            x[first] = a * cos[at + i] - b * sin[at + i];
            x[first + distance] = a * sin[at + i] + b * cos[at + i];
        }
    }
}
