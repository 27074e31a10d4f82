package dev.runnel.engine.schedule;

import java.time.Duration;

/// How fast completions leave, measured in time spent on steps; so that one that is refused hears an honest
/// time to come back. The loop's thread writes, any thread reads.
final class Pace {

    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(60);

    /// Weight of the newest departure in the average.
    private static final double NEWEST = 1.0 / 8;

    private double averageNanos;
    private boolean hasAverage;
    private long sinceDepartureNanos;

    private volatile double nanosPerDeparture;

    /// A step took this long.
    void stepped(long nanos) {
        sinceDepartureNanos += nanos;
        publish();
    }

    /// A completion has left, for whatever reason.
    void departed() {
        averageNanos += (sinceDepartureNanos - averageNanos) * (hasAverage ? NEWEST : 1);
        hasAverage = true;
        sinceDepartureNanos = 0;
        publish();
    }

    private void publish() {
        nanosPerDeparture = Math.max(averageNanos, (double) sinceDepartureNanos);
    }

    /// When that many completions are likely to have left: whole seconds, from 1 s to 60 s.
    Duration untilDeparted(int completions) {
        Duration estimate = Duration.ofSeconds((long) Math.ceil(nanosPerDeparture * completions / 1e9));
        return estimate.compareTo(SHORTEST) < 0 ? SHORTEST : estimate.compareTo(LONGEST) > 0 ? LONGEST : estimate;
    }
}
