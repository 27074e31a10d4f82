package dev.runnel.training.optimiser;

/// How fast a run learns: up over the first steps, level for a while, then down in a straight line to almost
/// nothing (Bergsma et al. 2025, https://arxiv.org/abs/2502.15938). A model can only be judged after the way down.
///
/// @param steps of the whole run
public record Schedule(int steps) {

    private static final int WARM_UP = 50;
    private static final double LEVEL = 0.3;
    private static final double LEAST = 0.002;

    /// How much of the run lies behind, 0 to 1.
    public double progress(int step) {
        return (double) step / steps;
    }

    /// @param step counts from 0
    /// @return the part of the full rate, 0 to 1
    public double rate(int step) {
        double warm = Math.min(1, (step + 1.0) / WARM_UP);
        return warm * Math.clamp((1 - progress(step)) / (1 - LEVEL), LEAST, 1);
    }
}
