package dev.runnel.engine.sampling;

import dev.runnel.core.BackendException;
import dev.runnel.core.Sampling;
import java.util.Arrays;

/// Chooses the next token from a model's logits. The chain, in this order:
///
/// 1. A logit that is not finite is the model's fault and refuses the whole row.
/// 2. Logit bias is added.
/// 3. Penalties. The logit of a token that has occurred, in the prompt or the reply, is divided by
///    `repetitionPenalty` if it is positive and multiplied by it if not (Keskar et al., "CTRL",
///    https://arxiv.org/abs/1909.05858). Then `frequencyPenalty` times the number of times that the token has
///    been generated, and `presencePenalty` if it has been at all, are taken off.
/// 4. The [LogitMask] takes out what can't come next.
/// 5. Temperature 0 takes the greatest logit, the first of equals, and the chain ends here.
/// 6. Temperature: `weight[i] = exp((logit[i] - max) / temperature)`.
/// 7. Top-k: the `topK` heaviest (Fan et al., "Hierarchical neural story generation", ACL 2018).
/// 8. Typical: the fewest tokens whose surprise is closest to the expected one and whose weights reach
///    `typicalP` of what is left (Meister et al., "Locally typical sampling", TACL 2023).
/// 9. Top-p: the fewest heaviest tokens whose weights reach `topP` of what is left (Holtzman et al., "The
///    curious case of neural text degeneration", ICLR 2020).
/// 10. Min-p: those that weigh at least `minP` times the heaviest that is left (Nguyen et al., "Turning up the
///    heat: min-p sampling", ICLR 2025).
/// 11. One number from [Draws] picks among them, in the order of their ids.
///
/// Of equals the first come first, and at least one token is left by every step. The order of the filters is
/// llama.cpp's; temperature comes before them and not after, as OpenAI and vLLM have it, so that they act on
/// the distribution that is sampled from.
///
/// Theory: the vocabulary is never sorted. Filters 7 to 9 take tokens in some order until they have enough.
/// That order is written as an `int` for each token, whose upper bits number a bucket. Adding up whole buckets
/// finds the one in which the last token lies, and only of that bucket's tokens the first are picked one by
/// one. For weights these are the bits of the float, which grow with it: eight buckets to each power of two.
/// Top-k goes by logits, which have the order of weights, so that only what it leaves needs weights. Before top-p,
/// tokens lighter than `(1 - topP) * total / count` are left out at once: all of them together
/// weigh less than what top-p leaves out.
///
/// For one thread: it owns the scratch memory of one row. Nothing is allocated per token.
public final class Sampler {

    /// An order to a bucket: of a positive float's bits, 8 of exponent and 3 of mantissa are left.
    private static final int BUCKET_SHIFT = 20;

    /// Candidates whose weights are added up together.
    private static final int BLOCK = 256;

    private static final int BUCKETS = 1 << (Integer.SIZE - 1 - BUCKET_SHIFT);

    private final float[] shaped; // logits after bias, penalties and mask
    private final int[] occurrences; // of each token; zeros between calls
    private final float[] weights;
    private final int[] order; // of each candidate, the greatest first; never negative
    private final int[] candidates; // ids, rising
    private int count; // of candidates

    private final double[] blockWeights; // of each BLOCK of candidates

    private final double[] bucketWeights = new double[BUCKETS];
    private final int[] bucketCounts = new int[BUCKETS];

    /// A heap of one bucket's tokens: the complement of the order above the id, so that the least is the first.
    private final long[] ranks;

    public Sampler(int vocabularySize) {
        shaped = new float[vocabularySize];
        occurrences = new int[vocabularySize];
        weights = new float[vocabularySize];
        order = new int[vocabularySize];
        candidates = new int[vocabularySize];
        ranks = new long[vocabularySize];
        blockWeights = new double[Math.ceilDiv(vocabularySize, BLOCK)];
    }

    /// The next token.
    ///
    /// @param logits one for each token of the vocabulary; left as they are
    /// @throws BackendException if a logit is not finite, or the mask leaves nothing
    public int sample(float[] logits, ChoiceSampling choice) {
        Sampling settings = choice.settings();
        float max = Weights.greatest(logits);
        float[] row = logits;
        if (isShaped(choice)) {
            row = shape(logits, choice);
            max = greatestOfShaped();
        }
        double temperature = settings.temperature().orElse(1);
        if (temperature == 0) {
            return indexOf(max, row);
        }
        float scale = (float) Math.min(Weights.LOG2_E / temperature, Float.MAX_VALUE);
        takeAll(row, choice.mask().isPresent());
        if (settings.topK() > 0 && settings.topK() < count) {
            orderByLogit(row, max);
            keepFirst(Double.POSITIVE_INFINITY, settings.topK());
        }
        weigh(row, max, scale);
        if (settings.typicalP() < 1) {
            double total = total();
            orderBySurprise(row, max, scale, total);
            keepFirst(settings.typicalP() * total, count);
        }
        double topP = settings.topP().orElse(1);
        if (topP < 1) {
            double total = total();
            keepFrom(Math.nextDown((float) ((1 - topP) * total / count)));
            orderByWeight();
            keepFirst(topP * total, count);
        }
        if (settings.minP() > 0) {
            keepFrom((float) (settings.minP() * heaviest()));
        }
        return draw(choice.draws());
    }

