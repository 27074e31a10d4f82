package dev.runnel.engine.sampling;

import dev.runnel.core.BackendException;
import dev.runnel.core.Sampling;
import java.util.Arrays;

/// Chooses the next token from a model's logits. The chain, in this order:
///
/// 1. A logit that is not finite is the model's fault and refuses the whole row.
/// 2. Temperature 0 takes the most probable token, the first of equals.
/// 3. Temperature: `weight[i] = exp((logit[i] - max) / temperature)`.
/// 4. Top-p: the fewest most probable tokens whose weights reach `topP` of the total, the first of equals
///    first, at least one (nucleus sampling: Holtzman et al., "The curious case of neural text degeneration",
///    ICLR 2020). It acts on the distribution that temperature has shaped.
/// 5. One number from [Draws] picks among them, in the order of their ids.
///
/// Theory: the vocabulary is never sorted. The float bits of a positive weight grow with the weight, so their
/// upper bits number a bucket, eight to each power of two. Adding up whole buckets from the heaviest down
/// finds the one in which the nucleus ends, and only of that bucket's tokens the heaviest are picked one by
/// one. Tokens lighter than `(1 - topP) * total / vocabularySize` are left out at once: all of them together
/// weigh less than what the nucleus leaves out.
///
/// For one thread: it owns the scratch memory of one row.
public final class Sampler {

    /// Float bits to a bucket: sign, 8 bits of exponent and 3 of mantissa are left.
    private static final int BUCKET_SHIFT = 20;

    /// Weights are at most 1.
    private static final int BUCKETS = (Float.floatToRawIntBits(1f) >>> BUCKET_SHIFT) + 1;

    private static final int INFINITY_BITS = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

    private static final double LOG2_E = 1 / Math.log(2);
    private static final float LN_2 = (float) Math.log(2);

    private final float[] weights;
    private final double[] bucketWeights = new double[BUCKETS];

    /// A heap of one bucket's tokens: the complement of the weight's bits above the id, so that the least is
    /// the heaviest and of equals the first.
    private final long[] ranks;

    public Sampler(int vocabularySize) {
        weights = new float[vocabularySize];
        ranks = new long[vocabularySize];
    }

    /// The next token.
    ///
    /// @param logits one for each token of the vocabulary; left as they are
    /// @throws BackendException if a logit is not finite
    public int sample(float[] logits, Sampling settings, Draws draws) {
        float max = greatest(logits);
        if (settings.temperature() == 0) {
            return indexOf(max, logits);
        }
        double total = weigh(logits, max, settings.temperature());
        return settings.topP() < 1
                ? drawFromNucleus(settings.topP(), total, draws)
                : draw(total, 0, weights.length, draws);
    }

    private static float greatest(float[] logits) {
        float max = Float.NEGATIVE_INFINITY;
        int greatestMagnitudeBits = 0;
        for (float logit : logits) {
            max = Math.max(max, logit);
            greatestMagnitudeBits = Math.max(greatestMagnitudeBits, Float.floatToRawIntBits(logit) & Integer.MAX_VALUE);
        }
        if (greatestMagnitudeBits >= INFINITY_BITS) {
            throw notFinite(logits);
        }
        return max;
    }

    private static BackendException notFinite(float[] logits) {
        int token = 0;
        while (Float.isFinite(logits[token])) {
            token++;
        }
        return new BackendException(
                BackendException.Kind.INTERNAL,
                "the model gave token %d the logit %s, expected a finite number".formatted(token, logits[token]));
    }

    private static int indexOf(float max, float[] logits) {
        int token = 0;
        while (logits[token] != max) {
            token++;
        }
        return token;
    }

