package dev.runnel.engine.sampling;

/// The random numbers of one choice: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014), started at `mix(mix(seed) + choice)`. One number is drawn for each sampled
/// token, so the numbers are the same on every machine, in every run and in every batch.
public final class Draws {

    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

    private long state;

    private Draws(long state) {
        this.state = state;
    }

    /// The numbers of a request's choice. Choices of one seed, and neighbouring seeds, share nothing.
    ///
    /// @param choice counted from 0
    public static Draws of(long seed, int choice) {
        return new Draws(mix(mix(seed) + choice));
    }

    /// Another that gives the same numbers from here on.
    public Draws copy() {
        return new Draws(state);
    }

    /// The next number, from 0 to less than 1, a multiple of 2^-53.
    public double next() {
        state += GOLDEN_GAMMA;
        return (mix(state) >>> 11) * 0x1.0p-53;
    }

    /// The 64-bit finalizer of SplitMix64 (Stafford's variant 13).
    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
