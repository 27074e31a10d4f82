package dev.runnel.engine.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PromptPaceTest {

    private static final long MILLI = 1_000_000;

    private final PromptPace pace = new PromptPace();

    @Test
    void withNothingMeasuredAFewTokensAreTried() {
        assertThat(pace.tokensIn(50 * MILLI, 256)).isEqualTo(16);
    }

    @Test
    void asManyTokensAreReadAsFitBesidesTheAnswers() {
        for (int i = 0; i < 20; i++) {
            pace.stepped(10 * MILLI, 0, true);
            pace.stepped((10 + 32) * MILLI, 64, true); // half a millisecond for each
        }

        assertThat(pace.tokensIn(50 * MILLI, 256)).isEqualTo(100);
        assertThat(pace.tokensIn(50 * MILLI, 60)).isEqualTo(60);
    }

    @Test
    void atLeastOneTokenIsReadHoweverSlow() {
        pace.stepped(1000 * MILLI, 10, false);

        assertThat(pace.tokensIn(50 * MILLI, 256)).isEqualTo(1);
        assertThat(pace.tokensIn(0, 256)).isEqualTo(1);
    }

    @Test
    void aSlowerStepIsBelievedAtOnceAndAFasterOneLittleByLittle() {
        pace.stepped(64 * MILLI, 64, false);
        pace.stepped(128 * MILLI, 64, false);
        assertThat(pace.tokensIn(50 * MILLI, 256)).isEqualTo(25);

        pace.stepped(64 * MILLI, 64, false);
        assertThat(pace.tokensIn(50 * MILLI, 256)).isEqualTo(28);
        for (int i = 0; i < 30; i++) {
            pace.stepped(64 * MILLI, 64, false);
        }
        assertThat(pace.tokensIn(50 * MILLI, 256)).isBetween(49, 50);
    }

    @Test
    void aStepOfAFewTokensSaysLittle() {
        pace.stepped(64 * MILLI, 64, false);
        pace.stepped(30 * MILLI, 1, false);

        assertThat(pace.tokensIn(50 * MILLI, 256)).isEqualTo(50);
    }
}
