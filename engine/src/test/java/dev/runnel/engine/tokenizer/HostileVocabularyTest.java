package dev.runnel.engine.tokenizer;

import static dev.runnel.engine.tokenizer.VocabularyFile.BYTE;
import static dev.runnel.engine.tokenizer.VocabularyFile.CONTROL;
import static dev.runnel.engine.tokenizer.VocabularyFile.NORMAL;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.fixtures.GgufWriter;
import dev.runnel.engine.gguf.GgufFile;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Vocabularies that contradict themselves, or that nobody here knows. Each is refused in one sentence.
class HostileVocabularyTest {

    @Test
    void noVocabulary() {
        refused(new GgufWriter().toFile(), "tokenizer.ggml.model is missing, expected string");
    }

    @Test
    void anUnknownKind() {
        refused(
                new GgufWriter()
                        .string("tokenizer.ggml.model", "bert")
                        .strings("tokenizer.ggml.tokens", List.of("a"))
                        .integers("tokenizer.ggml.token_type", 1)
                        .toFile(),
                "tokenizer.ggml.model is bert; this engine knows gpt2 and llama");
    }

    @Test
    void noTokens() {
        GgufWriter model = new GgufWriter().string("tokenizer.ggml.model", "llama");
        refused(model.toFile(), "tokenizer.ggml.tokens holds no tokens, expected at least one");
        refused(
                model.strings("tokenizer.ggml.tokens", List.of()).toFile(),
                "tokenizer.ggml.tokens holds no tokens, expected at least one");
    }

    @Test
    void aTokenThatOccursTwice() {
        refused(
                VocabularyFile.scored().token("a", NORMAL).token("a", CONTROL),
                "tokenizer.ggml.tokens holds a as token 256 and as token 257");
    }

