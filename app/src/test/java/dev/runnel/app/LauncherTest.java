package dev.runnel.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.runnel.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The script that starts the program, in a checkout that is built, with a JDK that tells what it was asked.
class LauncherTest {

    private static final Path SCRIPT_OF_UTIL_LINUX = Path.of("/usr/bin/script");

    @TempDir
    Path folder;

    private Path checkout;
    private Path jdk;

    @BeforeEach
    void build() throws IOException {
        Path script = Path.of("..", "runnel");
        assumeTrue(Files.isExecutable(script) && Files.isExecutable(Path.of("/bin/sh")), "no shell to start it with");
        checkout = Files.createDirectory(folder.resolve("a checkout"));
        Path program = Files.createDirectories(checkout.resolve("app/target/runnel"));
        Files.createDirectory(checkout.resolve(".mvn"));
        Files.copy(script, checkout.resolve("runnel"));
        Files.copy(Path.of("..", ".mvn", "find-jdk.sh"), checkout.resolve(".mvn/find-jdk.sh"));
        Files.createFile(program.resolve("started.aot"));
        Files.setLastModifiedTime(
                Files.createFile(built()), FileTime.from(Instant.now().plus(Duration.ofDays(1))));

        jdk = Files.createDirectory(folder.resolve("a jdk"));
        Files.createDirectory(jdk.resolve("bin"));
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25\"\n");
        executable(jdk.resolve("bin/javac"), "");
        executable(jdk.resolve("bin/java"), "printf '%s\\n' \"$@\"\n");
    }

    @Test
    void aCheckoutMayLieInAFolderWithASpaceInItsName() throws Exception {
        List<String> asked = asked(Map.of("RUNNEL_JAVA_OPTS", "-Xmx1g -Dx=y"), runnel("complete", "two words"));

        Path program = checkout.toRealPath().resolve("app/target/runnel");
        assertThat(asked)
                .contains("-XX:AOTCache=" + program.resolve("started.aot"), "-Xmx1g", "-Dx=y")
                .containsSubsequence("--module-path", program.resolve("lib").toString(), "--module")
                .endsWith("complete", "two words");
    }

    @Test
    void theProgramIsToldThatNobodyIsAtATerminal() throws Exception {
        assertThat(asked(Map.of(), runnel("--help"))).contains("-Drunnel.terminals=none");
    }

    /// A prompt from a file, an answer for a person's eyes, and messages for a log.
    @Test
    void theProgramIsToldOfEachTerminalByItself() throws Exception {
        assumeTrue(Files.isExecutable(SCRIPT_OF_UTIL_LINUX), "no program that makes a terminal");
        String command = "'%s' complete </dev/null 2>/dev/null".formatted(checkout.resolve("runnel"));

        assertThat(asked(Map.of(), List.of(SCRIPT_OF_UTIL_LINUX.toString(), "-qec", command, "/dev/null")))
                .contains("-Drunnel.terminals=none,out");
    }

    @ParameterizedTest
    @ValueSource(strings = {"RUNNEL_JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"})
    void whoeverNamesACollectorGetsNoOther(String variable) throws Exception {
        assertThat(asked(Map.of(), runnel("--help"))).contains("-XX:+UseSerialGC");

        assertThat(asked(Map.of(variable, "-Xmx1g -XX:+UseZGC"), runnel("--help")))
                .doesNotContain("-XX:+UseSerialGC");
    }

    @Test
    void aBuildIsKeptAlsoWhereTheStartThatFollowsItFails() throws Exception {
        List<String> asked = asked(building(""), runnel("--help"));

        assertThat(asked).endsWith("--help");
        assertThat(built()).exists();
    }

    @Test
    void whatIsEditedDuringABuildIsBuiltByTheNext() throws Exception {
        asked(building(": >edited\n"), runnel("--help"));

        assertThat(Files.getLastModifiedTime(built()))
                .isLessThanOrEqualTo(Files.getLastModifiedTime(checkout.resolve("edited")));
    }

    @Test
    void aFirstStartThatIsStoppedLeavesNoServerBehind() throws Exception {
        Path serving = folder.resolve("serving");
        Path stopped = folder.resolve("stopped");
        executable(jdk.resolve("bin/java"), """
                trap ': >"%s"; kill $!; exit' TERM
                sleep 60 &
                : >"%s"
                wait
                """.formatted(stopped, serving));
        Process process = process(building(""), runnel("--help"));
        Await.until("the server to start", () -> Files.exists(serving));

        process.destroy();

        Await.until("the server to be stopped", () -> Files.exists(stopped));
        assertThat(process.waitFor()).isNotZero();
    }

    private Path built() {
        return checkout.resolve("app/target/runnel/built");
    }

    /// An environment in which the checkout, no longer built, is built by a Maven that does no more than this.
    private Map<String, String> building(String besides) throws IOException {
        Files.delete(built());
        Path bin = Files.createDirectory(folder.resolve("bin"));
        executable(bin.resolve("mvn"), "mkdir app/target/runnel\n" + besides);
        return Map.of("PATH", bin + ":" + System.getenv("PATH"));
    }

    private List<String> runnel(String... arguments) {
        return Stream.concat(Stream.of(checkout.resolve("runnel").toString()), Stream.of(arguments))
                .toList();
    }

    /// What the JVM was asked, a line for each argument.
    private List<String> asked(Map<String, String> environment, List<String> command) throws Exception {
        Process process = process(environment, command);
        List<String> lines = new String(process.getInputStream().readAllBytes(), UTF_8)
                .lines()
                .toList();
        assertThat(process.waitFor()).isZero();
        return lines;
    }

    private Process process(Map<String, String> environment, List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().keySet().removeIf(name -> name.startsWith("RUNNEL_") || name.contains("JAVA_"));
        builder.environment().put("JAVA_HOME", jdk.toString());
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static void executable(Path file, String lines) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + lines);
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}
