package dev.runnel.lab;

import dev.runnel.core.TokenCodec;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// All that was measured of one target under one load.
public record Series(Target target, Load load, List<Round> rounds) {

    public Series {
        rounds = List.copyOf(rounds);
    }

    public List<Measurement> measurements() {
        return rounds.stream().flatMap(round -> round.measurements().stream()).toList();
    }

    /// Time spent measuring.
    public Duration took() {
        return rounds.stream().map(Round::took).reduce(Duration.ZERO, Duration::plus);
    }

    /// @param tokenizer the model's own, to check the server's counts with
    public Summary summary(Objective objective, Optional<TokenCodec> tokenizer) {
        return Summary.of(measurements(), took(), objective, tokenizer);
    }
}
