package dev.runnel.lab;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/// Adds measurements up. For one thread.
final class Tally {

    private static final int DIGITS = 3;

    private final Objective objective;

    final Histogram ttft = new Histogram(DIGITS); // all in nanoseconds
    final Histogram itl = new Histogram(DIGITS);
    final Histogram tpot = new Histogram(DIGITS);
    final Histogram e2el = new Histogram(DIGITS);
    final Histogram lag = new Histogram(DIGITS);
    final Map<String, Integer> errors = new TreeMap<>(); // by code
    int complete;
    int failed;
    int stopped;
    int good;
    int waited;
    long promptTokens;
    long cachedTokens;
    long completionTokens;
    long pieces;

    Tally(Objective objective) {
        this.objective = objective;
    }

    /// Latencies are those of complete replies: what a failure took says nothing about them. How late the lab was
    /// counts for all.
    void add(Measurement measured) {
        lag.recordValue(nanos(measured.lag()));
        waited += measured.waited().isPositive() ? 1 : 0;
        switch (measured.outcome()) {
            case Outcome.Complete(var usage, var _) -> {
                complete++;
                good += objective.isKeptBy(measured) ? 1 : 0;
                promptTokens += usage.promptTokens();
                cachedTokens += usage.cachedTokens();
                completionTokens += usage.completionTokens();
                pieces += measured.pieces().size();
                measured.ttft().ifPresent(time -> ttft.recordValue(nanos(time)));
                measured.gaps().forEach(time -> itl.recordValue(nanos(time)));
                measured.tpot().ifPresent(time -> tpot.recordValue(nanos(time)));
                e2el.recordValue(nanos(measured.e2el()));
            }
            case Outcome.Failed(var code, var _) -> {
                failed++;
                errors.merge(code, 1, Integer::sum);
            }
            case Outcome.Stopped() -> stopped++;
        }
    }

    private static long nanos(Duration time) {
        return Math.max(0, time.toNanos());
    }
}
