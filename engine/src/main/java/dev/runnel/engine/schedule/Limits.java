package dev.runnel.engine.schedule;

import java.time.Duration;

/// How much a [Scheduler] takes on.
///
/// @param sequences most choices that are generated at the same time
/// @param waiting most completions that wait while that many run; one more is refused
/// @param promptTokensPerStep most prompt tokens read in one step, over all sequences: a long prompt is read
///     in slices of it, between which the others go on
/// @param stall how much longer a step in which others answer may take because of the prompts that are read
///     in it; it reads as many tokens of them as are likely to fit, at least one, and a draft model those that
///     fit in what is left
public record Limits(int sequences, int waiting, int promptTokensPerStep, Duration stall) {
    public Limits {
        if (sequences < 1 || waiting < 0 || promptTokensPerStep < 1 || stall.isNegative()) {
            throw new IllegalArgumentException(
                    "%d sequences, %d waiting, %d prompt tokens per step, a stall of %s; expected at least 1, 0, 1 and 0"
                            .formatted(sequences, waiting, promptTokensPerStep, stall));
        }
    }
}
