package dev.runnel.lab;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// The moments at which the requests of an open loop are to come: a Poisson process, whose gaps are exponentially
/// distributed and independent, as those of many readers who know nothing of each other. The same seed gives the
/// same moments, and another seed or another round moments that have nothing to do with them.
final class Arrivals {

    private final double rate;
    private final RandomGenerator random;
    private double seconds;

    /// @param rate a second, on average
    /// @param first index of the round's first request
    Arrivals(double rate, long seed, int first) {
        this.rate = rate;
        random = new SplittableRandom(new SplittableRandom(seed).nextLong() + first);
    }

    /// The next moment, in nanoseconds from the beginning.
    long next() {
        seconds -= Math.log1p(-random.nextDouble()) / rate;
        return (long) (seconds * 1e9);
    }
}
