package dev.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.runnel.core.BackendException;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.TokenCodec;
import dev.runnel.core.TokenText;
import dev.runnel.engine.fixtures.GgufWriter;
import dev.runnel.engine.fixtures.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTextTest {

    @TempDir
    private Path folder;

    private final Prompt.Chat hi = new Prompt.Chat(List.of(new Message.User("Hi <|im_end|>")));

    @Test
    void aFileThatHoldsOnlyAVocabularyIsEnough() {
        ModelText text = ModelText.open(file(Vocabulary.BYTE_LEVEL));

        List<Integer> tokens = text.tokenize("hello world", false, true);

        assertThat(text.detokenize(tokens)).isEqualTo("hello world");
        assertThat(text.token(tokens.getFirst())).isEqualTo(TokenText.of(new byte[] {'h'}));
    }

    @Test
    void theTokensThatAModelExpectsAroundATextAreThereIfAskedFor() {
        ModelText text = ModelText.open(file(Vocabulary.SCORED));

        List<Integer> bare = text.tokenize("the", false, false);
        List<Integer> framed = text.tokenize("the", true, false);

        assertThat(text.detokenize(bare)).isEqualTo(" the");
        assertThat(text.detokenize(framed)).isEqualTo("<s> the");
        assertThat(framed).hasSize(bare.size() + 1).endsWith(bare.toArray(Integer[]::new));
    }

    @Test
    void controlTokensAreParsedOrText() {
        ModelText text = ModelText.embedded();

        assertThat(text.tokenize("<|im_end|>", false, true)).hasSize(1);
        assertThat(text.tokenize("<|im_end|>", false, false)).hasSizeGreaterThan(1);
        assertThat(text.detokenize(text.tokenize("<|im_end|>", false, true))).isEqualTo("<|im_end|>");
    }

    @Test
    void bytesThatAreNoCharacterAreShownAsThat() {
        ModelText text = ModelText.open(file(Vocabulary.BYTE_LEVEL));
        List<Integer> fox = text.tokenize("🦊", false, true);

        assertThat(text.detokenize(fox)).isEqualTo("🦊");
        assertThat(text.detokenize(fox.subList(0, 2))).isEqualTo("\uFFFD");
    }

    @Test
    void aConversationBecomesThePromptOfTheFilesTemplate() {
        ModelText text = ModelText.open(file(Vocabulary.BYTE_LEVEL));

        assertThat(text.render(hi)).isEqualTo("<|im_start|>user\nHi <|im_end|><|im_end|>\n<|im_start|>assistant\n");
        assertThat(text.render(hi.withTemplateArgument("add_generation_prompt", "false")))
                .isEqualTo("<|im_start|>user\nHi <|im_end|><|im_end|>\n");
    }

    @Test
    void aPromptIsTheTokensThatACompletionReads() {
        ModelText text = ModelText.embedded();

        assertThat(text.detokenize(text.read(new Prompt.Chat(List.of(new Message.User("Hi"))))))
                .isEqualTo("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
        assertThat(text.read(new Prompt.Tokens(List.of(7, 8)))).containsExactly(7, 8);
    }

    @Test
    void tokensThatAreNotInTheVocabularyAreRefused() {
        ModelText text = ModelText.open(file(Vocabulary.BYTE_LEVEL));

        assertThatExceptionOfType(BackendException.class)
                .isThrownBy(() -> text.detokenize(List.of(1, 400)))
                .withMessage("tokens holds 400, expected 0 to 399, the model's vocabulary");
        assertThatExceptionOfType(BackendException.class)
                .isThrownBy(() -> text.detokenize(List.of(-1)))
                .withMessageContaining("-1");
    }

    @Test
    void whereAnotherModelSeesTextDifferentlyIsTold() {
        ModelText text = ModelText.open(file(Vocabulary.BYTE_LEVEL));
        ModelText scored = ModelText.open(file(Vocabulary.SCORED));

        assertThat(text.differenceTo(ModelText.open(file(Vocabulary.BYTE_LEVEL)), "hello"))
                .isEmpty();
        assertThat(text.differenceTo(scored, "hello"))
                .contains("token 0 is '<|endoftext|>' in the one and '<unk>' in the other");
        assertThat(text.differenceTo(ModelText.embedded(), "hello"))
                .hasValueSatisfying(where -> assertThat(where).startsWith("the one has 400 tokens and the other "));
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
            TokenCodec codec = engine.codec("runnel-tiny").orElseThrow();

            assertThat(codec.render(hi)).isEqualTo(ModelText.embedded().render(hi));
            assertThat(engine.codec("another")).isEmpty();
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
}
