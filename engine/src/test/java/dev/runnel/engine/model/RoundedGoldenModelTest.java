package dev.runnel.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.runnel.engine.kernel.KernelChoice;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// Models in formats whose products round vectors to 8 bits, against what others computed from the same weights
/// without rounding. Rounding moves their logits by about 2 hundredths of a standard deviation.
@ParameterizedClass
@ValueSource(strings = {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q4_K_M", "Q5_K", "Q5_K_M", "Q6_K"})
class RoundedGoldenModelTest {

    /// Root of the mean square, and largest error, in standard deviations of a row of logits.
    private static final double USUAL = 0.06;

    private static final double LARGEST = 0.4;

    private final GoldenModel golden;

    RoundedGoldenModelTest(String type) {
        golden = GoldenModel.read("quants/q-llama-" + type);
    }

    @Test
    void logitsAreNearThoseOf64BitArithmetic() {
        double squares = 0;
        double largest = 0;
        int count = 0;
        try (RunningModel running = open()) {
            for (GoldenModel.Prompt prompt : golden.prompts()) {
                double[] errors = errors(running, prompt);
                squares += Arrays.stream(errors).map(error -> error * error).sum();
                largest = Math.max(
                        largest, Arrays.stream(errors).map(Math::abs).max().orElseThrow());
                count += errors.length;
            }
        }

        double usual = Math.sqrt(squares / count);
        assertThat(usual).isLessThan(USUAL);
        assertThat(largest).isLessThan(LARGEST);
    }

    @Test
    void theMostLikelyTokensAreTheSameWhereTheyAreMoreLikelyByMoreThanTheError() {
        try (RunningModel running = open()) {
            for (GoldenModel.Prompt prompt : golden.prompts()) {
                double error = Arrays.stream(errors(running, prompt))
                                .map(Math::abs)
                                .max()
                                .orElseThrow()
                        * standardDeviation(prompt.logits());
                try (KvSequence sequence = running.reserve(prompt.tokens().length + prompt.greedy().length)) {
                    float[] logits = running.logits(sequence, prompt.tokens());
                    for (int i = 0; i < prompt.greedy().length && gap(logits) > 2 * error; i++) {
                        assertThat(RunningModel.mostLikely(logits)).isEqualTo(prompt.greedy()[i]);
                        logits = running.logits(sequence, prompt.greedy()[i]);
                    }
                }
            }
        }
    }

    @Test
    void tokensAreAboutAsLikely() {
        int[] tokens = golden.score().tokens();
        double[] expected = golden.score().logProbabilities();
        double sum = 0;
        try (RunningModel running = open()) {
            float[][] logits = running.allLogits(tokens);
            for (int t = 1; t < tokens.length; t++) {
                sum += logProbability(logits[t - 1], tokens[t]);
            }
        }

        assertThat(sum / expected.length)
                .isCloseTo(Arrays.stream(expected).average().orElseThrow(), within(0.1));
    }

    private RunningModel open() {
        return RunningModel.open(golden.file(), KernelChoice.detect().kernels(), new LoadOptions(1 << 24, 256, 64));
    }

    private static double[] errors(RunningModel running, GoldenModel.Prompt prompt) {
        double deviation = standardDeviation(prompt.logits());
        double[] errors = new double[prompt.logits().length];
        try (KvSequence sequence = running.reserve(prompt.tokens().length)) {
            float[] logits = running.logits(sequence, prompt.tokens());
            Arrays.setAll(errors, i -> (logits[i] - prompt.logits()[i]) / deviation);
        }
        return errors;
    }

    /// By how much the first is ahead of the second.
    private static double gap(float[] logits) {
        float[] sorted = logits.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length - 1] - sorted[sorted.length - 2];
    }

    private static double standardDeviation(float[] numbers) {
        double sum = 0;
        double squares = 0;
        for (float number : numbers) {
            sum += number;
            squares += (double) number * number;
        }
        double mean = sum / numbers.length;
        return Math.sqrt(squares / numbers.length - mean * mean);
    }

    private static double logProbability(float[] logits, int token) {
        double most = logits[RunningModel.mostLikely(logits)];
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - most);
        }
        return logits[token] - most - Math.log(sum);
    }
}
