package dev.runnel.engine.model;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.Metadata;
import java.util.Optional;

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
/// the low ones only (`yarn`, Peng et al., https://arxiv.org/abs/2309.00071), or each by one of its own that
/// the file holds: one list for every context (Llama 3), or one for contexts that the model was trained for
/// and one for longer ones (`longrope`, Ding et al., https://arxiv.org/abs/2402.13753).
///
/// Cosines and sines are computed once for each token of a step, by whichever thread, and serve all heads of
/// all layers.
final class Rope {

    // Bounds of what makes sense, far beyond any model's; within them no result is infinite.
    private static final float SMALLEST_BASE = 2;
    private static final float LARGEST_BASE = 1e12f;
    private static final float LARGEST_FACTOR = 1e6f;
    private static final float LARGEST_MAGNITUDE = 1e3f;

    private final RopeOrder order;

    /// Elements of a head that turn, from its first on.
    private final int turned;

    private final double[] frequencies; // (turned / 2)

    /// What cosines and sines are multiplied by.
    private final double magnitude;

    private final float[] cos; // (tokens, turned / 2)
    private final float[] sin; // (tokens, turned / 2)

    /// @param tokens of a step, at most
    Rope(RopeOrder order, int turned, double[] frequencies, double magnitude, int tokens) {
        this.order = order;
        this.turned = turned;
        this.frequencies = frequencies;
        this.magnitude = magnitude;
        this.cos = new float[tokens * frequencies.length];
        this.sin = new float[tokens * frequencies.length];
    }

    /// The embedding that a file describes.
    ///
    /// @param local whether it is that of the layers that see a window
    /// @param context most tokens of a sequence
    static Rope of(GgufFile file, Hyperparameters model, Weights weights, boolean local, int context, int tokens) {
        Metadata metadata = file.metadata();
        String prefix = model.family().architecture() + ".rope.";
        String scaling = prefix + "scaling.";
        Locality locality = model.family().locality();
        int turned =
                metadata.integer(prefix + "dimension_count", 2, model.keySize()).orElse(model.keySize());
        if (turned % 2 != 0) {
            throw new ModelFileException(
                    file.name(), "turns %d elements of each head, expected an even number".formatted(turned));
        }
        double base = bounded(file, prefix + "freq_base", 10_000, SMALLEST_BASE, LARGEST_BASE);
        if (local) {
            float usual = locality.base() > 0 ? locality.base() : (float) base;
            base = bounded(file, prefix + "freq_base_swa", usual, SMALLEST_BASE, LARGEST_BASE);
        }
        int original = metadata.integer(scaling + "original_context_length", 1, Integer.MAX_VALUE)
                .orElse(model.context());
        double[] frequencies = new double[turned / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = StrictMath.pow(base, -2.0 * i / turned);
        }
        factors(file, weights, context > original, turned / 2).ifPresent(factors -> {
            for (int i = 0; i < factors.length; i++) {
                frequencies[i] /= factors[i];
            }
        });

        String key = metadata.has(scaling + "factor") ? scaling + "factor" : prefix + "scale_linear";
        double factor = bounded(file, key, 1, 1 / LARGEST_FACTOR, LARGEST_FACTOR);
        double magnitude = bounded(file, scaling + "attn_factor", 1, 1 / LARGEST_MAGNITUDE, LARGEST_MAGNITUDE);
        String type = metadata.string(scaling + "type").orElse("linear");
        if (local && !locality.scaled()) {
            type = "none";
            magnitude = 1;
        }
        switch (type) {
            case "none", "longrope" -> {} // a long rope's factors have done it
            case "linear" -> {
                for (int i = 0; i < frequencies.length; i++) {
                    frequencies[i] /= factor;
                }
            }
            case "yarn" -> {
                double fast = bounded(file, scaling + "yarn_beta_fast", 32, 1 / LARGEST_FACTOR, LARGEST_FACTOR);
                double slow = bounded(file, scaling + "yarn_beta_slow", 1, 1 / LARGEST_FACTOR, LARGEST_FACTOR);
                double first = Math.max(0, Math.floor(pairThatTurns(fast, original, base, turned)));
                double last = Math.min(turned - 1, Math.ceil(pairThatTurns(slow, original, base, turned)));
                for (int i = 0; i < frequencies.length; i++) {
                    double lowered = Math.clamp((i - first) / Math.max(0.001, last - first), 0.0, 1.0);
                    frequencies[i] *= 1 - lowered + lowered / factor;
                }
                magnitude *= 1 + 0.1 * StrictMath.log(Math.max(1, factor));
            }
            default ->
                throw new ModelFileException(
                        file.name(),
                        "scales its rotary embedding by %s; this engine knows none, linear, yarn and longrope"
                                .formatted(type));
        }
        return new Rope(model.family().ropeOrder(), turned, frequencies, magnitude, tokens);
    }

    /// What divides each frequency, where the file has such a list.
    private static Optional<float[]> factors(GgufFile file, Weights weights, boolean isLong, int pairs) {
        Optional<float[]> longer = factors(file, weights, "rope_factors_long.weight", pairs);
        Optional<float[]> shorter = factors(file, weights, "rope_factors_short.weight", pairs);
        return factors(file, weights, "rope_freqs.weight", pairs).or(() -> isLong ? longer : shorter);
    }

    private static Optional<float[]> factors(GgufFile file, Weights weights, String name, int pairs) {
        Optional<float[]> factors = weights.optionalVector(name, pairs);
        for (float factor : factors.orElseGet(() -> new float[0])) {
            if (factor < 1 / LARGEST_FACTOR || factor > LARGEST_FACTOR) {
                throw new ModelFileException(
                        file.name(),
                        "tensor %s holds %s, expected %s to %s"
                                .formatted(name, factor, 1 / LARGEST_FACTOR, LARGEST_FACTOR));
            }
        }
        return factors;
    }

    /// The pair, fractional, that turns `turns` times within the context that the model was trained for.
    private static double pairThatTurns(double turns, int context, double base, int turned) {
        return turned * StrictMath.log(context / (turns * 2 * Math.PI)) / (2 * StrictMath.log(base));
    }

    private static double bounded(GgufFile file, String key, float usual, float least, float most) {
        float number = file.metadata().number(key).orElse(usual);
        if (number < least || number > most) {
            throw new ModelFileException(
                    file.name(), "metadata key %s is %s, expected %s to %s".formatted(key, number, least, most));
        }
        return number;
    }

    /// Computes the cosines and sines of one token of the step.
    void prepare(int token, int position) {
        int at = token * frequencies.length;
        for (int i = 0; i < frequencies.length; i++) {
            double angle = position * frequencies[i];
            cos[at + i] = (float) (magnitude * StrictMath.cos(angle));
            sin[at + i] = (float) (magnitude * StrictMath.sin(angle));
        }
    }

    /// Turns one head of a token in place.
    ///
    /// @param head index of the head's first element in `x`
    void turn(int token, float[] x, int head) {
        int at = token * frequencies.length;
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