    private static int indexOf(float max, float[] logits) {
        int token = 0;
        while (logits[token] != max) {
            token++;
        }
        return token;
    }

    // Shaping the logits

    private static boolean isShaped(ChoiceSampling choice) {
        Sampling settings = choice.settings();
        return !choice.bias().isEmpty()
                || settings.repetitionPenalty() != 1
                || settings.frequencyPenalty() != 0
                || settings.presencePenalty() != 0
                || choice.mask().isPresent();
    }

    private float[] shape(float[] logits, ChoiceSampling choice) {
        System.arraycopy(logits, 0, shaped, 0, shaped.length);
        choice.bias().addTo(shaped);
        Sampling settings = choice.settings();
        History history = choice.history();
        if (settings.repetitionPenalty() != 1) {
            double penalty = settings.repetitionPenalty();
            penalizeRepetition(history.prompt(), history.prompt().length, penalty);
            penalizeRepetition(history.generated(), history.count(), penalty);
            forget(history.prompt(), history.prompt().length);
            forget(history.generated(), history.count());
        }
        if (settings.frequencyPenalty() != 0 || settings.presencePenalty() != 0) {
            penalizeFrequency(history.generated(), history.count(), settings);
        }
        if (choice.mask().isPresent()) {
            choice.mask().get().mask(shaped);
        }
        return shaped;
    }

    private void penalizeRepetition(int[] tokens, int length, double penalty) {
        for (int i = 0; i < length; i++) {
            int token = tokens[i];
            if (occurrences[token]++ == 0) {
                double logit = shaped[token];
                double penalized = logit > 0 ? logit / penalty : logit * penalty;
                shaped[token] = (float) Math.clamp(penalized, -Float.MAX_VALUE, Float.MAX_VALUE);
            }
        }
    }

    private void forget(int[] tokens, int length) {
        for (int i = 0; i < length; i++) {
            occurrences[tokens[i]] = 0;
        }
    }

    private void penalizeFrequency(int[] tokens, int length, Sampling settings) {
        for (int i = 0; i < length; i++) {
            occurrences[tokens[i]]++;
        }
        for (int i = 0; i < length; i++) {
            int token = tokens[i];
            if (occurrences[token] > 0) {
                shaped[token] -=
                        (float) (occurrences[token] * settings.frequencyPenalty() + settings.presencePenalty());
                occurrences[token] = 0;
            }
        }
    }

    private float greatestOfShaped() {
        float max = Float.NEGATIVE_INFINITY;
        for (float logit : shaped) {
            max = Math.max(max, logit);
        }
        if (max == Float.NEGATIVE_INFINITY) {
            throw new BackendException(
                    BackendException.Kind.INTERNAL, "what the reply has to look like leaves no token that can follow");
        }
        return max;
    }

    // Weighing and filtering

    /// Makes candidates of all tokens that are not taken out.
    private void takeAll(float[] logits, boolean isMasked) {
        for (int token = 0; token < candidates.length; token++) {
            candidates[token] = token;
        }
        count = candidates.length;
        if (isMasked) {
            count = 0;
            for (int token = 0; token < candidates.length; token++) {
                candidates[count] = token;
                count += logits[token] == Float.NEGATIVE_INFINITY ? 0 : 1;
            }
        }
    }

    /// Computes the candidates' weights.
    private void weigh(float[] logits, float max, float scale) {
        if (count == candidates.length) { // without a detour, so that it becomes vector instructions
            for (int token = 0; token < weights.length; token++) {
                weights[token] = Weights.powerOfTwo((logits[token] - max) * scale);
            }
            return;
        }
        for (int i = 0; i < count; i++) {
            int token = candidates[i];
            weights[token] = Weights.powerOfTwo((logits[token] - max) * scale);
        }
    }

    /// What the candidates weigh together, in blocks that [#draw] can skip.
    private double total() {
        double total = 0;
        for (int block = 0, from = 0; from < count; block++, from += BLOCK) {
            blockWeights[block] = weightOf(from, Math.min(count, from + BLOCK));
            total += blockWeights[block];
        }
        return total;
    }

