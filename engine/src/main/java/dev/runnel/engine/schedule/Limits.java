package dev.runnel.engine.schedule;

/// How much a [Scheduler] takes on.
///
/// @param sequences most choices that are generated at the same time
/// @param waiting most completions that wait while that many run; one more is refused
/// @param promptTokensPerStep most prompt tokens read in one step, over all sequences: a long prompt is read
///     in slices of it, between which the others go on
public record Limits(int sequences, int waiting, int promptTokensPerStep) {
    public Limits {
        if (sequences < 1 || waiting < 0 || promptTokensPerStep < 1) {
            throw new IllegalArgumentException(
                    "%d sequences, %d waiting, %d prompt tokens per step; expected at least 1, 0 and 1"
                            .formatted(sequences, waiting, promptTokensPerStep));
        }
    }
}
