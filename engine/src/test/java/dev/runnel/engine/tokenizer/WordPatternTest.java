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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class WordPatternTest {

    private static final String GPT_2 =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
    private static final String CONTRACTIONS = "(?iu:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String SPACE = "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String UPPER = "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";

    /// What tells the patterns' alternatives apart: letters of every case and none, marks, numbers of every
    /// kind, signs, every kind of space, and what looks like space and isn't.
    private static final String[] PIECES = {
        "a", "b", "Z", "É", "ß", "ǅ", "ʰ", "中", "の", "ไ", "م", "ſ", "K", "𝒳", "𐐷", "\u0301", "\u0bcd", "\u20dd",
        "\u093e", "1", "23", "456", "७", "½", "Ⅻ", "𝟘", "'", "'s", "'S", "'ll", "'Re", "'ve", "'d", "'ſ", "'x", ".",
        "/", "!", "…", "🦊", "\u200d", "_", "$", "\u0000", "\u200b", "\ufeff", "\u180e", " ", " ", "  ", "\t", "\n",
        "\r", "\r\n", "\u0085", "\u00a0", "\u2003", "\u3000", "\u2028", "\u001c", "\u000b"
    };

    static Stream<Arguments> patterns() {
        return Stream.of(
                arguments("GPT-2", WordPattern.GPT_2, GPT_2),
                arguments(
                        "Llama 3",
                        WordPattern.LLAMA_3,
                        CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                                + SPACE),
                arguments(
                        "Qwen 2",
                        WordPattern.QWEN_2,
                        CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" + SPACE),
                arguments(
                        "GPT-4o",
                        WordPattern.GPT_4O,
                        UPPER + "*" + LOWER + "+" + CONTRACTIONS + "?|" + UPPER + "+" + LOWER + "*" + CONTRACTIONS
                                + "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" + SPACE),
                arguments(
                        "Tekken",
                        WordPattern.TEKKEN,
                        UPPER + "*" + LOWER + "+|" + UPPER + "+" + LOWER + "*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*"
                                + SPACE));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("patterns")
    void aScannerCutsWhereItsRegularExpressionDoes(String name, WordPattern pattern, String regex) {
        Pattern reference = Pattern.compile(regex, Pattern.UNICODE_CHARACTER_CLASS);
        Random random = new Random(42);

        for (int i = 0; i < 20_000; i++) {
            String text = text(random);

            assertThat(words(pattern, text)).as("words of %s", text).isEqualTo(matches(reference, text));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("patterns")
    void aMegabyteOfOneKindIsCutInLinearTime(String name, WordPattern pattern, String regex) {
        for (String piece : PIECES) {
            String text = piece.repeat(1_000_000 / piece.length());

            // Some milliseconds each; what is quadratic takes many minutes.
            assertTimeout(Duration.ofSeconds(5), () -> cut(pattern, text), () -> "cutting repeated " + piece);
        }
    }

    @Test
    void digitsApartIsGpt2BetweenSingleNumbers() {
        Pattern reference = Pattern.compile(GPT_2, Pattern.UNICODE_CHARACTER_CLASS);
        Pattern numberOrText = Pattern.compile("\\p{N}|\\P{N}+", Pattern.UNICODE_CHARACTER_CLASS);
        Random random = new Random(42);

        for (int i = 0; i < 20_000; i++) {
            String text = text(random);
            List<String> expected = matches(numberOrText, text).stream()
                    .flatMap(piece -> matches(reference, piece).stream())
                    .toList();

            assertThat(words(WordPattern.DIGITS_APART, text))
                    .as("words of %s", text)
                    .isEqualTo(expected);
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

    private static List<String> words(WordPattern pattern, String text) {
        List<String> words = new ArrayList<>();
        for (int from = 0; from < text.length(); ) {
            int end = pattern.end(text, from);
            words.add(text.substring(from, end));
            from = end;
        }
        return words;
    }

    private static void cut(WordPattern pattern, String text) {
        for (int from = 0; from < text.length(); ) {
            from = pattern.end(text, from);
        }
    }

    private static List<String> matches(Pattern pattern, String text) {
        List<String> matches = new ArrayList<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            matches.add(matcher.group());
        }
        return matches;
    }
}
