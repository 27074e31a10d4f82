package dev.runnel.engine.sampling;

import dev.runnel.core.BackendException;

/// How probable a model holds its tokens: natural logarithms of the probabilities that its logits stand for,
/// before temperature, penalties and whatever else shapes the choice.
///
/// ```
/// logprob[i] = logit[i] - max - ln(sum over j of exp(logit[j] - max))
/// ```
///
/// For one thread: it holds what one row of logits said.
public final class Logprobs {

    private float[] logits = {};
    private float max;
    private double logSum;

    private final int[] tokens;
    private final float[] best; // logits of `tokens`, falling
    private int count;

    /// @param most alternatives that will be asked for
    public Logprobs(int most) {
        tokens = new int[most];
        best = new float[most];
    }

    /// Reads a row.
    ///
    /// @param logits not to change as long as they are asked about
    /// @param alternatives how many of the most probable tokens to find
    /// @throws BackendException if a logit is not finite
    public void read(float[] logits, int alternatives) {
        this.logits = logits;
        max = Weights.greatest(logits);
        double sum = 0;
        for (float logit : logits) {
            sum += Weights.powerOfTwo((logit - max) * (float) Weights.LOG2_E);
        }
        logSum = StrictMath.log(sum);
        rank(Math.min(alternatives, logits.length));
    }

    /// Finds the greatest, of equals the first.
    private void rank(int wanted) {
        count = 0;
        if (wanted == 0) {
            return;
        }
        for (int token = 0; token < logits.length; token++) {
            if (count == wanted && logits[token] <= best[count - 1]) {
                continue;
            }
            int at = count < wanted ? count++ : count - 1;
            while (at > 0 && best[at - 1] < logits[token]) {
                best[at] = best[at - 1];
                tokens[at] = tokens[at - 1];
                at--;
            }
            best[at] = logits[token];
            tokens[at] = token;
        }
    }

    public double of(int token) {
        return (double) logits[token] - max - logSum;
    }

    /// How many alternatives there are.
    public int alternatives() {
        return count;
    }

    /// The token at a rank, 0 the most probable.
    public int alternative(int rank) {
        return tokens[rank];
    }
}
