package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.lab.Load;
import dev.runnel.lab.Progress;
import dev.runnel.lab.Target;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BenchDisplayTest {

    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private long now;

    @Test
    void aLineTellsHowFarItHasComeAndLivePercentiles() {
        assertThat(BenchDisplay.line(progress(false, 2, Optional.of(Duration.ofMillis(412)))))
                .isEqualTo("4 at once, round 2/5, 37/200, 3 failed  ttft p50 41.2 ms p99 412 ms  itl p50 1…");
        assertThat(BenchDisplay.line(progress(false, 2, Optional.empty()))).contains("ttft p50 41.2 ms  itl p50");
        assertThat(BenchDisplay.line(progress(true, 0, Optional.empty()))).isEqualTo("4 at once, warming up");
    }

    @Test
    void aTerminalHasOneLineThatChangesAndLeavesNoTrace() {
        try (BenchDisplay display = display(true)) {
            display.show(progress(true, 0, Optional.empty()));
            display.show(progress(true, 0, Optional.empty()));
        }

        String line = "\r\033[K4 at once, warming up";
        assertThat(shown()).isEqualTo(line + line + "\r\033[K");
    }

    @Test
    void elsewhereALineIsToldNowAndThen() {
        try (BenchDisplay display = display(false)) {
            for (int second = 1; second <= 25; second++) {
                now += Duration.ofSeconds(1).toNanos();
                display.show(progress(true, 0, Optional.empty()));
            }
        }

        assertThat(shown()).isEqualTo("4 at once, warming up\n".repeat(2));
    }

    private BenchDisplay display(boolean live) {
        return new BenchDisplay(new PrintStream(shown, true, StandardCharsets.UTF_8), live, () -> now);
    }

    private String shown() {
        return shown.toString(StandardCharsets.UTF_8);
    }

    private static Progress progress(boolean warmingUp, int round, Optional<Duration> ttftP99) {
        Target target = new Target("a", new ScriptedBackend("m", Script.of()), "m", Target.Reading.STREAMED);
        return new Progress(
                target,
                new Load.Closed(4, 200),
                warmingUp,
                round,
                5,
                37,
                200,
                3,
                Optional.of(Duration.ofNanos(41_200_000)),
                ttftP99,
                Optional.of(Duration.ofNanos(10_100_000)),
                Optional.empty());
    }
}
