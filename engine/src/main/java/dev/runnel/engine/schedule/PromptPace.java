package dev.runnel.engine.schedule;

/// How long a prompt's tokens take, measured, so that a step takes no more of them than those who wait for its
/// end can bear. For the loop's thread.
///
/// Theory: as in estimating a network's round trip (Jacobson, "Congestion avoidance and control", SIGCOMM 1988),
/// a running mean alone is too short half of the time; so what the steps were off by is averaged too, and kept free
/// several times over.
final class PromptPace {

    /// Weights of the newest step in the averages.
    private static final double NEWEST = 1.0 / 8;

    private static final double NEWEST_ERROR = 1.0 / 4;

    /// Average errors that are kept free.
    private static final double MARGIN = 2;

    /// Part of the time that is used however large the errors are.
    private static final double LEAST = 0.25;

    /// A step of fewer tokens says little about what one more would take.
    private static final int TELLING = 8;

    /// Read in a step before anything is known.
    private static final int FIRST = 16;

    private double answerNanos; // a step without prompts
    private boolean knowsAnswers;
    private double tokenNanos;
    private double errorNanos; // of a step
    private boolean knowsTokens;

    /// A step is done.
    ///
    /// @param promptTokens read in it
    /// @param answers whether it also answered
    void stepped(long nanos, int promptTokens, boolean answers) {
        if (promptTokens == 0) {
            answerNanos += (nanos - answerNanos) * (knowsAnswers ? NEWEST : 1);
            knowsAnswers = true;
        } else if (promptTokens >= TELLING || !knowsTokens) {
            double forPrompts = Math.max(1, answers && knowsAnswers ? nanos - answerNanos : nanos);
            double error = knowsTokens ? forPrompts - tokenNanos * promptTokens : 0;
            tokenNanos += (forPrompts / promptTokens - tokenNanos) * (knowsTokens ? NEWEST : 1);
            errorNanos += (Math.abs(error) - errorNanos) * NEWEST_ERROR;
            knowsTokens = true;
        }
    }

    /// Prompt tokens that are likely to be read in that time; at least one.
    ///
    /// @param most not to be exceeded
    int tokensIn(long nanos, int most) {
        double usable = Math.max(LEAST * nanos, nanos - MARGIN * errorNanos);
        double fitting = knowsTokens ? usable / tokenNanos : FIRST;
        return (int) Math.clamp(fitting, 1, (double) most);
    }
}
