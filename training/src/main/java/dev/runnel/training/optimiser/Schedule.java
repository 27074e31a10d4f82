package dev.runnel.training.optimiser;

/// How fast a run learns: up over the first steps, level until two fifths of it, then down in a straight line. A
/// model can only be judged after the way down.
///
/// @param steps of the whole run
public record Schedule(int steps) {

    private static final int WARM_UP = 50;
    private static final double LEVEL = 0.4;
    private static final double LEAST = 0.01;

    /// How much of the run lies behind.
    public double progress(int step) {
        return (double) step / steps;
    }

    /// @param step counts from 0
    /// @return the part of the full rate, 0 to 1
    public double rate(int step) {
        double warm = Math.min(1, (step + 1.0) / WARM_UP);
        double progress = progress(step);
        return warm * Math.clamp((1 - progress) / (1 - LEVEL), LEAST, 1);
    }
}
