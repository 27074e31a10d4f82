package dev.runnel.core;

import java.math.BigDecimal;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// How the next token is chosen from the model's probabilities.
///
/// @param temperature 0 to 2; 0 takes the most probable token, 1 the model's own distribution; absent: what the
///     backend takes for granted, most often 1
/// @param topP 0 to 1: sample among the most probable tokens that together reach this probability; 0 is the top
///     token; absent: what the backend takes for granted, most often 1
/// @param topK sample among this many of the most probable tokens; 0: among all
/// @param minP 0 to 1: sample among tokens at least this probable, as a part of the most probable one's probability
/// @param typicalP above 0, to 1: sample among the tokens closest to the expected surprise that together reach this
///     probability
/// @param repetitionPenalty above 0: divides the logits of tokens that have occurred, prompt included, or multiplies
///     them where they are negative; 1 changes nothing
/// @param frequencyPenalty -2 to 2: taken off a token's logit for each time it has been generated
/// @param presencePenalty -2 to 2: taken off a token's logit if it has been generated
/// @param logitBias added to the logits of tokens, by id; -100 to 100
/// @param seed the same seed, request and model give the same tokens, whatever else runs; absent: a fresh one
///     each time
public record Sampling(
        OptionalDouble temperature,
        OptionalDouble topP,
        int topK,
        double minP,
        double typicalP,
        double repetitionPenalty,
        double frequencyPenalty,
        double presencePenalty,
        Map<Integer, Double> logitBias,
        OptionalLong seed) {

    /// As the backend samples by itself.
    public static final Sampling DEFAULT =
            new Sampling(OptionalDouble.empty(), OptionalDouble.empty(), OptionalLong.empty());

    /// Always the most probable token.
    public static final Sampling GREEDY =
            new Sampling(OptionalDouble.of(0), OptionalDouble.empty(), OptionalLong.empty());

    public Sampling {
        temperature.ifPresent(value -> require("temperature", value, 0, 2));
        topP.ifPresent(value -> require("top_p", value, 0, 1));
        require("top_k", topK, 0, Integer.MAX_VALUE);
        require("min_p", minP, 0, 1);
        require("typical_p", typicalP, Double.MIN_VALUE, 1);
        require("repetition_penalty", repetitionPenalty, Double.MIN_VALUE, Float.MAX_VALUE);
        require("frequency_penalty", frequencyPenalty, -2, 2);
        require("presence_penalty", presencePenalty, -2, 2);
        logitBias = Map.copyOf(logitBias);
        logitBias.forEach((token, bias) -> require("logit_bias of token " + token, bias, -100, 100));
    }

    /// All that there is, temperature and top-p among it.
    public Sampling(
            double temperature,
            double topP,
            int topK,
            double minP,
            double typicalP,
            double repetitionPenalty,
            double frequencyPenalty,
            double presencePenalty,
            Map<Integer, Double> logitBias,
            OptionalLong seed) {
        this(
                OptionalDouble.of(temperature),
                OptionalDouble.of(topP),
                topK,
                minP,
                typicalP,
                repetitionPenalty,
                frequencyPenalty,
                presencePenalty,
                logitBias,
                seed);
    }

    /// Nothing but the three that everyone uses.
    public Sampling(double temperature, double topP, OptionalLong seed) {
        this(OptionalDouble.of(temperature), OptionalDouble.of(topP), seed);
    }

    /// Those of the three that are asked for.
    public Sampling(OptionalDouble temperature, OptionalDouble topP, OptionalLong seed) {
        this(temperature, topP, 0, 0, 1, 1, 0, 0, Map.of(), seed);
    }

    // Written so that NaN fails too.
    private static void require(String name, double value, double least, double most) {
        if (!(value >= least && value <= most)) {
            throw new IllegalArgumentException(
                    "%s is %s, expected %s to %s".formatted(name, value, inWords(least), inWords(most)));
        }
    }

    private static String inWords(double bound) {
        return bound == Double.MIN_VALUE
                ? "above 0"
                : BigDecimal.valueOf(bound).stripTrailingZeros().toPlainString();
    }
}
