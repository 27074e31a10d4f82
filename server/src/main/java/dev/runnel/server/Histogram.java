package dev.runnel.server;

import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/// How often something took how long, in fixed buckets. For any number of threads.
final class Histogram {

    /// Of whole requests and their parts: 1 ms to 250 s.
    private static final long[] REQUEST_MICROS = {
        1_000,
        2_500,
        5_000,
        10_000,
        25_000,
        50_000,
        100_000,
        250_000,
        500_000,
        1_000_000,
        2_500_000,
        5_000_000,
        10_000_000,
        25_000_000,
        50_000_000,
        100_000_000,
        250_000_000
    };

    /// Of single tokens: 0.1 ms to 2.5 s.
    private static final long[] TOKEN_MICROS = {
        100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000
    };

    private final long[] bounds; // in nanoseconds, ascending; a time that equals one is in its bucket
    private final LongAdder[] counts; // one more: what is beyond the last
    private final LongAdder sum = new LongAdder();

    private Histogram(long[] micros) {
        bounds = Arrays.stream(micros).map(bound -> bound * 1000).toArray();
        counts = Stream.generate(LongAdder::new).limit(bounds.length + 1L).toArray(LongAdder[]::new);
    }

    /// With bounds, in seconds, of 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25,
    /// 50, 100 and 250.
    static Histogram ofRequests() {
        return new Histogram(REQUEST_MICROS);
    }

    /// With bounds, in seconds, of 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
    /// 0.5, 1 and 2.5.
    static Histogram ofTokens() {
        return new Histogram(TOKEN_MICROS);
    }

    void record(long nanos) {
        int bucket = 0;
        while (bucket < bounds.length && nanos > bounds[bucket]) {
            bucket++;
        }
        counts[bucket].increment();
        sum.add(nanos);
    }

    /// Upper ends of all buckets but the last, which has none.
    long[] bounds() {
        return bounds.clone();
    }

    /// Times in each bucket, those of smaller ones not included.
    long[] counts() {
        return Arrays.stream(counts).mapToLong(LongAdder::sum).toArray();
    }

    long sumNanos() {
        return sum.sum();
    }
}
