package dev.runnel.engine.model;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.fixtures.GgufWriter;
import dev.runnel.engine.fixtures.TinyFamily;
import dev.runnel.engine.gguf.TensorType;
import dev.runnel.engine.kernel.KernelChoice;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Sound files of models that make no sense or that this engine doesn't run. Each ends in one sentence.
class UnsoundModelTest {

    /// A model of one layer, width 32 and two heads, of which single parts are replaced.
    private static final class Draft {

        private final Map<String, Object> keys = new HashMap<>(Map.of(
                "general.architecture", "llama",
                "llama.context_length", 64,
                "llama.embedding_length", 32,
                "llama.block_count", 1,
                "llama.feed_forward_length", 64,
                "llama.attention.head_count", 2,
                "llama.attention.head_count_kv", 1,
                "llama.attention.layer_norm_rms_epsilon", 1e-5f));
        private final Map<String, long[]> tensors = new HashMap<>(Map.of(
                "token_embd.weight", new long[] {32, 40},
                "output_norm.weight", new long[] {32},
                "blk.0.attn_norm.weight", new long[] {32},
                "blk.0.attn_q.weight", new long[] {32, 32},
                "blk.0.attn_k.weight", new long[] {32, 16},
                "blk.0.attn_v.weight", new long[] {32, 16},
                "blk.0.attn_output.weight", new long[] {32, 32},
                "blk.0.ffn_norm.weight", new long[] {32},
                "blk.0.ffn_gate.weight", new long[] {32, 64},
                "blk.0.ffn_up.weight", new long[] {32, 64}));
        private final Map<String, TensorType> types = new HashMap<>();
        private final Map<String, Float> fillings = new HashMap<>();
        private final Set<String> absent = new HashSet<>();

        Draft() {
            tensors.put("blk.0.ffn_down.weight", new long[] {64, 32});
        }

        Draft key(String key, Object value) {
            keys.put(key, value);
            return this;
        }

        Draft tensor(String name, long... shape) {
            tensors.put(name, shape);
            return this;
        }

        Draft without(String name) {
            absent.add(name);
            return this;
        }

        Draft type(String name, TensorType type) {
            types.put(name, type);
            return this;
        }

        Draft filled(String name, float number) {
            fillings.put(name, number);
            return this;
        }

        GgufWriter writer() {
            GgufWriter writer = new GgufWriter();
            keys.forEach((key, value) -> {
                switch (value) {
                    case String text -> writer.string(key, text);
                    case Integer whole -> writer.integer(key, whole);
                    case Float number -> writer.number(key, number);
                    default -> throw new IllegalArgumentException(key);
                }
            });
            tensors.forEach((name, shape) -> {
                if (!absent.contains(name)) {
                    int elements = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
                    TensorType type = types.getOrDefault(name, TensorType.F32);
                    if (type == TensorType.F32) {
                        float[] numbers = new float[elements];
                        Arrays.fill(numbers, fillings.getOrDefault(name, 1f));
                        writer.tensor(name, type, numbers, shape);
                    } else {
                        writer.tensor(name, type, out -> out.write(new byte[(int) type.bytes(elements)]), shape);
                    }
                }
            });
            return writer;
        }
    }

    @Test
    void theDraftItselfIsSound() {
        load(new Draft(), LoadOptions.DEFAULT).close();
    }

