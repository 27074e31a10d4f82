package dev.runnel.lab;

import java.util.Random;

/// The moments at which the requests of an open loop are to come: a Poisson process, whose gaps are exponentially
/// distributed and independent, as those of many readers who know nothing of each other. The same seed gives the
/// same moments.
final class Arrivals {

    private final double rate;
    private final Random random;
    private double seconds;

    /// @param rate a second, on average
    Arrivals(double rate, long seed) {
        this.rate = rate;
        random = new Random(seed);
    }

    /// The next moment, in nanoseconds from the beginning.
    long next() {
        seconds -= Math.log1p(-random.nextDouble()) / rate;
        return (long) (seconds * 1e9);
    }
}
