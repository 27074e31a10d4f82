package dev.runnel.engine.model;

/// How long a prompt's tokens take a model, measured, so that a step takes no more of them than those who wait
/// for its end can bear. For the thread that steps.
///
/// Theory: as in estimating a network's round trip (Jacobson, "Congestion avoidance and control", SIGCOMM 1988),
/// a running mean alone is too short half of the time; so the part by which it was off is averaged too, and kept
/// free several times over.
public final class PromptPace {

    /// Weights of the newest step in the averages.
    private static final double NEWEST = 1.0 / 8;

    private static final double NEWEST_ERROR = 1.0 / 4;

    /// Average errors that are kept free.
    private static final double MARGIN = 2;

    /// A step of fewer tokens and nothing else says little about what one more would take.
    private static final int TELLING = 8;

    /// Read in a step before anything is known.
    private static final int FIRST = 16;

    private double answerNanos; // a step without prompts
    private boolean knowsAnswers;
    private double tokenNanos;
    private double error; // a part of what was expected
    private boolean knowsTokens;

    /// A step is done.
    ///
    /// @param promptTokens read in it
    /// @param answers whether it also answered
    public void stepped(long nanos, int promptTokens, boolean answers) {
        if (promptTokens == 0) {
            answerNanos += (nanos - answerNanos) * (knowsAnswers ? NEWEST : 1);
            knowsAnswers = true;
        } else if (!knowsTokens) {
            tokenNanos = Math.max(1, (double) nanos / promptTokens);
            knowsTokens = true;
        } else if (answers || promptTokens >= TELLING) {
            double each = Math.max(0, answers ? nanos - answerNanos : nanos) / promptTokens;
            error += (Math.abs(each / tokenNanos - 1) - error) * NEWEST_ERROR;
            tokenNanos = Math.max(1, tokenNanos + (each - tokenNanos) * NEWEST);
        }
    }

    /// Prompt tokens that are likely to be read in that time; at least one.
    ///
    /// @param most not to be exceeded
    public int tokensIn(long nanos, int most) {
        double fitting = knowsTokens ? nanos / (1 + MARGIN * error) / tokenNanos : FIRST;
        return (int) Math.clamp(fitting, 1, (double) most);
    }
}
