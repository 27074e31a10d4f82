package dev.runnel.lab.report;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;

/// Finite numbers in an order. Times are seconds.
public final class Numbers {

    private final double[] values;

    private Numbers(double[] values) {
        this.values = values;
        for (double value : values) {
            if (!Double.isFinite(value)) {
                throw new IllegalArgumentException("a number to draw is " + value);
            }
        }
    }

    public static Numbers of(double... values) {
        return new Numbers(values.clone());
    }

    public static Numbers ofDurations(Collection<Duration> times) {
        return new Numbers(
                times.stream().mapToDouble(time -> time.toNanos() / 1e9).toArray());
    }

    public int size() {
        return values.length;
    }

    public double at(int index) {
        return values[index];
    }

    double[] sorted() {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted;
    }

    /// The smallest; of none 0.
    double least() {
        return Arrays.stream(values).min().orElse(0);
    }

    double sum() {
        return Arrays.stream(values).sum();
    }

    static double quantile(double[] sorted, double q) {
        return sorted[rank(sorted.length, q)];
    }

    /// Where among so many sorted values the smallest is that at least the fraction `q` of them do not exceed: one that
    /// occurred, never one in between.
    public static int rank(int count, double q) {
        return Math.max(0, (int) Math.ceil(q * count) - 1);
    }

    @Override
    public String toString() {
        return Arrays.toString(values);
    }
}
