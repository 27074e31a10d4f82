package dev.runnel.lab;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Requests to one target that were measured in one go.
///
/// @param number from 1
/// @param took until its last request had ended
/// @param measurements in the order in which they ended
/// @param isCut whether the bench was stopped while it ran, so that its figures are those of a part; the requests of
///     that part may all be complete
public record Round(int number, Duration took, List<Measurement> measurements, boolean isCut) {
    public Round {
        measurements = List.copyOf(measurements);
    }

    public Summary summary(Objective objective) {
        return Summary.of(measurements, took, objective, Optional.empty());
    }
}
