package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class StripTest {

    @Test
    void whatWasWaitedIsDotsAndWhatCameIsBars() {
        assertThat(strip(10, 4, 5, 5, 5, 5, 8, 8).drawn(millis(10), 10)).isEqualTo("····▂█  ▄ ");
    }

    @Test
    void itGoesAsFarAsTheTimeThatHasPassed() {
        assertThat(strip(3).drawn(millis(10), 10)).isEqualTo("····");
        assertThat(strip(3, 2).drawn(millis(10), 10)).isEqualTo("··█ ");
        assertThat(strip(0).drawn(millis(10), 10)).isEqualTo("·");
    }

    @Test
    void whatIsBeyondTheScaleIsAtItsEnd() {
        assertThat(strip(40, 2, 30).drawn(millis(10), 5)).isEqualTo("·█  █");
        assertThat(strip(0, 0).drawn(Duration.ZERO, 3)).hasSize(3);
    }

    @Test
    void columnsOfATableAreThoseOfATerminal() {
        String table = Table.of("", List.of(List.of("整段", "1"), List.of("whole", "2")));

        assertThat(table).isEqualTo("整段   1\nwhole  2\n");
    }

    private static Strip strip(int now, int... pieces) {
        return new Strip(Arrays.stream(pieces).mapToObj(StripTest::millis).toList(), millis(now));
    }

    private static Duration millis(int millis) {
        return Duration.ofMillis(millis);
    }
}
