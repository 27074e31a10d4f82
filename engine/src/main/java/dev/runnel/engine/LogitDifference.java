package dev.runnel.engine;

import dev.runnel.core.BackendException;

/// How differently two models see one place of a text: a reference, and another that should be like it, such as its
/// quantisation. They are the numbers of llama.cpp's `llama-perplexity --kl-divergence`
/// (https://github.com/ggml-org/llama.cpp/tree/master/tools/perplexity), in 64-bit arithmetic, and two of the logits
/// themselves.
///
/// ```
/// p = softmax(a), q = softmax(b)         a, b (vocabulary): the logits of the reference and of the other
/// divergence = sum over i of p[i] * (ln p[i] - ln q[i])
/// ```
///
/// The divergence is that of Kullback and Leibler, "On information and sufficiency" (1951): how many nats it costs to
/// take the other for the reference; 0 only if both say the same.
///
/// @param divergence in nats, at least 0
/// @param referenceLogprob natural logarithm of the probability that the reference gives the token that does follow
/// @param otherLogprob that of the other
/// @param sameTop whether both hold the same token for the most probable
/// @param sharedTop how many of the [#TOP] most probable tokens of the reference are among as many of the other
/// @param maxDifference largest difference of two logits of a token, in standard deviations of the reference's logits
/// @param rmsDifference root of the mean square of these differences, in the same unit
public record LogitDifference(
        double divergence,
        double referenceLogprob,
        double otherLogprob,
        boolean sameTop,
        int sharedTop,
        double maxDifference,
        double rmsDifference) {

    /// How many of the most probable tokens are compared, where there are as many.
    public static final int TOP = 5;

    /// Compares two rows of logits for the same place.
    ///
    /// @param next the token that does follow
    /// @throws BackendException if a logit is not finite
    public static LogitDifference of(float[] reference, float[] other, int next) {
        if (reference.length != other.length) {
            throw new IllegalArgumentException(
                    "%d logits against %d, expected as many".formatted(reference.length, other.length));
        }
        double referenceNorm = logSumExp(reference);
        double otherNorm = logSumExp(other);
        double divergence = 0;
        double sum = 0;
        double max = 0;
        double squares = 0;
        for (int i = 0; i < reference.length; i++) {
            double p = reference[i] - referenceNorm;
            double q = other[i] - otherNorm;
            divergence += Math.exp(p) * (p - q);
            double difference = Math.abs((double) other[i] - reference[i]);
            max = Math.max(max, difference);
            squares += difference * difference;
            sum += reference[i];
        }
        double rms = Math.sqrt(squares / reference.length);
        double deviation = deviation(reference, sum / reference.length);
        int[] top = top(reference);
        int[] otherTop = top(other);
        return new LogitDifference(
                Math.max(0, divergence), // rounding may take it below
                reference[next] - referenceNorm,
                other[next] - otherNorm,
                top[0] == otherTop[0],
                shared(top, otherTop),
                max == 0 ? 0 : max / deviation,
                max == 0 ? 0 : rms / deviation);
    }

    private static double logSumExp(float[] logits) {
        float max = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            if (!Float.isFinite(logit)) {
                throw new BackendException(
                        BackendException.Kind.INTERNAL,
                        "the model gave a token the logit %s, expected a finite number".formatted(logit));
            }
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp((double) logit - max);
        }
        return max + Math.log(sum);
    }

    private static double deviation(float[] logits, double mean) {
        double squares = 0;
        for (float logit : logits) {
            squares += (logit - mean) * (logit - mean);
        }
        return Math.sqrt(squares / logits.length);
    }

    /// The most probable tokens, falling; of equals the first.
    private static int[] top(float[] logits) {
        int[] best = new int[Math.min(TOP, logits.length)];
        int count = 0;
        for (int token = 0; token < logits.length; token++) {
            if (count == best.length && logits[token] <= logits[best[count - 1]]) {
                continue;
            }
            int at = count < best.length ? count++ : count - 1;
            while (at > 0 && logits[best[at - 1]] < logits[token]) {
                best[at] = best[at - 1];
                at--;
            }
            best[at] = token;
        }
        return best;
    }

    private static int shared(int[] some, int[] others) {
        int shared = 0;
        for (int one : some) {
            for (int other : others) {
                shared += one == other ? 1 : 0;
            }
        }
        return shared;
    }
}