    private double weightOf(int from, int to) {
        // Four sums side by side, as an addition waits for the one before it.
        double sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
        int i = from;
        for (; i + 3 < to; i += 4) {
            sum0 += weights[candidates[i]];
            sum1 += weights[candidates[i + 1]];
            sum2 += weights[candidates[i + 2]];
            sum3 += weights[candidates[i + 3]];
        }
        for (; i < to; i++) {
            sum0 += weights[candidates[i]];
        }
        return (sum0 + sum1) + (sum2 + sum3);
    }

    private float heaviest() {
        float heaviest = 0;
        for (int i = 0; i < count; i++) {
            heaviest = Math.max(heaviest, weights[candidates[i]]);
        }
        return heaviest;
    }

    /// As by weight, for whatever temperature.
    private void orderByLogit(float[] logits, float max) {
        for (int i = 0; i < count; i++) {
            int token = candidates[i];
            order[token] = Integer.MAX_VALUE - Float.floatToRawIntBits(max - logits[token]);
        }
    }

    private void orderByWeight() {
        for (int i = 0; i < count; i++) {
            int token = candidates[i];
            order[token] = Float.floatToRawIntBits(weights[token]);
        }
    }

    /// With `x` the binary logarithm of a weight, the expected surprise is off the mean of `x` by as much as a
    /// token's surprise is off its `x`: what is closest to the one is closest to the other.
    private void orderBySurprise(float[] logits, float max, float scale, double total) {
        double mean = 0;
        for (int i = 0; i < count; i++) {
            int token = candidates[i];
            mean += weights[token] / total * exponent(logits[token], max, scale);
        }
        for (int i = 0; i < count; i++) {
            int token = candidates[i];
            float distance = (float) Math.abs(exponent(logits[token], max, scale) - mean);
            order[token] = Integer.MAX_VALUE - Float.floatToRawIntBits(distance);
        }
    }

    private static float exponent(float logit, float max, float scale) {
        return Math.max((logit - max) * scale, -126f);
    }

    /// Keeps the candidates that weigh `least` or more.
    private void keepFrom(float least) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            int token = candidates[i];
            candidates[kept] = token;
            kept += weights[token] >= least ? 1 : 0;
        }
        count = kept;
    }

    /// Keeps the candidates that come first in `order`: the fewest that weigh `wanted` together, but no more
    /// than `most`, and at least one.
    private void keepFirst(double wanted, int most) {
        Arrays.fill(bucketWeights, 0);
        Arrays.fill(bucketCounts, 0);
        int bucket = 0;
        for (int i = 0; i < count; i++) {
            int token = candidates[i];
            int each = order[token] >>> BUCKET_SHIFT;
            bucketWeights[each] += weights[token];
            bucketCounts[each]++;
            bucket = Math.max(bucket, each);
        }
        double weight = 0;
        int taken = 0;
        for (int next = bucket - 1; next >= 0; next--) {
            if (weight + bucketWeights[bucket] >= wanted || taken + bucketCounts[bucket] >= most) {
                break;
            }
            if (bucketCounts[next] > 0) {
                weight += bucketWeights[bucket];
                taken += bucketCounts[bucket];
                bucket = next;
            }
        }
        int ranked = rankBucket(bucket);
        weight += weights[(int) ranks[0]];
        taken++;
        while (weight < wanted && taken < most && ranked > 1) {
            ranks[0] = ranks[--ranked];
            sink(0, ranked);
            weight += weights[(int) ranks[0]];
            taken++;
        }
        keepUpTo(~(int) (ranks[0] >>> Integer.SIZE), (int) ranks[0]);
    }

    /// Keeps the candidates up to one: those before it in `order`, and of its equals those with a lower id.
    private void keepUpTo(int lastOrder, int last) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            int token = candidates[i];
            candidates[kept] = token;
            kept += order[token] > lastOrder || (order[token] == lastOrder && token <= last) ? 1 : 0;
        }
        count = kept;
    }

    /// Makes `ranks` a heap of the candidates of one bucket.
    ///
    /// @return how many there are
    private int rankBucket(int bucket) {
        int ranked = 0;
        for (int i = 0; i < count; i++) {
            int token = candidates[i];
            if (order[token] >>> BUCKET_SHIFT == bucket) {
                ranks[ranked++] = (long) ~order[token] << Integer.SIZE | token;
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

    /// Draws among the candidates.
    private int draw(Draws draws) {
        double left = draws.next() * total();
        int from = 0;
        for (int block = 0; from + BLOCK < count && left >= blockWeights[block]; block++) {
            left -= blockWeights[block];
            from += BLOCK;
        }
        int drawn = candidates[from];
        for (int i = from; i < count && left >= 0; i++) {
            drawn = candidates[i];
            left -= weights[drawn];
        }
        return drawn;
    }
}
