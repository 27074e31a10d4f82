package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.app.Shell.Channel;
import dev.runnel.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

class HelpTest {

    private final TestProgram program = new TestProgram(ScriptedRooms.saying("2"));

    @ParameterizedTest
    @ValueSource(strings = {"--help", "-h", "help"})
    void helpListsTheCommandsWithExamplesAndExitCodes(String ask) {
        assertThat(program.run(ask)).isZero();

        assertThat(program.out())
                .contains(
                        "serve",
                        "chat",
                        "complete",
                        "pull",
                        "inspect",
                        "Examples:",
                        "Exit codes:",
                        "RUNNEL_MAX_TOKENS");
        assertThat(program.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "serve",
                "chat",
                "complete",
                "pull",
                "inspect",
                "tokenize",
                "detokenize",
                "render",
                "score",
                "compare",
                "bench",
                "notebook"
            })
    void eachCommandHelpsInTwoWays(String command) {
        TestProgram other = new TestProgram(ScriptedRooms.saying("2"));

        assertThat(program.run(command, "--help")).isZero();
        assertThat(other.run("help", command)).isZero();

        assertThat(program.out())
                .contains("Usage: runnel " + command, "Examples:", "Exit codes:")
                .isEqualTo(other.out());
        assertThat(program.out().replace("http://", "").replace("https://", ""))
                .as("a URL in one piece")
                .doesNotContain("http");
        assertThat(program.out()).as("what picocli makes of lists").doesNotContain("]...]");
        assertThat(program.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
    }

    @Test
    void helpIsPlainWithoutATerminalAndWhereColourIsNotWanted() {
        TestProgram watched = new TestProgram(ScriptedRooms.saying("2")).terminals(Channel.OUT);
        TestProgram unwanted = new TestProgram(ScriptedRooms.saying("2"))
                .terminals(Channel.OUT)
                .environment("NO_COLOR", "1");

        program.run("--help");
        watched.run("--help");
        unwanted.run("--help");

        assertThat(program.out()).doesNotContain("\033");
        assertThat(watched.out()).contains("\033[");
        assertThat(unwanted.out()).isEqualTo(program.out());
    }

    @Test
    void versionSaysWhichProgramAndWhatItRunsOn() {
        assertThat(program.run("--version")).isZero();

        assertThat(program.out())
                .matches("runnel \\d+\\.\\d+\\S*\nJDK " + Runtime.version().feature() + ".*\n");
    }

    @Test
    void withoutACommandItSaysWhatThereIs() {
        assertThat(program.run()).isEqualTo(ExitCode.USAGE);

        assertThat(program.err())
                .contains("serve, chat, complete, pull, inspect, tokenize, detokenize, render, score, compare, bench"
                        + " or notebook")
                .hasLineCount(1);
    }

    @Test
    void whatIsMistypedIsNamed() {
        assertThat(program.run("srve")).isEqualTo(ExitCode.USAGE);
        assertThat(program.run("serve", "--prot", "1")).isEqualTo(ExitCode.USAGE);

        assertThat(program.err()).contains("srve").contains("--prot").hasLineCount(2);
    }

    /// So that no option is promised that nobody has tried.
    @Test
    void everyOptionIsUsedByATest() throws IOException {
        String tests;
        try (Stream<Path> files = Files.list(SharedData.checkout().resolve("app/src/test/java/dev/runnel/app"))) {
            tests = files.filter(Files::isRegularFile).map(HelpTest::read).collect(Collectors.joining());
        }
        CommandSpec runnel = new Cli(program.shell(), ScriptedRooms.saying()).spec();

        for (var command : runnel.subcommands().values()) {
            for (OptionSpec option : command.getCommandSpec().options()) {
                String use = "\"" + option.longestName() + "[\"=]|\"" + Environment.variable(option) + "\"";
                assertThat(Pattern.compile(use).matcher(tests).find())
                        .as("a test that uses %s %s", command.getCommandName(), option.longestName())
                        .isTrue();
            }
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }
}
