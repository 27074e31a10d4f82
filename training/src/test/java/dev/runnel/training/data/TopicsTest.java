package dev.runnel.training.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicsTest {

    private static List<String> questions(Phrasebook book, Language language, String topic, Split split) {
        Draw draw = new Draw(new Random(topic.hashCode()), split, language, 1);
        return IntStream.range(0, 300)
                .mapToObj(_ -> Topics.question(draw, book, topic))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"knowledge", "itself", "smalltalk"})
    void aTopicIsAskedAboutInManyWays(String name) {
        Phrasebook book = Phrasebook.load(name);
        for (Language language : Language.values()) {
            Draw draw = new Draw(new Random(3), Split.TRAINING, language, 1);
            Set<String> topics = new HashSet<>();
            IntStream.range(0, 1000).forEach(_ -> topics.add(Topics.topic(draw, book)));
            for (String topic : topics) {
                assertThat(new HashSet<>(questions(book, language, topic, Split.TRAINING)))
                        .as(name + " " + language + " " + topic)
                        .hasSizeGreaterThan(80);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"itself, size", "smalltalk, bye", "smalltalk, praise", "knowledge, context", "itself, other"})
    void alternativesDoNotAddUpToWhatIsHeldOut(String name, String topic) {
        Phrasebook book = Phrasebook.load(name);
        for (Language language : Language.values()) {
            Phrasebook.Section section = book.section(language, topic);
            List<String> trained = questions(book, language, topic, Split.TRAINING).stream()
                    .map(question -> question.replaceAll("[?!.]$", ""))
                    .toList();

            assertThat(trained)
                    .doesNotContainAnyElementsOf(section.lines(Split.HELD_OUT))
                    .doesNotContainAnyElementsOf(section.lines(Split.KEPT_ASIDE));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"knowledge", "itself"})
    void clausesStandInAFrame(String name) {
        Phrasebook book = Phrasebook.load(name);
        for (Language language : Language.values()) {
            Draw draw = new Draw(new Random(4), Split.TRAINING, language, 1);
            for (int i = 0; i < 2000; i++) {
                assertThat(Topics.question(draw, book, Topics.topic(draw, book)))
                        .doesNotContain("…", "{q}", "{x}", "(", "|")
                        .isNotBlank();
            }
        }
    }
}
