package dev.runnel.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.runnel.engine.CacheType;
import dev.runnel.engine.fixtures.TinyFamily;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.kernel.KernelChoice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every family against 64-bit arithmetic, by small random models.
class FamilyTest {

    private static final LoadOptions OPTIONS = new LoadOptions(1 << 22, 256, 64);

    private static final List<String> FAMILIES = TinyFamily.architectures();

    private final int[] tokens =
            new Random(42).ints(90, 0, TinyFamily.VOCABULARY).toArray();

    @Test
    void thereIsATinyModelOfEachFamily() {
        assertThat(FAMILIES)
                .containsAll(
                        Stream.of(Family.values()).map(Family::architecture).toList());
    }

    @ParameterizedTest
    @FieldSource("FAMILIES")
    void logitsAreThoseOf64BitArithmetic(String family) {
        assertLikeReference(TinyFamily.of(family, 7), OPTIONS);
    }

    /// What other files of these families say.
    static Stream<TinyFamily> settings() {
        return Stream.of(
                TinyFamily.of("llama", 1).key("rope.scale_linear", 4f),
                TinyFamily.of("llama", 1).key("rope.scaling.type", "none").key("rope.scaling.factor", 4f),
                TinyFamily.of("llama", 1).key("attention.scale", 0.4f).key("rope.dimension_count", 6),
                TinyFamily.of("qwen2", 1).key("rope.scaling.type", "yarn").key("rope.scaling.factor", 4f),
                TinyFamily.of("qwen3", 1).without("output.weight"),
                TinyFamily.of("mixtral", 1).key("expert_used_count", 5).key("expert_weights_scale", 2.5f),
                TinyFamily.of("mixtral", 1).key("expert_weights_norm", false),
                TinyFamily.of("olmoe", 1).key("expert_weights_norm", true).key("expert_used_count", 3),
                TinyFamily.of("gemma2", 1)
                        .key("attention.sliding_window_pattern", 3)
                        .key("rope.freq_base_swa", 500f),
                TinyFamily.of("gemma2", 1).key("final_logit_softcapping", 2f),
                TinyFamily.of("qwen3moe", 1).keyless("expert_feed_forward_length"),
                TinyFamily.of("gemma3", 1).key("attention.sliding_window", 0),
                TinyFamily.of("gemma3", 1).key("attention.sliding_window", 1),
                TinyFamily.of("gemma3", 1)
                        .key("attention.sliding_window_pattern", List.of(false, true, true, false, false, true)),
                TinyFamily.of("gemma3", 1).key("rope.freq_base_swa", 20_000f).key("attention.sliding_window", 33),
                TinyFamily.of("olmo2", 1).key("attention.sliding_window", 0),
                TinyFamily.of("cohere2", 1).key("attention.sliding_window_pattern", 0),
                TinyFamily.of("cohere2", 1).key("attention.sliding_window_pattern", 1),
                TinyFamily.of("granite", 1).key("rope.scaling.finetuned", false),
                TinyFamily.of("phi3", 1).key("rope.scaling.type", "longrope").key("rope.scaling.factor", 4f));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void whatTheFileSaysHolds(TinyFamily family) {
        assertLikeReference(family, OPTIONS);
    }

    @Test
    void aLongContextHasFactorsOfItsOwn() {
        TinyFamily phi = TinyFamily.of("phi3", 7); // trained for 128
        assertLikeReference(phi, new LoadOptions(1 << 22, 128, 64));

        GgufFile file = phi.writer().toFile();
        try (RunningModel within = open(file, new LoadOptions(1 << 22, 128, 64));
                RunningModel beyond = open(file, new LoadOptions(1 << 22, 129, 64))) {
            assertThat(within.allLogits(1, 2, 3)[2]).isNotEqualTo(beyond.allLogits(1, 2, 3)[2]);
        }
    }

    private void assertLikeReference(TinyFamily family, LoadOptions options) {
        GgufFile file = family.writer().toFile();
        try (RunningModel running = open(file, options)) {
            double[][] expected = new ReferenceModel(file, running.model().contextLength()).logits(tokens);
            float[][] logits = running.allLogits(tokens);
            for (int t = 0; t < tokens.length; t++) {
                for (int i = 0; i < expected[t].length; i++) {
                    assertThat((double) logits[t][i])
                            .as("token %d, logit %d", t, i)
                            .isCloseTo(expected[t][i], within(1e-4));
                }
            }
        }
    }

    @ParameterizedTest
    @FieldSource("FAMILIES")
    void aSequenceHasTheSameLogitsAloneAndAmongOthersAndHoweverItIsCut(String family) {
        try (RunningModel running = open(TinyFamily.of(family, 7).writer().toFile(), OPTIONS)) {
            float[][] alone = running.allLogits(tokens);
            List<Slice> batch = new ArrayList<>();
            List<float[]> logits = new ArrayList<>();
            for (int length = 1; length <= tokens.length; length += 12) {
                logits.add(new float[TinyFamily.VOCABULARY]);
                batch.add(new Slice(running.reserve(length), tokens, 0, length, logits.getLast()));
            }

            running.model().forward(batch);

            for (int i = 0; i < batch.size(); i++) {
                assertThat(logits.get(i)).isEqualTo(alone[batch.get(i).length() - 1]);
            }
        }
    }

    /// Long enough for attention to go over several stretches of positions; some windows end within one.
    static Stream<TinyFamily> longSequences() {
        return Stream.of(
                        TinyFamily.of("llama", 1),
                        TinyFamily.of("gpt-oss", 1),
                        TinyFamily.of("gemma2", 1),
                        TinyFamily.of("gemma3", 1).key("attention.sliding_window", 300))
                .map(family -> family.key("context_length", 700));
    }

    @ParameterizedTest
    @MethodSource("longSequences")
    void aLongSequenceIsReadRightAndTheSameWithOthersAndWithAnyThreads(TinyFamily family) {
        GgufFile file = family.writer().toFile();
        LoadOptions options = new LoadOptions(1 << 24, 700, 64);
        int[] tokens = new Random(42).ints(600, 0, TinyFamily.VOCABULARY).toArray();
        double[] expected = new ReferenceModel(file, 700).logits(tokens)[599];
        float[] alone;
        try (RunningModel running =
                RunningModel.open(file, KernelChoice.detect().kernels(), 1, options)) {
            alone = running.allLogits(tokens)[599];
        }
        try (RunningModel running =
                RunningModel.open(file, KernelChoice.detect().kernels(), 3, options)) {
            List<Slice> batch = new ArrayList<>();
            List<float[]> logits = new ArrayList<>();
            for (int length : new int[] {600, 1, 257, 599, 30, 511, 2, 600}) {
                logits.add(new float[TinyFamily.VOCABULARY]);
                batch.add(new Slice(running.reserve(length), tokens, 0, length, logits.getLast()));
            }
            running.model().forward(batch);

            assertThat(logits.getFirst()).isEqualTo(alone);
            assertThat(logits.getLast()).isEqualTo(alone);
            assertThat(running.allLogits(tokens)[599]).isEqualTo(alone);
        }
        for (int i = 0; i < alone.length; i++) {
            assertThat((double) alone[i]).isCloseTo(expected[i], within(1e-4));
        }
    }

    @ParameterizedTest
    @EnumSource(CacheType.class)
    void tokensThatLookFarBackGetTheSameTogetherAndAlone(CacheType type) {
        int length = 1100; // stretches for two threads each
        GgufFile file =
                TinyFamily.of("llama", 1).key("context_length", length).writer().toFile();
        LoadOptions options = new LoadOptions(1 << 25, length, 256, type, true, Optional.empty());
        List<int[]> texts = IntStream.range(0, 3)
                .mapToObj(seed -> new Random(seed)
                        .ints(length - 20 * seed, 0, TinyFamily.VOCABULARY)
                        .toArray())
                .toList();
        List<float[]> alone = new ArrayList<>();
        for (int[] text : texts) {
            try (RunningModel running =
                            RunningModel.open(file, KernelChoice.detect().kernels(), 8, options);
                    KvSequence sequence = running.reserve(text.length)) {
                alone.add(running.logits(sequence, text));
            }
        }
        try (RunningModel running =
                RunningModel.open(file, KernelChoice.detect().kernels(), 2, options)) {
            List<Slice> batch = new ArrayList<>();
            List<float[]> together = new ArrayList<>();
            for (int[] text : texts) {
                KvSequence sequence = running.reserve(text.length);
                running.logits(sequence, Arrays.copyOf(text, text.length - 1));
                together.add(new float[TinyFamily.VOCABULARY]);
                batch.add(new Slice(sequence, text, text.length - 1, text.length, together.getLast()));
            }
            running.model().forward(batch);

            for (int i = 0; i < texts.size(); i++) {
                assertThat(together.get(i)).isEqualTo(alone.get(i));
            }
        }
    }

    @ParameterizedTest
    @FieldSource("FAMILIES")
    void scalarCodeAndVectorsGiveTheSameLogits(String family) {
        GgufFile file = TinyFamily.of(family, 7).writer().toFile();
        try (RunningModel vectors = open(file, OPTIONS);
                RunningModel scalar = RunningModel.open(file, KernelChoice.scalar(), 1, OPTIONS)) {
            assertThat(scalar.allLogits(tokens)).isDeepEqualTo(vectors.allLogits(tokens));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen2", "starcoder2"})
    void queriesKeysAndValuesMayBeOneMatrix(String family) {
        assertSameLogits(
                TinyFamily.of(family, 7),
                TinyFamily.of(family, 7),
                (model, name) -> model.join(name + "attn_qkv", name + "attn_q", name + "attn_k", name + "attn_v"));
    }

    @Test
    void gateAndUpMayBeOneMatrix() {
        assertSameLogits(
                TinyFamily.of("llama", 7),
                TinyFamily.of("llama", 7),
                (model, name) -> model.join(name + "ffn_up", name + "ffn_gate", name + "ffn_up"));
    }

    @ParameterizedTest
    @CsvSource({"mixtral", "gpt-oss"})
    void gateAndUpOfAllExpertsMayBeOneTensor(String family) {
        assertSameLogits(
                TinyFamily.of(family, 7),
                TinyFamily.of(family, 7),
                (model, name) -> model.join(name + "ffn_gate_up_exps", name + "ffn_gate_exps", name + "ffn_up_exps"));
    }

    @Test
    void expertsMayHaveTensorsOfTheirOwn() {
        assertSameLogits(
                TinyFamily.of("mixtral", 7),
                TinyFamily.of("mixtral", 7),
                (model, name) -> model.unstack(name + "ffn_gate")
                        .unstack(name + "ffn_up")
                        .unstack(name + "ffn_down"));
    }

    private interface Change {
        void make(TinyFamily model, String layer);
    }

    private static void assertSameLogits(TinyFamily plain, TinyFamily changed, Change change) {
        changed.eachLayer(name -> change.make(changed, name));
        try (RunningModel expected = open(plain.writer().toFile(), OPTIONS);
                RunningModel running = open(changed.writer().toFile(), OPTIONS)) {
            assertThat(running.allLogits(1, 2, 3)).isDeepEqualTo(expected.allLogits(1, 2, 3));
        }
    }

    private static RunningModel open(GgufFile file, LoadOptions options) {
        return RunningModel.open(file, KernelChoice.detect().kernels(), 2, options);
    }
}
