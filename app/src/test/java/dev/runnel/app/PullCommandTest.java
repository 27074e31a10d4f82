package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.app.ScriptedRooms.Opened;
import dev.runnel.app.Shell.Channel;
import dev.runnel.app.hub.SmallHub;
import dev.runnel.engine.EngineOptions;
import dev.runnel.testing.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PullCommandTest {

    private static final byte[] BYTES = new byte[2_000_000];

    @TempDir
    private Path home;

    private final SmallHub hub =
            new SmallHub().with("org/m-GGUF", "m-Q4_K_M.gguf", BYTES).with("org/m-GGUF", "m-F16.gguf", BYTES);
    private final ScriptedRooms rooms = ScriptedRooms.saying("2");

    @AfterEach
    void close() {
        hub.close();
    }

    @Test
    void standardOutputGetsThePathAndStandardErrorTheNews() {
        TestProgram program = program();

        assertThat(program.run("pull", "org/m-GGUF")).isZero();

        Path file = Path.of(program.out().strip());
        assertThat(program.out()).hasLineCount(1);
        assertThat(file).hasBinaryContent(BYTES).startsWith(home);
        assertThat(file.getFileName()).hasToString("m-Q4_K_M.gguf");
        assertThat(program.err()).matches("m-Q4_K_M.gguf: 1.91 MiB\nm-Q4_K_M.gguf: 1.91 MiB in \\d+:\\d\\d, checked\n");
    }

    @Test
    void onATerminalOneLineShowsHowFarItIs() {
        TestProgram program = program().terminals(Channel.ERR);

        assertThat(program.run("pull", "org/m-GGUF:F16")).isZero();

        assertThat(program.err()).contains("\r\033[Km-F16.gguf: 1.91 MiB in ").endsWith("\r\033[K");
    }

    @Test
    void aPulledModelGoesByItsNameInEveryCommand() {
        program().run("pull", "org/m-GGUF:F16");

        assertThat(program().run("complete", "--model", "org/m-GGUF", "hi")).isZero();
        assertThat(program().run("inspect", "org/m-GGUF:f16")).isZero();

        Path file = home.resolve("hub/models--org--m-GGUF/snapshots/" + SmallHub.COMMIT + "/m-F16.gguf");
        assertThat(rooms.opened()).containsExactly(new Opened.Engine(Optional.of(file), EngineOptions.DEFAULT));
    }

    /// As a shell makes it of a variable that is not set.
    @Test
    void aModelWithoutANameIsNotTheFolderThatSomebodyIsIn() {
        TestProgram program = program();

        assertThat(program.run("complete", "--model", "", "hi")).isEqualTo(ExitCode.FAILED);

        assertThat(program.err())
                .isEqualTo("runnel: the model's name is blank, expected a file or OWNER/REPO[:QUANT]\n");
    }

    @Test
    void aModelThatWasNotPulledSaysHowToPullIt() {
        TestProgram program = program();

        assertThat(program.run("complete", "--model", "org/m-GGUF:Q8_0", "hi")).isEqualTo(ExitCode.FAILED);

        assertThat(program.err())
                .isEqualTo("runnel: there is no file org/m-GGUF:Q8_0, and no model of that name has been pulled; "
                        + "`runnel pull org/m-GGUF:Q8_0` fetches it\n");
    }

    @Test
    void theListShowsWhatThereIs() {
        TestProgram program = program();

        assertThat(program.run("pull", "org/m-GGUF", "--list")).isZero();

        assertThat(program.out()).isEqualTo("F16     1.91 MiB\nQ4_K_M  1.91 MiB\n");
        assertThat(program.err()).isEmpty();
        assertThat(home).isEmptyDirectory();
    }

    @Test
    void aCommitAndTheNumberOfConnectionsCanBeGiven() {
        assertThat(program().run("pull", "org/m-GGUF", "--revision", SmallHub.COMMIT, "--connections", "1"))
                .isZero();

        TestProgram unknown = program();
        assertThat(unknown.run("pull", "org/m-GGUF", "--revision", "v2")).isEqualTo(ExitCode.FAILED);
        assertThat(unknown.err()).isEqualTo("runnel: org/m-GGUF has no such revision\n");
    }

    @Test
    void modelScopeIsPulledFromWhenItIsAskedFor() {
        TestProgram program = program().environment("RUNNEL_HUB", "modelscope");

        assertThat(program.run("pull", "org/m-GGUF")).isZero();

        assertThat(Path.of(program.out().strip())).hasBinaryContent(BYTES).startsWith(home.resolve("modelscope"));
        assertThat(program().run("complete", "--model", "org/m-GGUF", "hi")).isZero();
    }

    @Test
    void whoIsAskedToStopStopsAndGoesOnInTheNextRun() throws Exception {
        hub.fallSilentAfter(1_000_000);
        TestProgram program = program();
        TestProgram.Running running = program.start("pull", "org/m-GGUF", "--connections", "1");
        Await.until("some of it to be here", this::isBegun);

        running.stop();

        assertThat(running.exitCode()).isEqualTo(130);
        assertThat(program.err()).endsWith("Stopped; another pull goes on from here.\n");
        assertThat(program.out()).isEmpty();
        hub.speakAgain();
        TestProgram again = program();
        assertThat(again.run("pull", "org/m-GGUF")).isZero();
        assertThat(Path.of(again.out().strip())).hasBinaryContent(BYTES);
        assertThat(hub.seen().getLast().range()).matches("bytes=[1-9]\\d*-1999999");
    }

    @Test
    void whatMakesNoSenseIsAMistake() {
        for (String[] wrong : new String[][] {
            {"pull"},
            {"pull", "m"},
            {"pull", "org/m", "--connections", "0"},
            {"pull", "org/m", "--connections", "17"},
            {"pull", "org/m", "--hub", "elsewhere"}
        }) {
            TestProgram program = program();

            assertThat(program.run(wrong)).as(String.join(" ", wrong)).isEqualTo(ExitCode.USAGE);
            assertThat(program.err()).startsWith("runnel: ").hasLineCount(1);
        }
    }

    /// Whether it has been noted how far a file is.
    private boolean isBegun() {
        try (Stream<Path> files = Files.walk(home)) {
            return files.anyMatch(file -> file.toString().endsWith(".ranges"));
        } catch (IOException | UncheckedIOException changing) {
            return false;
        }
    }

    private TestProgram program() {
        return new TestProgram(rooms)
                .environment("HF_ENDPOINT", hub.endpoint())
                .environment("HF_HOME", home.toString())
                .environment("MODELSCOPE_ENDPOINT", hub.endpoint())
                .environment("MODELSCOPE_CACHE", home.resolve("modelscope").toString());
    }
}
