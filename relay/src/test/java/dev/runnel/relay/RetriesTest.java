package dev.runnel.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetriesTest {

    private static final Retries RETRIES = new Retries(3, Duration.ofSeconds(10), Duration.ofSeconds(1));

    private final RandomGenerator random = new Random(42);

    @ParameterizedTest
    @CsvSource({"0, 500, 1000", "1, 1000, 2000", "2, 2000, 4000"})
    void waitsDoubleAndAreHalfAtRandom(int before, long least, long most) {
        for (int i = 0; i < 100; i++) {
            assertThat(RETRIES.next(before, Duration.ZERO, Optional.empty(), random))
                    .hasValueSatisfying(wait -> assertThat(wait.toMillis()).isBetween(least, most));
        }
    }

    @Test
    void afterTheLastThereIsNone() {
        assertThat(RETRIES.next(3, Duration.ZERO, Optional.empty(), random)).isEmpty();
        assertThat(Retries.NONE.next(0, Duration.ZERO, Optional.of(Duration.ZERO), random))
                .isEmpty();
    }

    @Test
    void nobodyComesBackBeforeTheUpstreamSaysSo() {
        for (int i = 0; i < 100; i++) {
            assertThat(RETRIES.next(0, Duration.ZERO, Optional.of(Duration.ofSeconds(7)), random))
                    .hasValueSatisfying(wait -> assertThat(wait.toMillis()).isBetween(7000L, 7500L));
        }
    }

    @Test
    void whoeverIsToComeBackTooLateDoesNot() {
        assertThat(RETRIES.next(0, Duration.ZERO, Optional.of(Duration.ofSeconds(11)), random))
                .isEmpty();
        assertThat(RETRIES.next(0, Duration.ofSeconds(9), Optional.of(Duration.ofSeconds(2)), random))
                .isEmpty();
        assertThat(RETRIES.next(0, Duration.ofSeconds(10), Optional.empty(), random))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 11})
    void someNumbersAreNone(int most) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RETRIES.withMost(most))
                .withMessage("retries is " + most + ", expected 0 to 10");
    }
}
