package dev.runnel.core;

import java.util.OptionalLong;

/// How the next token is chosen from the model's probabilities.
///
/// @param temperature 0 to 2; 0 takes the most probable token, 1 the model's own distribution
/// @param topP 0 to 1: sample among the most probable tokens that together reach this probability; 0 is the top token
/// @param seed the same seed, request and model give the same tokens, whatever else runs; absent: a fresh one each time
public record Sampling(double temperature, double topP, OptionalLong seed) {

    /// The model's own distribution, unseeded.
    public static final Sampling DEFAULT = new Sampling(1, 1, OptionalLong.empty());

    /// Always the most probable token.
    public static final Sampling GREEDY = new Sampling(0, 1, OptionalLong.empty());

    public Sampling {
        // Written so that NaN fails too.
        if (!(temperature >= 0 && temperature <= 2)) {
            throw new IllegalArgumentException("temperature is " + temperature + ", expected 0 to 2");
        }
        if (!(topP >= 0 && topP <= 1)) {
            throw new IllegalArgumentException("top_p is " + topP + ", expected 0 to 1");
        }
    }
}
