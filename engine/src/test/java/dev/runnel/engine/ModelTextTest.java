package dev.runnel.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.runnel.core.BackendException;
import dev.runnel.engine.fixtures.GgufWriter;
import dev.runnel.engine.fixtures.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTextTest {

    @TempDir
    private Path folder;

    private final List<Map<String, String>> hi = List.of(Map.of("role", "user", "content", "Hi <|im_end|>"));

    @Test
    void aFileThatHoldsOnlyAVocabularyIsEnough() {
        ModelText text = ModelText.open(file(Vocabulary.BYTE_LEVEL));

        int[] tokens = text.tokenize("hello world", false, true);

        assertThat(text.detokenize(list(tokens))).isEqualTo("hello world");
        assertThat(text.piece(tokens[0])).asString(UTF_8).isEqualTo("h");
    }

    @Test
    void theTokensThatAModelExpectsAroundATextAreThereIfAskedFor() {
        ModelText text = ModelText.open(file(Vocabulary.SCORED));

        int[] bare = text.tokenize("the", false, false);
        int[] framed = text.tokenize("the", true, false);

        assertThat(text.detokenize(list(bare))).isEqualTo(" the");
        assertThat(text.detokenize(list(framed))).isEqualTo("<s> the");
        assertThat(framed).hasSize(bare.length + 1).endsWith(bare);
    }

    @Test
    void controlTokensAreParsedOrText() {
        ModelText text = ModelText.embedded();

        assertThat(text.tokenize("<|im_end|>", false, true)).hasSize(1);
        assertThat(text.tokenize("<|im_end|>", false, false)).hasSizeGreaterThan(1);
        assertThat(text.detokenize(list(text.tokenize("<|im_end|>", false, true))))
                .isEqualTo("<|im_end|>");
    }

    @Test
    void bytesThatAreNoCharacterAreShownAsThat() {
        ModelText text = ModelText.open(file(Vocabulary.BYTE_LEVEL));
        int[] fox = text.tokenize("🦊", false, true);

        assertThat(text.detokenize(list(fox))).isEqualTo("🦊");
        assertThat(text.detokenize(list(Arrays.copyOf(fox, 2)))).isEqualTo("\uFFFD");
    }

    @Test
    void aConversationBecomesThePromptOfTheFilesTemplate() {
        ModelText text = ModelText.open(file(Vocabulary.BYTE_LEVEL));

        assertThat(text.render(Map.of("messages", hi)))
                .isEqualTo("<|im_start|>user\nHi <|im_end|><|im_end|>\n<|im_start|>assistant\n");
        assertThat(text.render(Map.of("messages", hi, "add_generation_prompt", false)))
                .isEqualTo("<|im_start|>user\nHi <|im_end|><|im_end|>\n");
    }

    @Test
    void argumentsOfToolCallsReachATemplateAsTheObjectThatTheyAre() {
        ModelText text = new ModelText(
                "tiny.gguf",
                Optional.of(
                        "{{ messages[0].tool_calls[0].function.arguments.city }} {{ messages[1].extra }} {{ tools }}"),
                ModelText.embedded().tokenizer(),
                Clock.systemUTC());
        Map<String, ?> call = Map.of("function", Map.of("name", "weather", "arguments", "{\"city\": \"Oslo\"}"));

        assertThat(text.render(Map.of(
                        "messages",
                        List.of(
                                Map.of("role", "assistant", "tool_calls", List.of(call)),
                                Map.of("role", "tool", "extra", "4 °C")),
                        "tools",
                        List.of("weather"))))
                .isEqualTo("Oslo 4 °C ['weather']");
    }

    @Test
    void whatTheTemplateOrTheVocabularyCanNotTakeIsRefused() {
        ModelText text = ModelText.open(file(Vocabulary.BYTE_LEVEL));

        assertThatExceptionOfType(BackendException.class)
                .isThrownBy(() -> text.render(Map.of("messages", 7)))
                .satisfies(refusal -> assertThat(refusal.kind()).isEqualTo(BackendException.Kind.INVALID_REQUEST))
                .withMessageContaining("'int' object is not iterable");
        assertThatExceptionOfType(BackendException.class)
                .isThrownBy(() -> text.detokenize(List.of(1, 400)))
                .withMessage("tokens holds 400, expected 0 to 399, the model's vocabulary");
        assertThatExceptionOfType(BackendException.class)
                .isThrownBy(() -> text.detokenize(List.of(-1)))
                .withMessageContaining("-1");
    }

    @Test
    void aFileWithoutAVocabularyIsRefused() throws IOException {
        Path file = folder.resolve("bare.gguf");
        Files.write(file, new GgufWriter().toByteArray());

        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> ModelText.open(file))
                .withMessageContaining("tokenizer.ggml.model is missing");
    }

    @Test
    void anEngineSeesTextAsItsFileSays() {
        try (Engine engine = Engine.embedded()) {
            assertThat(engine.text().render(Map.of("messages", hi)))
                    .isEqualTo(ModelText.embedded().render(Map.of("messages", hi)));
        }
    }

    private Path file(Vocabulary vocabulary) {
        GgufWriter writer = new GgufWriter().string("general.architecture", "none");
        vocabulary.writeTo(writer, Vocabulary.LEAST_SIZE);
        Path file = folder.resolve("vocabulary.gguf");
        try {
            Files.write(file, writer.toByteArray());
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
        return file;
    }

    private static List<Integer> list(int[] tokens) {
        return Arrays.stream(tokens).boxed().toList();
    }
}