    /// Fills `weights` and adds them up.
    private double weigh(float[] logits, float max, double temperature) {
        float scale = (float) Math.min(LOG2_E / temperature, Float.MAX_VALUE);
        for (int token = 0; token < weights.length; token++) {
            weights[token] = powerOfTwo((logits[token] - max) * scale);
        }
        // Four sums side by side, as an addition waits for the one before it.
        double sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
        int token = 0;
        for (; token + 3 < weights.length; token += 4) {
            sum0 += weights[token];
            sum1 += weights[token + 1];
            sum2 += weights[token + 2];
            sum3 += weights[token + 3];
        }
        for (; token < weights.length; token++) {
            sum0 += weights[token];
        }
        return (sum0 + sum1) + (sum2 + sum3);
    }

    /// `2^x` for `x` up to 0, to within 2 ulp; 2^-126 below that. Only sums and products, which are the same
    /// on every machine, as `Math.exp` need not be.
    private static float powerOfTwo(float x) {
        float power = Math.max(x, -126f);
        int whole = (int) (power - 0.5f);
        float rest = power - whole; // -1/2 to 1/2
        // The Taylor series of e^(rest ln 2); the first term left out is below 2^-27.
        float y = rest * LN_2;
        float tail = y * (1 / 120f + y * (1 / 720f + y * (1 / 5040f)));
        float series = 1 + y * (1 + y * (1 / 2f + y * (1 / 6f + y * (1 / 24f + tail))));
        return series * Float.intBitsToFloat((whole + 127) << 23);
    }

    private int drawFromNucleus(double topP, double total, Draws draws) {
        double wanted = topP * total;
        float least = (float) ((1 - topP) * total / weights.length);
        Arrays.fill(bucketWeights, 0);
        for (float weight : weights) {
            if (weight >= least) {
                bucketWeights[bucketOf(weight)] += weight;
            }
        }
        int bucket = BUCKETS - 1; // never empty: the most probable token weighs 1
        double weight = 0;
        for (int next = bucket - 1; next >= 0 && weight + bucketWeights[bucket] < wanted; next--) {
            if (bucketWeights[next] > 0) {
                weight += bucketWeights[bucket];
                bucket = next;
            }
        }
        int ranked = rankBucket(bucket);
        weight += weightAt(ranks[0]);
        while (weight < wanted && ranked > 1) {
            ranks[0] = ranks[--ranked];
            sink(0, ranked);
            weight += weightAt(ranks[0]);
        }
        return draw(weight, weightAt(ranks[0]), (int) ranks[0], draws);
    }

    private static int bucketOf(float weight) {
        return Float.floatToRawIntBits(weight) >>> BUCKET_SHIFT;
    }

    /// Makes `ranks` a heap of the tokens of one bucket.
    ///
    /// @return how many there are
    private int rankBucket(int bucket) {
        int ranked = 0;
        for (int token = 0; token < weights.length; token++) {
            if (bucketOf(weights[token]) == bucket) {
                ranks[ranked++] = (long) ~Float.floatToRawIntBits(weights[token]) << 32 | token;
            }
        }
        for (int i = ranked / 2 - 1; i >= 0; i--) {
            sink(i, ranked);
        }
        return ranked;
    }

    /// Restores the order of the heap of `ranked` tokens below the index `i`.
    private void sink(int i, int ranked) {
        long sinking = ranks[i];
        int hole = i;
        for (int child = 2 * hole + 1; child < ranked; child = 2 * hole + 1) {
            if (child + 1 < ranked && ranks[child + 1] < ranks[child]) {
                child++;
            }
            if (sinking <= ranks[child]) {
                break;
            }
            ranks[hole] = ranks[child];
            hole = child;
        }
        ranks[hole] = sinking;
    }

    private static float weightAt(long rank) {
        return Float.intBitsToFloat(~(int) (rank >>> 32));
    }

    /// Draws among the tokens heavier than `lightest`, and those of equals that weigh as much up to the id
    /// `last`.
    ///
    /// @param total what they weigh together
    private int draw(double total, float lightest, int last, Draws draws) {
        double left = draws.next() * total;
        int drawn = 0;
        for (int token = 0; token < weights.length && left >= 0; token++) {
            float weight = weights[token];
            if (weight > lightest || (weight == lightest && token <= last)) {
                left -= weight;
                drawn = token;
            }
        }
        return drawn;
    }
}