    @Test
    void typesOfAnotherNumber() {
        VocabularyFile file = VocabularyFile.scored();
        file.types.removeLast();

        refused(file, "tokenizer.ggml.token_type holds 255 values, expected one for each of the 256 tokens");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 7, Integer.MAX_VALUE})
    void anUnknownType(int type) {
        refused(
                VocabularyFile.scored().token("a", type),
                "tokenizer.ggml.token_type holds " + type + " for token 256, expected 0 to 6");
    }

    @Test
    void scoresOfAnotherNumber() {
        VocabularyFile file = VocabularyFile.scored();
        file.scores.removeLast();

        refused(file, "tokenizer.ggml.scores holds 255 values, expected one for each of the 256 tokens");
    }

    @Test
    void aScoreThatIsNoNumber() {
        refused(
                VocabularyFile.scored().token("a", NORMAL, Float.NaN),
                "tokenizer.ggml.scores holds NaN, expected a finite number");
    }

    @Test
    void aMissingByte() {
        VocabularyFile scored = VocabularyFile.scored();
        scored.tokens.set(0x0A, "newline");
        VocabularyFile byteLevel = VocabularyFile.byteLevel("gpt-2");
        byteLevel.tokens.set(' ', "space");

        refused(scored, "tokenizer.ggml.tokens has no token <0x0A> for the byte 10");
        refused(byteLevel, "tokenizer.ggml.tokens has no token Ġ for the byte 32");
    }

    @Test
    void aByteThatIsMarkedAsSomethingElse() {
        VocabularyFile scored = VocabularyFile.scored();
        scored.types.set(0x0A, NORMAL);

        refused(scored, "tokenizer.ggml.tokens has no token <0x0A> for the byte 10");
    }

    @Test
    void aByteTooMany() {
        refused(
                VocabularyFile.scored().token("<0xABC>", BYTE),
                "tokenizer.ggml.tokens holds <0xABC> for a byte, expected <0x00> to <0xFF>");
    }

    @Test
    void aTokenWithoutEnd() {
        refused(
                VocabularyFile.scored().token("a".repeat(1025), NORMAL),
                "tokenizer.ggml.tokens holds a token of 1025 characters, expected at most 1024");
    }

    @Test
    void moreToJoinThanAHeapShouldHold() {
        VocabularyFile file = VocabularyFile.scored();
        for (char character = '一'; character < '一' + 120; character++) {
            for (int length = 1; length <= 200; length++) {
                file.token(Character.toString(character).repeat(length), NORMAL);
            }
        }

        refused(file, "tokenizer.ggml.tokens joins more than 2097152 pairs of tokens");
    }

    @Test
    void noMerges() {
        VocabularyFile file = VocabularyFile.byteLevel("gpt-2");

        refused(
                new GgufWriter()
                        .string("tokenizer.ggml.model", "gpt2")
                        .string("tokenizer.ggml.pre", "gpt-2")
                        .strings("tokenizer.ggml.tokens", file.tokens)
                        .integers(
                                "tokenizer.ggml.token_type",
                                file.types.stream().mapToInt(Integer::intValue).toArray())
                        .toFile(),
                "tokenizer.ggml.merges is missing, expected an array of string");
    }

    @Test
    void aMergeOfUnknownTokens() {
        VocabularyFile left = VocabularyFile.byteLevel("gpt-2").token("abx", NORMAL);
        left.merges.add("ab x");
        VocabularyFile right = VocabularyFile.byteLevel("gpt-2").token("xab", NORMAL);
        right.merges.add("x ab");
        VocabularyFile joined = VocabularyFile.byteLevel("gpt-2");
        joined.merges.add("a b");

        refused(left, "tokenizer.ggml.merges holds 'ab x', but there is no token ab");
        refused(right, "tokenizer.ggml.merges holds 'x ab', but there is no token ab");
        refused(joined, "tokenizer.ggml.merges holds 'a b', but there is no token ab");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "ab", " a"})
    void aMergeThatIsNotTwoTokens(String line) {
        VocabularyFile file = VocabularyFile.byteLevel("gpt-2");
        file.merges.add(line);

        refused(file, "tokenizer.ggml.merges holds '" + line + "', expected two tokens");
    }

    @Test
    void aMergeThatMakesATokenOfItself() {
        VocabularyFile file = VocabularyFile.byteLevel("gpt-2").token("", NORMAL);
        file.merges.add("a ");

        refused(file, "tokenizer.ggml.merges holds 'a ', expected two tokens");
    }

    @Test
    void anUnknownPreTokenizerOrNone() {
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> VocabularyFile.byteLevel("sanskrit-9").load())
                .withMessageStartingWith(
                        "fixture.gguf: metadata key tokenizer.ggml.pre is sanskrit-9; this engine knows ")
                .withMessageContainingAll("deepseek-v3, ", "falcon, ", "gpt-2, ", "llama-bpe, ", "qwen2, ", "tekken")
                .withMessageNotContaining("…");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tokenizer.ggml.bos_token_id",
                "tokenizer.ggml.eos_token_id",
                "tokenizer.ggml.eot_token_id",
                "tokenizer.ggml.eom_token_id"
            })
    void aSpecialTokenThatDoesNotExist(String key) {
        refused(VocabularyFile.scored().with(keys -> keys.integer(key, 256)), key + " is 256, expected 0 to 255");
        refused(VocabularyFile.scored().with(keys -> keys.integer(key, -1)), key + " is 4294967295, expected 0 to 255");
    }

    @Test
    void aTokenToAddThatIsNotNamed() {
        refused(
                VocabularyFile.scored().with(keys -> keys.flag("tokenizer.ggml.add_bos_token", true)),
                "tokenizer.ggml.add_bos_token is true, but tokenizer.ggml.bos_token_id is missing");
        refused(
                VocabularyFile.scored().with(keys -> keys.flag("tokenizer.ggml.add_eos_token", true)),
                "tokenizer.ggml.add_eos_token is true, but tokenizer.ggml.eos_token_id is missing");
    }

    private static void refused(VocabularyFile file, String message) {
        refused(file.toFile(), message);
    }

    private static void refused(GgufFile file, String message) {
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> Tokenizer.of(file))
                .withMessage("fixture.gguf: metadata key " + message);
    }
}
