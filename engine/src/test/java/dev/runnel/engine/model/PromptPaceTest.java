package dev.runnel.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
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
        for (int i = 0; i < 60; i++) {
            pace.stepped(10 * MILLI, 0, true);
            pace.stepped((10 + 32) * MILLI, 64, true); // half a millisecond for each
        }

        assertThat(pace.tokensIn(50 * MILLI, 256)).isBetween(99, 100);
        assertThat(pace.tokensIn(50 * MILLI, 60)).isEqualTo(60);
    }

    @Test
    void atLeastOneTokenIsReadHoweverSlow() {
        pace.stepped(1000 * MILLI, 10, false);

        assertThat(pace.tokensIn(50 * MILLI, 256)).isEqualTo(1);
        assertThat(pace.tokensIn(0, 256)).isEqualTo(1);
    }

    @Test
    void whereStepsDifferTheTimeIsRarelyExceeded() {
        Random random = new Random(42);
        int exceeded = 0;
        long read = 0;
        for (int i = 0; i < 1000; i++) {
            int tokens = pace.tokensIn(50 * MILLI, 256);
            double nanos = tokens * 0.5 * MILLI * (1 + 0.2 * random.nextGaussian());
            pace.stepped((long) nanos, tokens, false);
            exceeded += nanos > 50 * MILLI ? 1 : 0;
            read += tokens;
        }

        assertThat(exceeded).isLessThan(100);
        assertThat(read / 1000).as("of the 100 that fit on average").isGreaterThan(60);
    }

    @Test
    void oneStepThatWasInterruptedIsSoonForgotten() {
        for (int i = 0; i < 30; i++) {
            pace.stepped(50 * MILLI, 100, false);
        }
        pace.stepped(200 * MILLI, 100, false);
        assertThat(pace.tokensIn(50 * MILLI, 256)).isLessThan(35);

        for (int i = 0; i < 30; i++) {
            pace.stepped(50 * MILLI, 100, false);
        }
        assertThat(pace.tokensIn(50 * MILLI, 256)).isGreaterThan(85);
    }

    @Test
    void aStepOfAFewTokensSaysLittle() {
        pace.stepped(64 * MILLI, 64, false);
        pace.stepped(30 * MILLI, 1, false);

        assertThat(pace.tokensIn(50 * MILLI, 256)).isEqualTo(50);
    }

    @Test
    void stepsThatBeganFarTooShortGrowToWhatFits() {
        pace.stepped(500 * MILLI, 10, false); // something else was going on
        for (int i = 0; i < 60; i++) {
            int tokens = pace.tokensIn(50 * MILLI, 256);
            pace.stepped(5 * MILLI, 0, true);
            pace.stepped(5 * MILLI + tokens * MILLI / 2, tokens, true);
        }

        assertThat(pace.tokensIn(50 * MILLI, 256)).isBetween(80, 100);
    }
}