    @Test
    void anUnknownArchitecture() {
        refused(
                new Draft().key("general.architecture", "mamba"),
                "has the architecture mamba; this engine runs llama, qwen2, ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"blk.0.attn_q.weight", "blk.0.ffn_down.weight", "blk.0.attn_norm.weight", "output_norm.weight"})
    void aMissingTensor(String name) {
        refused(new Draft().without(name), "tensor " + name + " is missing, expected shape ");
    }

    @Test
    void aMissingEmbedding() {
        refused(new Draft().without("token_embd.weight"), "tensor token_embd.weight is missing, expected ");
    }

    @Test
    void anEmbeddingOfAnotherWidth() {
        refused(
                new Draft().tensor("token_embd.weight", 64, 20),
                "tensor token_embd.weight has shape [64, 20], expected rows of 32");
    }

    @Test
    void aTensorOfAnotherShape() {
        refused(
                new Draft().tensor("blk.0.ffn_up.weight", 32, 65),
                "tensor blk.0.ffn_up.weight has shape [32, 65], expected [32, 64]");
    }

    @Test
    void anOutputForAnotherVocabulary() {
        refused(
                new Draft().tensor("output.weight", 32, 41),
                "tensor output.weight has shape [32, 41], expected [32, 40]");
    }

    @Test
    void aTypeThatNoKernelReads() {
        refused(
                new Draft().type("blk.0.ffn_up.weight", TensorType.Q8_1),
                "tensor blk.0.ffn_up.weight has type Q8_1; this engine reads F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, "
                        + "Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, BF16, MXFP4");
    }

    @Test
    void aTensorThatIsNotPartOfTheArchitecture() {
        refused(
                new Draft().tensor("blk.0.attn_q_norm.weight", 16),
                "has a tensor blk.0.attn_q_norm.weight, which is not part of the architecture llama as this engine "
                        + "knows it");
    }

    @Test
    void aNormThatHoldsNoNumber() {
        refused(
                new Draft().filled("blk.0.ffn_norm.weight", Float.NaN),
                "tensor blk.0.ffn_norm.weight holds NaN, expected finite numbers");
    }

    @ParameterizedTest
    @CsvSource({
        "token_embd.weight, NaN",
        "blk.0.attn_q.weight, Infinity",
        "blk.0.ffn_down.weight, -Infinity",
        "blk.0.ffn_down.weight, 3e38"
    })
    void aMatrixThatHoldsNoFiniteNumbers(String name, float number) {
        refused(
                new Draft().filled(name, number),
                "tensor " + name + " holds no finite numbers in row 0, or far too large ones");
    }

    @Test
    void aScaleOfABlockThatIsNoNumber() {
        GgufWriter writer = new Draft().without("blk.0.ffn_up.weight").writer();
        byte[] bytes = new byte[(int) TensorType.Q8_0.bytes(32 * 64)];
        bytes[40 * 34] = (byte) 0xFF;
        bytes[40 * 34 + 1] = 0x7F; // the scale of row 40
        writer.tensor("blk.0.ffn_up.weight", TensorType.Q8_0, out -> out.write(bytes), 32, 64);
        refused(writer, "tensor blk.0.ffn_up.weight holds no finite numbers in row 40, or far too large ones");
    }

    @Test
    void anExpertThatHoldsNoNumber() {
        refused(
                TinyFamily.of("mixtral", 7).number("blk.2.ffn_up_exps.weight", 3 * 64 * 48, Float.NaN),
                "tensor blk.2.ffn_up_exps.weight holds no finite numbers in row 192");
    }

    @ParameterizedTest
    @ValueSource(strings = {"blk.1.attn_sinks.weight", "blk.1.ffn_up_exps.bias", "blk.1.attn_q.bias"})
    void aSinkOrABiasThatIsNoNumber(String name) {
        refused(
                TinyFamily.of("gpt-oss", 7).number(name, 2, Float.NEGATIVE_INFINITY),
                "tensor " + name + " holds -Infinity, expected finite numbers");
    }

    @Test
    void aVocabularyOfNoTokens() {
        refused(new Draft().tensor("token_embd.weight", 32, 0), "tensor token_embd.weight has ");
    }

    @Test
    void moreExpertsForATokenThanThereAre() {
        refused(
                TinyFamily.of("mixtral", 7).key("expert_used_count", 6),
                "metadata key llama.expert_used_count is 6, expected 1 to 5");
    }

    @Test
    void otherExpertsThanTheFileSays() {
        refused(
                TinyFamily.of("mixtral", 7).key("expert_count", 6),
                "tensor blk.0.ffn_gate_inp.weight has shape [48, 5], expected [48, 6]");
    }

    @Test
    void aMixtureOfExpertsWithoutThem() {
        refused(
                TinyFamily.of("olmoe", 7).key("expert_count", 0),
                "tensor blk.0.ffn_down.weight is missing, expected shape [64, 48]");
    }

    @Test
    void expertsThatAreRoutedInAnotherWay() {
        refused(
                TinyFamily.of("qwen3moe", 7).key("expert_gating_func", 2),
                "routes its experts by sigmoid; this engine routes them by softmax");
    }

    @Test
    void aWindowThatTheFamilyNeeds() {
        refused(
                TinyFamily.of("cohere2", 7).key("attention.sliding_window", 0),
                "metadata key cohere2.attention.sliding_window is 0, expected 1 to 2147483647");
    }

    @Test
    void aListOfLocalLayersForAnotherModel() {
        refused(
                TinyFamily.of("gemma3", 7).key("attention.sliding_window_pattern", List.of(true, false)),
                "metadata key gemma3.attention.sliding_window_pattern is for 2 layers, expected 6");
    }

    @ParameterizedTest
    @CsvSource({
        "embedding_scale, -1",
        "residual_scale, 1e30",
        "attention.scale, -0.1",
        "logit_scale, 1e-30",
        "attn_logit_softcapping, -50",
        "final_logit_softcapping, 1e9"
    })
    void aScaleOrACapBeyondAllReason(String key, float number) {
        refused(
                TinyFamily.of("granite", 7).key(key, number),
                "metadata key granite.%s is %s, expected a number above 0, up to 1000000.0".formatted(key, number));
    }

    @ParameterizedTest
    @CsvSource({
        "gpt2, position_embd.weight",
        "gpt2, blk.0.attn_norm.bias",
        "starcoder2, output_norm.bias",
        "qwen3, blk.1.attn_k_norm.weight",
        "olmo2, blk.0.post_ffw_norm.weight",
        "gpt-oss, blk.0.attn_sinks.weight",
        "gemma2, blk.5.post_attention_norm.weight",
        "qwen3moe, blk.0.ffn_gate_exps.weight"
    })
    void aTensorThatTheFamilyNeeds(String family, String name) {
        refused(TinyFamily.of(family, 7).without(name), "tensor " + name + " is missing, expected shape ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama.embedding_length",
                "llama.block_count",
                "llama.feed_forward_length",
                "llama.attention.head_count",
                "llama.attention.head_count_kv",
                "llama.context_length"
            })
    void aSizeOfZero(String key) {
        refused(new Draft().key(key, 0), "metadata key " + key + " is 0, expected 1 to ");
    }

    @Test
    void aSizeBeyondAllReason() {
        refused(
                new Draft().key("llama.feed_forward_length", Integer.MAX_VALUE),
                "metadata key llama.feed_forward_length is 2147483647, expected 1 to 524288");
    }

    @Test
    void headsThatDontDivideTheWidth() {
        refused(
                new Draft().key("llama.attention.head_count", 5).key("llama.attention.head_count_kv", 5),
                "has 5 heads for a width of 32 and no llama.attention.key_length, expected a divisor");
    }

    @Test
    void headsThatDontShareEvenly() {
        refused(
                new Draft().key("llama.attention.head_count", 8).key("llama.attention.head_count_kv", 3),
                "has 8 heads for 3 heads of keys and values, expected a multiple");
    }

    @Test
    void aNegativeEpsilon() {
        refused(
                new Draft().key("llama.attention.layer_norm_rms_epsilon", -1f),
                "has the norm epsilon -1.0, expected a number from 0 up");
    }

    @Test
    void moreRotaryElementsThanAHeadHas() {
        refused(
                new Draft().key("llama.rope.dimension_count", 18),
                "metadata key llama.rope.dimension_count is 18, expected 2 to 16");
    }

    @Test
    void anOddNumberOfRotaryElements() {
        refused(
                new Draft().key("llama.rope.dimension_count", 7),
                "turns 7 elements of each head, expected an even number");
    }

    @ParameterizedTest
    @CsvSource({
        "llama.rope.freq_base, 0, 2.0 to 1.0E12",
        "llama.rope.freq_base, 1, 2.0 to 1.0E12",
        "llama.rope.freq_base, 1e30, 2.0 to 1.0E12",
        "llama.rope.scaling.factor, 0, 1.0E-6 to 1000000.0",
        "llama.rope.scaling.factor, 1e-30, 1.0E-6 to 1000000.0",
        "llama.rope.scale_linear, -4, 1.0E-6 to 1000000.0",
        "llama.rope.scaling.attn_factor, 1e30, 0.001 to 1000.0"
    })
    void aRotaryConstantBeyondAllReason(String key, float number, String expected) {
        refused(new Draft().key(key, number), "metadata key %s is %s, expected %s".formatted(key, number, expected));
    }

    @Test
    void aRotaryScalingThatIsUnknown() {
        refused(
                new Draft().key("llama.rope.scaling.type", "su"),
                "scales its rotary embedding by su; this engine knows none, linear, yarn and longrope");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"})
    void rotaryFactorsThatAreNotPositive(String name) {
        refused(
                new Draft().tensor(name, 8).filled(name, 0),
                "tensor " + name + " holds 0.0, expected 1.0E-6 to 1000000.0");
    }

    @Test
    void aCacheThatHoldsNoPage() {
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> load(new Draft(), new LoadOptions(4095, 64, 64)))
                .withMessage("fixture.gguf: needs 4096 bytes of cache for 32 tokens, and may have 4095");
    }

    private static RunningModel load(Draft draft, LoadOptions options) {
        return RunningModel.open(draft.writer().toFile(), KernelChoice.scalar(), 1, options);
    }

    private static void refused(Draft draft, String message) {
        refused(draft.writer(), message);
    }

    private static void refused(TinyFamily family, String message) {
        refused(family.writer(), message);
    }

    private static void refused(GgufWriter writer, String message) {
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() ->
                        RunningModel.open(writer.toFile(), KernelChoice.detect().kernels(), 1, LoadOptions.DEFAULT))
                .withMessageStartingWith("fixture.gguf: " + message);
    }
}
