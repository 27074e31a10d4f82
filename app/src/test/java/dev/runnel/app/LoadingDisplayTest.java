package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.app.LoadingDisplay.Manner;
import dev.runnel.engine.LoadingListener.Phase;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LoadingDisplayTest {

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private long now;

    @Test
    void onATerminalItIsOneLineThatLeavesNoTrace() {
        try (LoadingDisplay display = display(Manner.LIVE)) {
            after(Duration.ofMillis(100));
            display.loading(Phase.WEIGHTS, 0.5);
            after(Duration.ofMillis(99));
            display.loading(Phase.WEIGHTS, 0.51); // too soon to be seen
        }

        assertThat(shown())
                .isEqualTo("loading m.gguf"
                        + "\r\033[Kloading m.gguf  ████████████░░░░░░░░░░░░  50%  laying out the weights" + "\r\033[K");
    }

    @Test
    void elsewhereItIsALineNowAndThen() {
        try (LoadingDisplay display = display(Manner.LINES)) {
            after(Duration.ofSeconds(2));
            display.loading(Phase.VOCABULARY, 0);
            after(Duration.ofSeconds(3));
            display.loading(Phase.WEIGHTS, 0.257);
            after(Duration.ofSeconds(4));
            display.loading(Phase.WEIGHTS, 1);
        }

        assertThat(shown()).isEqualTo("loading m.gguf\nloading m.gguf: laying out the weights, 25%\n");
    }

    @Test
    void silentIsSilent() {
        try (LoadingDisplay display = display(Manner.SILENT)) {
            after(Duration.ofSeconds(60));
            display.loading(Phase.FILE, 1);
        }

        assertThat(shown()).isEmpty();
    }

    @Test
    void aFileWithoutANameIsCalledByItsPath() {
        TestProgram program = new TestProgram(ScriptedRooms.saying("2"));

        LoadingDisplay.of(program.shell(), Optional.of(Path.of("/"))).close();

        assertThat(program.err()).isEqualTo("loading /\n");
    }

    private LoadingDisplay display(Manner manner) {
        return new LoadingDisplay(new PrintStream(err, true, StandardCharsets.UTF_8), manner, "m.gguf", () -> now);
    }

    private void after(Duration time) {
        now += time.toNanos();
    }

    private String shown() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
