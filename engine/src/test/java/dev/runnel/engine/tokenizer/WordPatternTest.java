package dev.runnel.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class WordPatternTest {

    private static final String GPT_2 =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
    private static final String CONTRACTIONS = "(?iu:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String SPACE = "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String WORD = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";
    private static final String SIGNS = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";
    private static final String UPPER = "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String BETWEEN_SIGNS = " ?[^(\\s|.,!?…。，、।۔،)]+";
    private static final String CHINESE_KOREAN = "[一-龥\\u0800-一가-\\ud7ff]+";

    /// What tells the patterns' alternatives apart: letters of every case and none, marks, numbers of every
    /// kind, signs, every kind of space, and what looks like space and isn't.
    private static final String[] PIECES = {
        "a", "b", "Z", "É", "ß", "ǅ", "ʰ", "中", "の", "ไ", "م", "ſ", "K", "𝒳", "𐐷", "\u0301", "\u0bcd", "\u20dd",
        "\u093e", "1", "23", "456", "७", "½", "Ⅻ", "𝟘", "'", "'s", "'S", "'ll", "'Re", "'ve", "'d", "'ſ", "'x", ".",
        "/", "!", "…", "🦊", "\u200d", "_", "$", "+", "<", "~", "|", "`", "。", "，", "！", "：", "가", "\u0000", "\u200b",
        "\ufeff", "\u180e", " ", " ", "  ", "\t", "\n", "\r", "\r\n", "\u0085", "\u00a0", "\u2003", "\u3000", "\u2028",
        "\u001c", "\u000b"
    };

    /// One name of each family, and the regular expressions that its models are trained with: each cuts the
    /// pieces that the one before it leaves, into what it matches and what lies between.
    static Stream<Arguments> families() {
        return Stream.of(
                family("gpt-2", GPT_2),
                family("starcoder", "\\p{N}", GPT_2),
                family("falcon", "[\\p{P}$+<=>^~|`]+", GPT_2, "[0-9][0-9][0-9]"),
                family("bloom", BETWEEN_SIGNS),
                family("viking", BETWEEN_SIGNS, "\\p{N}"),
                family("llama-bpe", CONTRACTIONS + "|" + WORD + "|\\p{N}{1,3}" + SIGNS + SPACE),
                family("minicpm5", "\\p{N}{1,3}", CONTRACTIONS + "|" + WORD + "|\\p{N}+" + SIGNS + SPACE),
                family("qwen2", CONTRACTIONS + "|" + WORD + "|\\p{N}" + SIGNS + SPACE),
                family(
                        "qwen35",
                        CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}"
                                + "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*" + SPACE),
                family("seed-coder", CONTRACTIONS + "|" + WORD + "|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+" + SPACE),
                family(
                        "bailingmoe",
                        "'(?iu:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*"
                                + "|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+"),
                family(
                        "gpt-4o",
                        UPPER + "*" + LOWER + "+" + CONTRACTIONS + "?|" + UPPER + "+" + LOWER + "*" + CONTRACTIONS
                                + "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" + SPACE),
                family(
                        "tekken",
                        UPPER + "*" + LOWER + "+|" + UPPER + "+" + LOWER + "*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*"
                                + SPACE),
                family(
                        "deepseek-llm",
                        "[\\r\\n]",
                        // Of the letters below those that DeepSeek takes for cased.
                        "\\s?[A-Za-zÉßǅſ\u212a𐐷]+",
                        "\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+",
                        "\\s+\\z",
                        CHINESE_KOREAN,
                        "\\p{N}+"),
                family("deepseek-coder", "[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", CHINESE_KOREAN, "\\p{N}"),
                family(
                        "deepseek-v3",
                        "\\p{N}{1,3}",
                        "[一-龥\u3040-ゟ゠-ヿ]+",
                        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
                                + "| ?[\\p{P}\\p{S}]+[\\r\\n]*" + SPACE));
    }

    private static Arguments family(String name, String... regexes) {
        return arguments(name, List.of(regexes));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("families")
    void textIsCutWhereTheRegularExpressionsCutIt(String name, List<String> regexes) {
        PreTokenizer preTokenizer = PreTokenizer.named(name).orElseThrow();
        List<Pattern> references = regexes.stream()
                .map(regex -> Pattern.compile(regex, Pattern.UNICODE_CHARACTER_CLASS))
                .toList();
        Random random = new Random(42);

        for (int i = 0; i < 10_000; i++) {
            String text = text(random);
            List<String> expected = List.of(text);
            for (Pattern reference : references) {
                expected = expected.stream()
                        .flatMap(piece -> pieces(reference, piece).stream())
                        .toList();
            }

            assertThat(words(preTokenizer, text)).as("words of %s", text).isEqualTo(expected);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("families")
    void aLongRunOfOneKindIsCutInLinearTime(String name, List<String> regexes) {
        PreTokenizer preTokenizer = PreTokenizer.named(name).orElseThrow();
        for (String piece : PIECES) {
            String text = piece.repeat(300_000 / piece.length());

            // Some milliseconds each; what is quadratic takes minutes.
            assertTimeout(
                    Duration.ofSeconds(5),
                    () -> preTokenizer.cut(text, (_, _) -> {}),
                    () -> name + " cutting repeated " + piece);
        }
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        int pieces = random.nextInt(12);
        for (int i = 0; i < pieces; i++) {
            text.append(PIECES[random.nextInt(PIECES.length)].repeat(1 + random.nextInt(3) / 2));
        }
        return text.toString();
    }

    private static List<String> words(PreTokenizer preTokenizer, String text) {
        List<String> words = new ArrayList<>();
        preTokenizer.cut(text, (from, to) -> words.add(text.substring(from, to)));
        return words;
    }

    /// What a regular expression matches in a text, and what lies between.
    private static List<String> pieces(Pattern pattern, String text) {
        List<String> pieces = new ArrayList<>();
        int end = 0;
        for (Matcher matcher = pattern.matcher(text); matcher.find(); end = matcher.end()) {
            if (matcher.start() > end) {
                pieces.add(text.substring(end, matcher.start()));
            }
            pieces.add(matcher.group());
        }
        if (end < text.length()) {
            pieces.add(text.substring(end));
        }
        return pieces;
    }
}
