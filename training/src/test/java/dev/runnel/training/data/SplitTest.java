package dev.runnel.training.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SplitTest {

    @Test
    void nothingThatIsAskedInAnExaminationIsTrainedOn() {
        Set<String> asked = Examination.questions(Split.HELD_OUT).stream()
                .map(Conversation::key)
                .collect(Collectors.toSet());
        asked.addAll(Examination.questions(Split.KEPT_ASIDE).stream()
                .map(Conversation::key)
                .collect(Collectors.toSet()));
        Curriculum curriculum = new Curriculum(Examination.keys());
        Random random = new Random(11);

        for (int i = 0; i < 30_000; i++) {
            assertThat(asked)
                    .doesNotContain(curriculum.next(random, i / 30_000.0).key());
        }
    }

    @Test
    void whatIsHeldOutIsMadeOfPhrasesOrOperandsThatNoTrainingConversationHas() {
        Random random = new Random(12);
        Set<String> trained = new HashSet<>();
        for (Lesson lesson : Curriculum.lessons()) {
            for (int i = 0; i < 3000; i++) {
                Language language = i % 2 == 0 ? Language.CHINESE : Language.ENGLISH;
                trained.add(lesson.make(new Draw(random, Split.TRAINING, language, 1))
                        .key());
            }
        }

        List<String> shared = Examination.questions(Split.HELD_OUT).stream()
                .map(Conversation::key)
                .filter(trained::contains)
                .toList();

        assertThat(shared).isEmpty();
    }

    @Test
    void noPhraseIsInTwoSplits() {
        for (String name : List.of(
                "counting",
                "arithmetic",
                "sequences",
                "repeating",
                "knowledge",
                "itself",
                "smalltalk",
                "beyond",
                "followups",
                "system",
                "tools",
                "json")) {
            Phrasebook book = Phrasebook.load(name);
            for (Language language : Language.values()) {
                for (String key : book.sections(language)) {
                    Phrasebook.Section section = book.section(language, key);
                    if (section.phrases(Split.HELD_OUT).equals(section.phrases(Split.TRAINING))) {
                        continue; // shared: operands tell the splits apart
                    }
                    assertThat(section.phrases(Split.TRAINING))
                            .as(name + " " + key)
                            .doesNotContainAnyElementsOf(section.phrases(Split.HELD_OUT))
                            .doesNotContainAnyElementsOf(section.phrases(Split.KEPT_ASIDE));
                }
            }
        }
    }

    @Test
    void operandsAreInOneSplitEachMostlyInTraining() {
        int trained = 0;
        for (int i = 0; i < 10_000; i++) {
            trained += Split.of("count %d %d 1".formatted(i / 100, i % 100)) == Split.TRAINING ? 1 : 0;
        }

        assertThat(trained).isBetween(8_800, 9_200);
    }
}
