package dev.runnel.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.CacheType;
import dev.runnel.engine.kernel.KernelChoice;
import dev.runnel.engine.kernel.Kernels;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is lost where keys and values are stored in fewer bits, and what isn't.
@ParameterizedClass
@ValueSource(strings = {"models/llama", "models/gemma3", "models/qwen3", "models/phi3", "quants/q-llama-F32"})
class CacheTypeTest {

    private final GoldenModel golden;

    CacheTypeTest(String name) {
        golden = GoldenModel.read(name);
    }

    private RunningModel open(CacheType type, Kernels kernels) {
        int context = golden.prompts().getFirst().context();
        return RunningModel.open(
                golden.file(), kernels, new LoadOptions(1 << 25, context, 64, type, false, Optional.empty()));
    }

    /// Bounds of the largest error of a logit, in standard deviations of its row: for halves the one that
    /// llama.cpp's own cache of halves calls for; for bytes what rounding all activations to 8 bits may
    /// cost, and these models of random numbers are harder than any real one.
    private static double bound(CacheType type) {
        return switch (type) {
            case F32 -> 0;
            case F16 -> 3e-2;
            case Q8 -> 0.4;
        };
    }

    @ParameterizedTest
    @EnumSource(CacheType.class)
    void logitsStayClose(CacheType type) {
        int[] text = golden.score().tokens();
        try (RunningModel exact = open(CacheType.F32, KernelChoice.detect().kernels());
                RunningModel rounded = open(type, KernelChoice.detect().kernels())) {
            float[][] expected = exact.allLogits(text);
            float[][] found = rounded.allLogits(text);
            for (int t = 0; t < text.length; t++) {
                assertThat(error(found[t], expected[t])).as("position %d", t).isLessThanOrEqualTo(bound(type));
            }
        }
    }

    private static double error(float[] found, float[] expected) {
        double mean = 0;
        for (float each : expected) {
            mean += each / expected.length;
        }
        double squares = 0;
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            squares += (expected[i] - mean) * (expected[i] - mean) / expected.length;
            worst = Math.max(worst, Math.abs(found[i] - expected[i]));
        }
        return worst / Math.sqrt(squares);
    }

    @ParameterizedTest
    @EnumSource(CacheType.class)
    void theNumbersAreTheSameHoweverATextIsCutAndWhateverComputes(CacheType type) {
        int[] text = golden.score().tokens();
        try (RunningModel vectors = open(type, KernelChoice.detect().kernels());
                RunningModel scalar = open(type, KernelChoice.scalar());
                KvSequence whole = vectors.reserve(text.length);
                KvSequence plain = scalar.reserve(text.length)) {
            float[] last = vectors.allLogits(text)[text.length - 1];

            assertThat(vectors.logits(whole, text)).isEqualTo(last);
            assertThat(scalar.logits(plain, text)).isEqualTo(last);
        }
    }

    @Test
    void fewerBytesHoldMoreTokens() {
        int[] capacities = Arrays.stream(CacheType.values())
                .mapToInt(type -> {
                    try (RunningModel running = open(type, KernelChoice.detect().kernels())) {
                        return running.model().capacity();
                    }
                })
                .toArray();

        assertThat(capacities[1]).isBetween(2 * capacities[0], 2 * capacities[0] + 32);
        assertThat(capacities[2]).isGreaterThan(capacities[1] * 4 / 3);
    }
}
