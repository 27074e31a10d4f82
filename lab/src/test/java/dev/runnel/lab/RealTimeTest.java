package dev.runnel.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RealTimeTest {

    private static final long MILLI = 1_000_000;

    @Test
    void whatIsDueComesInItsOrderAndNeverBeforeItsMoment() {
        List<Integer> order = new ArrayList<>();
        List<Long> early = new ArrayList<>();
        CompletableFuture<Void> last = new CompletableFuture<>();

        try (Time.Real time = new Time.Real()) {
            time.soon(() -> {
                long now = time.nanoTime();
                for (int millis : List.of(9, 3, 6, 0)) {
                    time.at(now + millis * MILLI, () -> {
                        early.add(Math.max(0, now + millis * MILLI - time.nanoTime()));
                        order.add(millis);
                    });
                }
                time.at(now + 9 * MILLI, () -> last.complete(null));
            });
            last.join();
        }

        assertThat(order).containsExactly(0, 3, 6, 9);
        assertThat(early).containsOnly(0L);
    }

    @Test
    void whatComesMeanwhileDoesNotWaitForWhatIsDueLater() {
        CompletableFuture<String> first = new CompletableFuture<>();

        try (Time.Real time = new Time.Real()) {
            time.at(time.nanoTime() + 3_600_000 * MILLI, () -> first.complete("in an hour"));
            time.soon(() -> first.complete("at once"));

            assertThat(first.join()).isEqualTo("at once");
        }
    }

    @Test
    void whatIsDueAtOnceComesInTheOrderInWhichItCame() {
        List<Integer> order = new ArrayList<>();
        CompletableFuture<Void> last = new CompletableFuture<>();

        try (Time.Real time = new Time.Real()) {
            long now = time.nanoTime();
            IntStream.range(0, 1000).forEach(i -> time.at(now, () -> order.add(i)));
            time.at(now, () -> last.complete(null));
            last.join();
        }

        assertThat(order).isSorted().hasSize(1000);
    }
}
