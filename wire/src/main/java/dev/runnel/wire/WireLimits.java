package dev.runnel.wire;

/// What a server grants to one request; within OpenAI's own bounds, save for the number of stop strings.
///
/// @param maxChoices largest `n`
/// @param maxStopStrings most strings in `stop`
public record WireLimits(int maxChoices, int maxStopStrings) {

    /// Sixteen choices, and the four stop strings that OpenAI takes.
    public static final WireLimits DEFAULT = new WireLimits(16, 4);

    public WireLimits {
        if (maxChoices < 1 || maxStopStrings < 1) {
            throw new IllegalArgumentException("a server grants at least one choice and one stop string, not %d and %d"
                    .formatted(maxChoices, maxStopStrings));
        }
    }
}
