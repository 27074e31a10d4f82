package dev.runnel.engine.tokenizer;

import static dev.runnel.engine.tokenizer.VocabularyFile.CONTROL;
import static dev.runnel.engine.tokenizer.VocabularyFile.NORMAL;
import static dev.runnel.engine.tokenizer.VocabularyFile.UNKNOWN;
import static dev.runnel.engine.tokenizer.VocabularyFile.UNUSED;
import static dev.runnel.engine.tokenizer.VocabularyFile.USER_DEFINED;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.runnel.engine.fixtures.LlamaShape;
import dev.runnel.engine.fixtures.TinyModels;
import dev.runnel.engine.fixtures.Vocabulary;
import dev.runnel.engine.gguf.TensorType;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {

    @ParameterizedTest
    @EnumSource
    void anyTextIsItsTokensBytes(Vocabulary vocabulary) {
        Tokenizer tokenizer = tiny(vocabulary);
        Random random = new Random(42);

        for (int i = 0; i < 2000; i++) {
            String text = IntStream.range(0, random.nextInt(20))
                    .map(_ -> random.nextInt(4) == 0 ? assigned(random) : ' ' + random.nextInt(96))
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();

            String decoded = decode(tokenizer, tokenizer.encode(text, false));

            assertThat(decoded).isEqualTo(tokenizer.addsSpace() && !text.isEmpty() ? " " + text : text);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatLooksLikeAControlTokenIsTextUnlessTheCallerSaysOtherwise(Vocabulary vocabulary) {
        Tokenizer tokenizer = tiny(vocabulary);
        String text = "<|im_start|>the<|im_end|>";

        int[] asText = tokenizer.encode(text, false);
        int[] asStructure = tokenizer.encode(text, true);

        assertThat(decode(tokenizer, asText).strip()).isEqualTo(text);
        assertThat(decode(tokenizer, asStructure).strip()).isEqualTo("the");
        assertThat(tokenizer.isEndOfGeneration(asStructure[asStructure.length - 1]))
                .isTrue();
        assertThat(tokenizer.bytesWithSpecial(asStructure[0])).asString(UTF_8).isEqualTo("<|im_start|>");
    }

    @Test
    void theEarliestMergeGoesFirstAndOfEqualsTheLeftmost() {
        VocabularyFile file = VocabularyFile.byteLevel("gpt-2")
                .merge("b", "c")
                .merge("a", "b")
                .merge("a", "a");

        Tokenizer tokenizer = file.load();

        assertThat(tokenizer.encode("abc", false)).isEqualTo(file.ids("a", "bc"));
        assertThat(tokenizer.encode("aaa", false)).isEqualTo(file.ids("aa", "a"));
        assertThat(tokenizer.encode("aaab", false)).isEqualTo(file.ids("aa", "ab"));
    }

    @Test
    void theBestScoreIsJoinedFirst() {
        VocabularyFile file = VocabularyFile.scored()
                .token("a", NORMAL, -1)
                .token("b", NORMAL, -2)
                .token("c", NORMAL, -3)
                .token("ab", NORMAL, -5)
                .token("bc", NORMAL, -4)
                .with(keys -> keys.flag("tokenizer.ggml.add_space_prefix", false));

        Tokenizer tokenizer = file.load();

        assertThat(tokenizer.encode("abc", false)).isEqualTo(file.ids("a", "bc"));
        assertThat(tokenizer.encode("abab", false)).isEqualTo(file.ids("ab", "ab"));
    }

    @Test
    void aTokenOfCharactersThatHaveNoTokenThemselvesIsFound() {
        VocabularyFile file = VocabularyFile.scored()
                .token("世界", NORMAL, -1)
                .token("🦊!", NORMAL, -2)
                .with(keys -> keys.flag("tokenizer.ggml.add_space_prefix", false));

        Tokenizer tokenizer = file.load();

        assertThat(tokenizer.encode("世界🦊!世", false)).isEqualTo(file.ids("世界", "🦊!", "<0xE4>", "<0xB8>", "<0x96>"));
    }

    @Test
    void tokensThatReachAcrossWordsAreFound() {
        VocabularyFile file = VocabularyFile.scored()
                .token("a", NORMAL, -9)
                .token("▁", NORMAL, -9)
                .token("a▁", NORMAL, -2)
                .token("a▁a", NORMAL, -1)
                .with(keys -> keys.flag("tokenizer.ggml.add_space_prefix", false));

        assertThat(file.load().encode("a a", false)).isEqualTo(file.ids("a▁a"));
    }

    @Test
    void aSpaceIsPutBeforeEachPieceOfTextIfTheFileDoesNotSayOtherwise() {
        VocabularyFile file = VocabularyFile.scored()
                .token("▁", NORMAL, -1)
                .token("a", NORMAL, -1)
                .token("<s>", CONTROL);

        assertThat(file.load().encode("a<s>a", true)).isEqualTo(file.ids("▁", "a", "<s>", "▁", "a"));
        assertThat(file.load().encode("<s>", true)).isEqualTo(file.ids("<s>"));
        assertThat(file.load().encode("", true)).isEmpty();
        assertThat(file.load().addsSpace()).isTrue();

        file.with(keys -> keys.flag("tokenizer.ggml.add_space_prefix", false));
        assertThat(file.load().encode("a<s>a", true)).isEqualTo(file.ids("a", "<s>", "a"));
        assertThat(file.load().addsSpace()).isFalse();
    }

    @Test
    void aUserDefinedTokenIsAlwaysFoundAndTheLongestWins() {
        VocabularyFile file = VocabularyFile.byteLevel("gpt-2")
                .token("<think>", USER_DEFINED)
                .token("<think>\n", USER_DEFINED)
                .token("<|a|>", CONTROL);

        Tokenizer tokenizer = file.load();

        assertThat(tokenizer.encode("<think>\n<think>x", false)).isEqualTo(file.ids("<think>\n", "<think>", "x"));
        assertThat(tokenizer.encode("<|a<|a|>", true)).isEqualTo(file.ids("<", "|", "a", "<|a|>"));
        assertThat(tokenizer.bytes(file.id("<think>"))).asString(UTF_8).isEqualTo("<think>");
    }

    @Test
    void aMarkerOfPhi3SwallowsTheWhiteSpaceBehindIt() {
        VocabularyFile file = VocabularyFile.byteLevel("gpt-2")
                .token("<|user|>", CONTROL)
                .token("<|endoftext|>", CONTROL)
                .with(keys -> keys.string("general.name", "Phi-3.5-mini-instruct"));
        VocabularyFile other = VocabularyFile.byteLevel("gpt-2").token("<|user|>", CONTROL);

        assertThat(file.load().encode("<|user|>\n \ta", true)).isEqualTo(file.ids("<|user|>", "a"));
        assertThat(file.load().encode("<|user|>\r\n", true)).isEqualTo(file.ids("<|user|>"));
        assertThat(file.load().encode("<|user|>\n", false)).hasSize("<|user|>\n".length());
        assertThat(file.load().encode("<|endoftext|>\n", true)).hasSize(2);
        assertThat(other.load().encode("<|user|>\n", true)).hasSize(2);
    }

    @Test
    void mergesThatWouldMakeAControlTokenAreNeverTaken() {
        VocabularyFile file = VocabularyFile.byteLevel("gpt-2").merge("a", "b").token("<s>", CONTROL);
        file.merges.add("ab c");
        file.token("abc", CONTROL);
        VocabularyFile scored = VocabularyFile.scored()
                .token("a", NORMAL, -1)
                .token("b", NORMAL, -1)
                .token("ab", CONTROL, 0)
                .with(keys -> keys.flag("tokenizer.ggml.add_space_prefix", false));

        assertThat(file.load().encode("abc", false)).isEqualTo(file.ids("ab", "c"));
        assertThat(scored.load().encode("ab", false)).isEqualTo(scored.ids("a", "b"));
    }

    @Test
    void aWordThatIsATokenIsTakenWholeWhereTheModelWasTrainedSo() {
        VocabularyFile merging = VocabularyFile.byteLevel("gpt-2").token("abc", NORMAL);
        VocabularyFile whole =
                VocabularyFile.byteLevel("llama-bpe").token("abc", NORMAL).token("xy", CONTROL);

        assertThat(merging.load().encode("abc", false)).isEqualTo(merging.ids("a", "b", "c"));
        assertThat(whole.load().encode("abc", false)).isEqualTo(whole.ids("abc"));
        assertThat(whole.load().encode("xy", false)).isEqualTo(whole.ids("x", "y"));
    }

    @Test
    void textIsComposedWhereTheModelWasTrainedSo() {
        String decomposed = "e\u0301";

        assertThat(decode(VocabularyFile.byteLevel("qwen2").load(), "é")).isEqualTo("é");
        assertThat(decode(VocabularyFile.byteLevel("qwen2").load(), decomposed)).isEqualTo("é");
        assertThat(decode(VocabularyFile.byteLevel("gpt-2").load(), decomposed)).isEqualTo(decomposed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ud800", "\udc00", "\ud800\ud800\udc00"})
    void aLoneSurrogateCountsAsTheReplacementCharacter(String text) {
        String expected = text.codePointCount(0, text.length()) == 1 ? "\uFFFD" : "\uFFFD𐀀";

        assertThat(decode(VocabularyFile.byteLevel("gpt-2").load(), text)).isEqualTo(expected);
        assertThat(decode(VocabularyFile.scored().token("▁", NORMAL).load(), text))
                .isEqualTo(" " + expected);
    }

    @Test
    void whatIsNoCharacterCountsAsTheReplacementCharacterInAVocabularyThatCanNotSpellIt() {
        VocabularyFile file = VocabularyFile.byteLevel("gpt-2");
        file.tokens.set(0xF1, "other");

        assertThat(decode(file.load(), "a\ud8c0\udc00b")).isEqualTo("a\uFFFDb");
        assertThat(decode(VocabularyFile.byteLevel("gpt-2").load(), "a\ud8c0\udc00b"))
                .isEqualTo("a\ud8c0\udc00b");
    }

    @Test
    void aControlCharacterThatAVocabularyLacksIsLeftOutAndNothingIsJoinedAcrossIt() {
        VocabularyFile file = VocabularyFile.byteLevel("falcon").merge("a", "b");
        file.tokens.set(0x03, "other");

        assertThat(file.load().encode("a\u0003b", false)).isEqualTo(file.ids("a", "b"));
        assertThat(file.load().encode("ab", false)).isEqualTo(file.ids("ab"));
    }

    @Test
    void tokensWithoutTextHaveNoBytes() {
        VocabularyFile file = VocabularyFile.byteLevel("gpt-2")
                .token("<s>", CONTROL)
                .token("<unk>", UNKNOWN)
                .token("[free]", UNUSED)
                .token("Ġé世", NORMAL);

        Tokenizer tokenizer = file.load();

        assertThat(tokenizer.bytes(file.id("<s>"))).isEmpty();
        assertThat(tokenizer.bytes(file.id("<unk>"))).isEmpty();
        assertThat(tokenizer.bytes(file.id("[free]"))).isEmpty();
        assertThat(tokenizer.bytesWithSpecial(file.id("<s>"))).asString(UTF_8).isEqualTo("<s>");
        assertThat(tokenizer.bytesWithSpecial(file.id("<unk>"))).asString(UTF_8).isEqualTo("<unk>");
        assertThat(tokenizer.bytesWithSpecial(file.id("[free]"))).isEmpty();
        assertThat(tokenizer.bytes(file.id("Ġé世"))).asString(UTF_8).isEqualTo("Ġé世");
    }

    @Test
    void whatIsAddedToAPromptIsWhatTheFileSaysElseWhatIsUsual() {
        VocabularyFile gpt2 = VocabularyFile.byteLevel("gpt-2").token("<s>", CONTROL);
        VocabularyFile llama3 = VocabularyFile.byteLevel("llama-bpe").token("<s>", CONTROL);
        VocabularyFile spm = VocabularyFile.scored().token("<s>", CONTROL);
        assertThat(spm.load().addsBos()).as("without a bos token").isFalse();
        for (VocabularyFile file : new VocabularyFile[] {gpt2, llama3, spm}) {
            file.with(keys -> keys.integer("tokenizer.ggml.bos_token_id", 256));
        }

        assertThat(gpt2.load().bos()).hasValue(256);
        assertThat(gpt2.load().addsBos()).isFalse();
        assertThat(llama3.load().addsBos()).isTrue();
        assertThat(spm.load().addsBos()).isTrue();
        assertThat(spm.load().addsEos()).isFalse();

        spm.with(keys -> keys.flag("tokenizer.ggml.add_bos_token", false)
                .integer("tokenizer.ggml.eos_token_id", 256)
                .flag("tokenizer.ggml.add_eos_token", true));
        assertThat(spm.load().addsBos()).isFalse();
        assertThat(spm.load().eos()).hasValue(256);
        assertThat(spm.load().addsEos()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "tokenizer.ggml.eos_token_id",
        "tokenizer.ggml.eot_token_id",
        "tokenizer.ggml.eom_token_id",
        "tokenizer.ggml.fim_pad_token_id"
    })
    void theTokenOfAnEndKeyEndsAGeneration(String key) {
        Tokenizer tokenizer = VocabularyFile.scored()
                .token("stop", CONTROL)
                .with(keys -> keys.integer(key, 256))
                .load();

        assertThat(tokenizer.isEndOfGeneration(256)).isTrue();
        assertThat(tokenizer.isEndOfGeneration(255)).isFalse();
    }

    @Test
    void anEndIsKnownByItsTextToo() {
        VocabularyFile file = VocabularyFile.byteLevel("gpt-2")
                .token("<|eot_id|>", CONTROL)
                .token("<|im_end|>", USER_DEFINED)
                .token("</s>", NORMAL);

        Tokenizer tokenizer = file.load();

        assertThat(tokenizer.isEndOfGeneration(file.id("<|eot_id|>"))).isTrue();
        assertThat(tokenizer.isEndOfGeneration(file.id("<|im_end|>"))).isTrue();
        assertThat(tokenizer.isEndOfGeneration(file.id("</s>"))).isFalse();
        // A user can't end the reply by writing it.
        assertThat(tokenizer.encode("<|im_end|>", false)).doesNotContain(file.id("<|im_end|>"));
    }

    @Test
    void whatSurroundsAGapIsStructureEvenIfAFileCallsItText() {
        VocabularyFile file = VocabularyFile.byteLevel("qwen2").token("<|fim_prefix|>", USER_DEFINED);

        assertThat(file.load().encode("<|fim_prefix|>", false)).doesNotContain(file.id("<|fim_prefix|>"));
        assertThat(file.load().encode("<|fim_prefix|>", true)).isEqualTo(file.ids("<|fim_prefix|>"));
        assertThat(file.load().isEndOfGeneration(file.id("<|fim_prefix|>"))).isFalse();
    }

    @Test
    void theEndOfAMessageIsNotTheEndOfTheReplyInTheFormatOfGptOss() {
        VocabularyFile file = VocabularyFile.byteLevel("gpt-4o").token("<|end|>", CONTROL);
        assertThat(file.load().isEndOfGeneration(file.id("<|end|>"))).isTrue();

        file.token("<|return|>", CONTROL).token("<|call|>", CONTROL);

        assertThat(file.load().isEndOfGeneration(file.id("<|end|>"))).isFalse();
        assertThat(file.load().isEndOfGeneration(file.id("<|call|>"))).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aMegabyteOfOneCharacterIsEncodedInNoMoreThanNLogN(Vocabulary vocabulary) {
        Tokenizer tokenizer = tiny(vocabulary);

        for (String piece : new String[] {"t", "the", " ", "\n", "é", "世", "🦊", "7", "'", "<", "<|im_end|"}) {
            String text = piece.repeat(1_000_000 / piece.length());

            // Less than a second each; what is quadratic takes many minutes.
            assertTimeout(Duration.ofSeconds(10), () -> tokenizer.encode(text, true), () -> "repeated " + piece);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTextHasAtLeastAsManyTokensAsItsLengthTells(Vocabulary vocabulary) {
        Tokenizer tokenizer = tiny(vocabulary);

        for (String piece : new String[] {"<|im_start|>", " there", "the", " ", "é", "世", "🦊"}) {
            String text = piece.repeat(100);

            assertThat(tokenizer.leastTokens(text)).isBetween(1, tokenizer.encode(text, true).length);
        }
        assertThat(tokenizer.leastTokens("<|im_start|>".repeat(100))).isGreaterThan(90);
    }

    private static Tokenizer tiny(Vocabulary vocabulary) {
        return Tokenizer.of(
                TinyModels.llama(LlamaShape.TINY, TensorType.F32, vocabulary, 1).toFile());
    }

    /// Any character but the one that a SentencePiece vocabulary takes for a space.
    private static int assigned(Random random) {
        int codePoint;
        do {
            codePoint = random.nextInt(Character.MAX_CODE_POINT + 1);
        } while (!Character.isDefined(codePoint)
                || Character.getType(codePoint) == Character.SURROGATE
                || codePoint == '▁');
        return codePoint;
    }

    private static String decode(Tokenizer tokenizer, String text) {
        return decode(tokenizer, tokenizer.encode(text, false));
    }

    private static String decode(Tokenizer tokenizer, int[] ids) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int id : ids) {
            bytes.writeBytes(tokenizer.bytes(id));
        }
        return bytes.toString(UTF_8);
    }
}
