package dev.runnel.engine.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {

    private static final long SECOND = 1_000_000_000L;

    private final Pace pace = new Pace();

    @Test
    void withNothingMeasuredItIsWorthTryingAgainInASecond() {
        assertThat(pace.untilDeparted(50)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void theQueueDrainsAtTheRateAtWhichCompletionsHaveLeft() {
        for (int i = 0; i < 10; i++) {
            pace.stepped(SECOND);
            pace.stepped(SECOND);
            pace.departed();
        }

        assertThat(pace.untilDeparted(1)).isEqualTo(Duration.ofSeconds(2));
        assertThat(pace.untilDeparted(7)).isEqualTo(Duration.ofSeconds(14));
    }

    @Test
    void whenNoneLeavesTheEstimateGrows() {
        pace.stepped(SECOND);
        pace.departed();

        for (int i = 0; i < 5; i++) {
            pace.stepped(SECOND);
        }

        assertThat(pace.untilDeparted(2)).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void aChangeOfPaceIsFollowed() {
        for (int i = 0; i < 10; i++) {
            pace.stepped(4 * SECOND);
            pace.departed();
        }
        for (int i = 0; i < 40; i++) {
            pace.stepped(SECOND / 2);
            pace.departed();
        }

        assertThat(pace.untilDeparted(10)).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(6));
    }

    @Test
    void theEstimateStaysBetweenASecondAndAMinute() {
        pace.stepped(1);
        pace.departed();
        assertThat(pace.untilDeparted(3)).isEqualTo(Duration.ofSeconds(1));

        pace.stepped(1000 * SECOND);
        assertThat(pace.untilDeparted(3)).isEqualTo(Duration.ofSeconds(60));
    }
}
