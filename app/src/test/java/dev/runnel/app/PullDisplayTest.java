package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PullDisplayTest {

    private static final long GIB = 1L << 30;

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private long now;

    @Test
    void onATerminalItShowsHowFarHowFastAndHowLongStill() {
        try (PullDisplay display = display(true)) {
            display.begins("dir/Model-4B-Instruct-Q4_K_M.gguf", 4 * GIB, 1, 2);
            display.has(GIB); // of the run before
            after(Duration.ofSeconds(10));
            display.has(2 * GIB);
            after(Duration.ofSeconds(3));
            display.checks(4 * GIB);
            display.ends(false);
        }

        String title = "Model-4B…uct-Q4_K_M.gguf 1/2";
        assertThat(shown())
                .isEqualTo("\r\033[K" + title + "  ██████░░░░░░  50%  2.00 GiB  102 MiB/s  0:20 left"
                        + "\r\033[K" + title + "  ████████████ 100%  checking what came"
                        + "\r\033[K" + title + ": 3.00 GiB in 0:13, checked\n"
                        + "\r\033[K");
    }

    @Test
    void elsewhereItIsALineNowAndThen() {
        try (PullDisplay display = display(false)) {
            display.begins("m.gguf", GIB, 1, 1);
            display.has(0);
            after(Duration.ofSeconds(9));
            display.has(GIB / 8);
            after(Duration.ofSeconds(1));
            display.has(GIB / 4);
            display.retries("nothing came\033 for too long", Duration.ofSeconds(2));
            display.has(0); // it had to begin again
            after(Duration.ofHours(2));
            display.has(GIB);
            display.ends(false);
        }

        assertThat(shown()).isEqualTo("""
                        m.gguf: 1.00 GiB
                        m.gguf: 25% fetched, 256 MiB  25.6 MiB/s  0:30 left
                        m.gguf: nothing came for too long; trying again in 2.00 s
                        m.gguf: 100% fetched, 1.00 GiB  146 KiB/s  0:00 left
                        m.gguf: 1.00 GiB in 2:00:10, not checked, as the hub names no checksum
                        """);
    }

    @Test
    void whatWasHereIsSaidToBe() {
        try (PullDisplay display = display(false)) {
            display.begins("m.gguf", 0, 1, 1);
            display.ends(true);
        }

        assertThat(shown()).isEqualTo("m.gguf: 0 B\nm.gguf: was here already\n");
    }

    private PullDisplay display(boolean live) {
        return new PullDisplay(new PrintStream(err, true, StandardCharsets.UTF_8), live, () -> now);
    }

    private void after(Duration time) {
        now += time.toNanos();
    }

    private String shown() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
