package dev.runnel.training.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NoiseTest {

    @ParameterizedTest
    @CsvSource({
        "ENGLISH, 'Please count down from {a} to {b} in steps of {s}', 'from {a} to {b}'",
        "ENGLISH, 'Could you say \"{w}\" {n} times for me', '\"{w}\" {n} times'",
        "CHINESE, '请你从{a}倒着数到{b},每次减{s}', '从{a}倒'",
        "CHINESE, '请把“{w}”重复{n}遍好吗', '“{w}”'"
    })
    void placeholdersAndWhatStandsBesideThemSurvive(Language language, String phrase, String kept) {
        Draw draw = new Draw(new Random(1), Split.TRAINING, language, 1);
        int changed = 0;

        for (int i = 0; i < 2000; i++) {
            String noisy = Noise.in(phrase, draw);

            assertThat(placeholders(noisy)).isEqualTo(placeholders(phrase));
            assertThat(noisy).contains(kept);
            changed += noisy.equals(phrase) ? 0 : 1;
        }

        assertThat(changed).isBetween(100, 1000);
    }

    private static List<String> placeholders(String phrase) {
        return Pattern.compile("\\{[a-z]}")
                .matcher(phrase)
                .results()
                .map(MatchResult::group)
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"ENGLISH, please now backwards, b[a-z]{7}", "CHINESE, 请倒过来吧, 倒.*过.*来"})
    void whatDecidesIsNotLeftOut(Language language, String phrase, String kept) {
        Draw draw = new Draw(new Random(2), Split.TRAINING, language, 1);

        for (int i = 0; i < 500; i++) {
            assertThat(Noise.in(phrase, draw)).containsPattern(kept);
        }
    }
}
