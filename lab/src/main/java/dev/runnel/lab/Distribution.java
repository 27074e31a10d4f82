package dev.runnel.lab;

import java.time.Duration;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/// How long something took, over all the times it was measured.
///
/// @param count how often it was measured; all else is zero or absent where that is 0
/// @param deviation standard deviation
public record Distribution(
        long count,
        Duration mean,
        Duration deviation,
        Duration least,
        Duration most,
        Optional<Duration> p50,
        Optional<Duration> p90,
        Optional<Duration> p99,
        Optional<Duration> p999) {

    /// Of nanoseconds. Each percentile is that of a value measured, to three digits.
    static Distribution of(Histogram nanos) {
        boolean any = nanos.getTotalCount() > 0;
        return new Distribution(
                nanos.getTotalCount(),
                Duration.ofNanos(Math.round(nanos.getMean())),
                Duration.ofNanos(Math.round(nanos.getStdDeviation())),
                Duration.ofNanos(any ? nanos.getMinValue() : 0),
                Duration.ofNanos(nanos.getMaxValue()),
                percentile(nanos, 50),
                percentile(nanos, 90),
                percentile(nanos, 99),
                percentile(nanos, 99.9));
    }

    /// The value that so many percent don't exceed. Absent where not even one in so many was measured: the 99.9th
    /// percentile of twenty is their greatest, and says nothing about the one in a thousand.
    static Optional<Duration> percentile(Histogram nanos, double percent) {
        double enough = 100 / (100 - percent);
        return nanos.getTotalCount() >= Math.round(enough)
                ? Optional.of(Duration.ofNanos(nanos.getValueAtPercentile(percent)))
                : Optional.empty();
    }
}
