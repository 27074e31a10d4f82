package dev.runnel.engine.schedule;

/// How long a prompt's tokens take, measured, so that a step takes no more of them than those who wait for its
/// end can bear. For the loop's thread.
final class PromptPace {

    /// Weight of the newest step in an average.
    private static final double NEWEST = 1.0 / 4;

    /// A step of fewer tokens says little about what one more would take.
    private static final int TELLING = 8;

    /// Read in a step before anything is known.
    private static final int FIRST = 16;

    private double answerNanos; // a step without prompts
    private boolean knowsAnswers;
    private double tokenNanos;
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
            double each = forPrompts / promptTokens;
            // A step that was slower is believed at once, one that was faster only little by little.
            tokenNanos += (each - tokenNanos) * (each > tokenNanos ? 1 : NEWEST);
            knowsTokens = true;
        }
    }

    /// Prompt tokens that are likely to be read in that time; at least one.
    ///
    /// @param most not to be exceeded
    int tokensIn(long nanos, int most) {
        double fitting = knowsTokens ? nanos / tokenNanos : FIRST;
        return (int) Math.clamp(fitting, 1, (double) most);
    }
}
