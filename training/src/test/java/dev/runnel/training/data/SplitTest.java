package dev.runnel.training.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SplitTest {

    private static final int DRAWN = 300; // phrases of a section

    private static final List<String> BOOKS = List.of(
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
            "json");

    @Test
    void nothingThatIsAskedInAnExaminationIsTrainedOn() {
        Set<String> asked = Examination.keys();
        Curriculum curriculum = new Curriculum(asked);
        Random random = new Random(11);

        for (int i = 0; i < 30_000; i++) {
            assertThat(asked)
                    .doesNotContain(curriculum.next(random, i / 30_000.0).key());
        }
    }

    @Test
    void noPhraseIsInTwoSplits() {
        for (Phrasebook.Section section : sections()) {
            if (!section.isShared()) { // else operands tell the splits apart
                assertThat(section.lines(Split.TRAINING))
                        .doesNotContainAnyElementsOf(section.lines(Split.HELD_OUT))
                        .doesNotContainAnyElementsOf(section.lines(Split.KEPT_ASIDE));
            }
        }
    }

    @Test
    void aPhraseWrittenForAnotherSplitIsNeverTrainedOnHoweverItIsPutTogether() {
        for (Phrasebook.Section section : sections()) {
            Set<String> written = Stream.of(Split.HELD_OUT, Split.KEPT_ASIDE)
                    .filter(_ -> !section.isShared())
                    .flatMap(split -> section.phrases(split).stream())
                    .flatMap(Phrase::all)
                    .map(Text::plain)
                    .collect(Collectors.toSet());

            Set<String> shared = drawn(section, Split.TRAINING);
            shared.retainAll(written);
            assertThat(shared).isEmpty();
        }
    }

    @Test
    void aCombinationThatIsHeldOutIsNeverTrainedOn() {
        int combinations = 0;
        for (Phrasebook.Section section : sections()) {
            if (section.isRich() && !section.isShared()) {
                Set<String> heldOut = drawn(section, Split.NEW_COMBINATIONS);
                combinations += heldOut.size();

                assertThat(drawn(section, Split.TRAINING)).doesNotContainAnyElementsOf(heldOut);
            }
        }

        assertThat(combinations).isGreaterThan(1000);
    }

    @Test
    void whatPeopleSayMostIsTaughtWhereverItsHashFalls() {
        Phrasebook.Section section = Phrasebook.load("itself").section(Language.ENGLISH, "who");
        String name = Text.plain("what's your name");
        Draw draw = new Draw(new Random(13), Split.TRAINING, Language.ENGLISH, 1);

        assertThat(Split.of(name)).isEqualTo(Split.HELD_OUT);
        assertThat(Stream.generate(() -> Text.plain(draw.phrase(section))).limit(5_000))
                .contains(name);
        assertThat(drawn(section, Split.NEW_COMBINATIONS)).doesNotContain(name);
    }

    private static Set<String> drawn(Phrasebook.Section section, Split split) {
        Draw draw = new Draw(new Random(13), split, Language.ENGLISH, 1);
        return Stream.generate(() -> Text.plain(draw.phrase(section)))
                .limit(DRAWN)
                .collect(Collectors.toSet());
    }

    private static List<Phrasebook.Section> sections() {
        List<Phrasebook.Section> sections = new ArrayList<>();
        for (String name : BOOKS) {
            Phrasebook book = Phrasebook.load(name);
            for (Language language : Language.values()) {
                book.sections(language).stream()
                        .map(section -> book.section(language, section))
                        .filter(section -> !section.lines(Split.TRAINING).isEmpty())
                        .forEach(sections::add);
            }
        }
        return sections;
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
