package dev.runnel.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.runnel.engine.kernel.KernelChoice;
import dev.runnel.engine.kernel.Kernels;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// Small models against what others computed from the same files.
@ParameterizedClass
@ValueSource(
        strings = {
            "models/cohere2",
            "models/gemma",
            "models/gemma2",
            "models/gemma3",
            "models/gpt-oss-mxfp4",
            "models/granite",
            "models/llama",
            "models/llama-linear",
            "models/llama-yarn",
            "models/llama3-ropefreqs",
            "models/mixtral",
            "models/olmo2",
            "models/phi3",
            "models/phi4-partial-rotary",
            "models/qwen2",
            "models/qwen3",
            "models/qwen3moe",
            "models/smollm3",
            "quants/q-llama-F32",
            "quants/q-llama-F16",
            "quants/q-llama-BF16",
            "quants/q-llama-Q8_0",
            "quants/q-llama-Q4_0",
            "quants/q-llama-Q4_1",
            "quants/q-llama-Q5_0",
            "quants/q-llama-Q5_1",
            "quants/q-llama-Q2_K",
            "quants/q-llama-Q3_K",
            "quants/q-llama-Q4_K",
            "quants/q-llama-Q4_K_M",
            "quants/q-llama-Q5_K",
            "quants/q-llama-Q5_K_M",
            "quants/q-llama-Q6_K",
            "quants/q-llama-IQ4_NL",
            "quants/q-llama-IQ4_XS"
        })
class GoldenModelTest {

    /// Largest error, in standard deviations of a row of logits.
    private static final double TOLERANCE = 1e-3;

    /// The same where those who computed the numbers looked GELU up in a table of 16-bit floats.
    private static final double TOLERANCE_OF_A_TABLE = 2e-2;

    private final GoldenModel golden;
    private final boolean isOfATable;

    GoldenModelTest(String name) {
        golden = GoldenModel.read(name);
        isOfATable = name.startsWith("models/gemma");
    }

    @Test
    void logitsAreThoseOf64BitArithmetic() {
        for (GoldenModel.Prompt prompt : golden.prompts()) {
            try (RunningModel running = open(KernelChoice.detect().kernels(), prompt.context());
                    KvSequence sequence = running.reserve(prompt.tokens().length)) {
                assertClose(running.logits(sequence, prompt.tokens()), prompt.logits());
            }
        }
    }

    @Test
    void scalarCodeGivesThemToo() {
        GoldenModel.Prompt prompt = golden.prompts().getLast();
        try (RunningModel running = open(KernelChoice.scalar(), prompt.context());
                KvSequence sequence = running.reserve(prompt.tokens().length)) {
            assertClose(running.logits(sequence, prompt.tokens()), prompt.logits());
        }
    }

    @Test
    void theMostLikelyTokensAreTheSame() {
        for (GoldenModel.Prompt prompt : golden.prompts()) {
            try (RunningModel running = open(KernelChoice.detect().kernels(), prompt.context())) {
                assertThat(running.greedy(prompt.tokens(), prompt.greedy().length))
                        .isEqualTo(prompt.greedy());
            }
        }
    }

    @Test
    void everyPositionHasItsLogitsAndItsTokenItsProbability() {
        GoldenModel.Score score = golden.score();
        int context = golden.prompts().getFirst().context();
        try (RunningModel running = open(KernelChoice.detect().kernels(), context)) {
            float[][] logits = running.allLogits(score.tokens());
            for (int t = 0; t < score.logits().length; t++) {
                assertClose(logits[t], score.logits()[t], isOfATable ? TOLERANCE_OF_A_TABLE : TOLERANCE);
            }
            double[] expected = isOfATable
                    ? logProbabilities(new ReferenceModel(running.file(), context).logits(score.tokens()), score)
                    : score.logProbabilities();
            double[] found = logProbabilities(widened(logits), score);
            for (int t = 0; t < expected.length; t++) {
                assertThat(found[t]).isCloseTo(expected[t], within(1e-4));
            }
        }
    }

    private static double[][] widened(float[][] logits) {
        return Arrays.stream(logits)
                .map(row ->
                        IntStream.range(0, row.length).mapToDouble(i -> row[i]).toArray())
                .toArray(double[][]::new);
    }

    private static double[] logProbabilities(double[][] logits, GoldenModel.Score score) {
        return IntStream.range(1, logits.length)
                .mapToDouble(t -> logProbability(logits[t - 1], score.tokens()[t]))
                .toArray();
    }

    private RunningModel open(Kernels kernels, int context) {
        return RunningModel.open(golden.file(), kernels, new LoadOptions(1 << 25, context, 64));
    }

    private static void assertClose(float[] logits, float[] expected) {
        assertClose(logits, expected, TOLERANCE);
    }

    private static void assertClose(float[] logits, float[] expected, double tolerance) {
        double deviation = standardDeviation(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) logits[i]).as("logit %d", i).isCloseTo(expected[i], within(tolerance * deviation));
        }
    }

    private static double standardDeviation(float[] numbers) {
        double mean = mean(numbers);
        double sum = 0;
        for (float number : numbers) {
            sum += (number - mean) * (number - mean);
        }
        return Math.sqrt(sum / numbers.length);
    }

    private static double mean(float[] numbers) {
        double sum = 0;
        for (float number : numbers) {
            sum += number;
        }
        return sum / numbers.length;
    }

    private static double logProbability(double[] logits, int token) {
        double most = Arrays.stream(logits).max().orElseThrow();
        double sum = Arrays.stream(logits).map(logit -> Math.exp(logit - most)).sum();
        return logits[token] - most - Math.log(sum);
    }
}
