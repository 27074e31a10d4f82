package dev.runnel.training.optimiser;

/// How fast a run learns: up over the first steps, level until two fifths of its main part, then down in a straight
/// line, and in the last part down once more from a third of the rate: what was learnt last then makes room for what
/// it pushed aside. A model can only be judged after a way down.
///
/// @param steps of the whole run
public record Schedule(int steps) {

    private static final double MAIN = 6.0 / 7;
    private static final int WARM_UP = 50;
    private static final double LEVEL = 0.4;
    private static final double AGAIN = 0.3;
    private static final double LEAST = 0.01;

    /// How much of the main part lies behind; more than 1 in the last part.
    public double progress(int step) {
        return step / (MAIN * steps);
    }

    /// @param step counts from 0
    /// @return the part of the full rate, 0 to 1
    public double rate(int step) {
        double progress = progress(step);
        if (progress >= 1) {
            double left = (double) (steps - step) / steps / (1 - MAIN);
            return Math.max(AGAIN * left, LEAST);
        }
        double warm = Math.min(1, (step + 1.0) / WARM_UP);
        return warm * Math.clamp((1 - progress) / (1 - LEVEL), LEAST, 1);
    }
}
