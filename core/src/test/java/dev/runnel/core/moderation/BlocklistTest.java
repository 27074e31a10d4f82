package dev.runnel.core.moderation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BlocklistTest {

    /// Where the first phrase begins, -1 if there is none.
    private static int found(List<String> phrases, String text) {
        Watch watch = new Watch(new Blocklist(phrases));
        watch.read(text);
        watch.end();
        return watch.hasFound() ? watch.cleared() : -1;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "secret word|a secret word.|2", //
                "secret word|a SeCreT  \t Word|2",
                "secret word|a ｓｅｃｒｅｔ word|2",
                "secret word|a sec\u200bret word|2",
                "secret word|a secret words|-1",
                "secret word|secretword|-1",
                "ass|class|-1",
                "ass|assess|-1",
                "ass|an ass!|3",
                "ass|an ass|3",
                "c++|in c++20|3",
                "密码|这是密码吗|2",
                "密 码|这是密码吗|-1",
                "naïve|so NAÏVE|3",
                "👍👍|a👍👍👍|1",
                "aa b|aaa b aa b|6"
            })
    void aPhraseIsFoundAsPeopleReadIt(String phrase, String text, int place) {
        assertThat(found(List.of(phrase), text)).isEqualTo(place);
    }

    @Test
    void aPhraseIsFoundAcrossLines() {
        assertThat(found(List.of("secret word"), "a secret\n\n word")).isEqualTo(2);
    }

    @Test
    void ofSeveralPhrasesTheFirstToBeWholeIsFound() {
        assertThat(found(List.of("one two three", "two"), "zero one two three")).isEqualTo(9);
        assertThat(found(List.of("中国人民", "国人"), "中国人")).isEqualTo(1);
        assertThat(found(List.of("国人", "中国人"), "中国人"))
                .as("where two end, that which begins first")
                .isZero();
        assertThat(found(List.of("he", "she", "hers"), "ushers")).isEqualTo(-1);
        assertThat(found(List.of("他", "他们的", "们的"), "她们的")).isEqualTo(1);
    }

    /// Against looking at every place of the text, on letters few enough for phrases to overlap in every way.
    @Test
    void whatIsFoundIsWhatLookingEverywhereFinds() {
        Random random = new Random(1);
        for (int round = 0; round < 2_000; round++) {
            List<String> phrases = IntStream.range(0, 1 + random.nextInt(4))
                    .mapToObj(_ -> letters(random, 1 + random.nextInt(4)))
                    .toList();
            String text = letters(random, random.nextInt(12));
            int expected = -1;
            for (int end = 1; end <= text.length() && expected < 0; end++) {
                for (int start = 0; start < end && expected < 0; start++) {
                    expected = phrases.contains(text.substring(start, end)) ? start : -1;
                }
            }

            assertThat(found(phrases, text)).as("%s in %s", phrases, text).isEqualTo(expected);
        }
    }

    /// Of characters that need no spaces between words.
    private static String letters(Random random, int count) {
        return IntStream.range(0, count)
                .mapToObj(_ -> random.nextInt(3) == 0 ? "的" : "人")
                .collect(Collectors.joining());
    }

    @Test
    void aTextIsReadLineByLine() {
        Blocklist blocklist = Blocklist.of("# what nobody says\n\n  first phrase  \r\nsecond\n");
        Watch watch = new Watch(blocklist);
        watch.read("the first phrase ");

        assertThat(watch.cleared()).isEqualTo(4);
        assertThat(watch.hasFound()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# nothing\n", "\n\n"})
    void aTextWithoutPhrasesIsRefused(String text) {
        assertThatThrownBy(() -> Blocklist.of(text)).hasMessage("a blocklist has no phrases, expected at least one");
    }

    @Test
    void aPhraseThatNobodySeesIsRefused() {
        assertThatThrownBy(() -> Blocklist.of("word\n\u200b"))
                .hasMessage("the phrase '\u200b' holds nothing that can be seen");
    }

    @Test
    void lettersAreTheSameWhateverTheMachinesLanguage() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("tr"));
            assertThat(found(List.of("title"), "TITLE")).isZero();
        } finally {
            Locale.setDefault(before);
        }
    }
}
