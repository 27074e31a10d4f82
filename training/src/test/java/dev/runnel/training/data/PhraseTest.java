package dev.runnel.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PhraseTest {

    private static Phrase parsed(String text) {
        Map<String, Phrase> fragments = Map.of("range", new Phrase.Literal("from {a} to {b}"));
        return Phrase.parse(text, name -> Objects.requireNonNull(fragments.get(name), name));
    }

    @Test
    void alternativesHoldAlternativesAndFragments() {
        Phrase phrase = parsed("(|please(| do) )count( <range>|)!");

        assertThat(phrase.all())
                .containsExactlyInAnyOrder(
                        "count from {a} to {b}!",
                        "count!",
                        "please count from {a} to {b}!",
                        "please count!",
                        "please do count from {a} to {b}!",
                        "please do count!");
        assertThat(phrase.ways()).isEqualTo(6);
    }

    @Test
    void everyWayToSayItIsDrawnAndNoOther() {
        Phrase phrase = parsed("(a|b(c|d))(e|)");
        Draw draw = new Draw(new Random(1), Split.TRAINING, Language.ENGLISH, 1);

        Set<String> drawn = Stream.generate(() -> phrase.drawn(draw)).limit(200).collect(Collectors.toSet());

        assertThat(drawn).isEqualTo(phrase.all().collect(Collectors.toSet()));
    }

    @Test
    void aPhraseWithAnyWordHasNoNumberOfWays() {
        assertThat(parsed("(count|<word>) <range>").ways()).isNaN();
    }

    @Test
    void bracketsThatDoNotMatchAreRefused() {
        assertThatThrownBy(() -> parsed("count (up|down")).hasMessageContaining("open bracket");
        assertThatThrownBy(() -> parsed("count up) now")).hasMessageContaining("not open");
        assertThatThrownBy(() -> parsed("count <range")).hasMessageContaining("without a '>'");
    }
}
