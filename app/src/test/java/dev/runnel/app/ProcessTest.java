package dev.runnel.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.runnel.testing.Await;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The program as its users start it: a process, with signals, pipes and an exit code.
class ProcessTest {

    private final List<Process> processes = new ArrayList<>();
    private final List<StreamedReply> streams = new ArrayList<>();

    @TempDir
    Path folder;

    @AfterEach
    void stop() {
        streams.forEach(StreamedReply::close);
        processes.forEach(Process::destroyForcibly);
    }

    @Test
    void aServerThatIsTerminatedFinishesItsStreamsAndEndsWell() throws Exception {
        Process server = start(ScriptedProgram.class, Map.of(), "serve", "--port", "0", "--access-log");
        StreamedReply stream = streamOf(server);
        stream.readTo("\"content\":\"3号\\n\"");

        server.destroy();

        assertThat(stream.rest()).contains("\"content\":\"200号\\n\"").contains("data: [DONE]");
        assertThat(exitCode(server)).isZero();
        assertThat(err())
                .contains("Stopping; what runs may finish within 10 s.")
                .contains("POST /v1/chat/completions 200");
    }

    @Test
    void aServerWithoutGraceBreaksItsStreamsOffForAllToSee() throws Exception {
        Process server = start(ScriptedProgram.class, Map.of("RUNNEL_GRACE", "0"), "serve", "--port=0");
        StreamedReply stream = streamOf(server);
        stream.readTo("\"content\":\"3号\\n\"");

        server.destroy();

        assertThat(stream.rest()).contains("event: error").doesNotContain("[DONE]");
        assertThat(exitCode(server)).isZero();
    }

    @Test
    void askingTwiceEndsAServerThereAndThen() throws Exception {
        Process server = start(ScriptedProgram.class, Map.of(), "serve", "--port", "0", "--grace", "600");
        StreamedReply stream = streamOf(server);
        stream.readTo("\"content\":\"3号\\n\"");

        server.destroy();
        awaitErr("Stopping");
        server.destroy();

        assertThat(exitCode(server)).isEqualTo(ExitCode.STOPPED);
    }

    @Test
    void aSecondCtrlCEndsWithTheCodeOfOne() throws Exception {
        Process server = start(ScriptedProgram.class, Map.of(), "serve", "--port", "0", "--grace", "600");
        StreamedReply stream = streamOf(server);
        stream.readTo("\"content\":\"3号\\n\"");

        interrupt(server);
        awaitErr("Stopping");
        interrupt(server);

        assertThat(exitCode(server)).isEqualTo(130);
    }

    /// As Ctrl-C does.
    private static void interrupt(Process process) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-INT", String.valueOf(process.pid()))
                .start()
                .waitFor();
    }

    @Test
    void ctrlCEndsAServerLikeAnyOtherAsking() throws Exception {
        Process server = start(ScriptedProgram.class, Map.of(), "serve", "--port", "0");
        url(server);

        interrupt(server);

        assertThat(exitCode(server)).isZero();
    }

    @Test
    void whatIsPrintedIsUtf8WhateverTheLocale() throws Exception {
        Process complete = start(ScriptedProgram.class, Map.of("LC_ALL", "C"), "complete", "hi");

        assertThat(new String(complete.getInputStream().readAllBytes(), UTF_8))
                .startsWith("1号\n")
                .endsWith("200号\n");
        assertThat(exitCode(complete)).isZero();
        assertThat(err()).isEmpty();
    }

    @Test
    void figuresAreTheSameWhateverTheLocale() throws Exception {
        Process pull = start(
                Main.class,
                Map.of("JDK_JAVA_OPTIONS", "-Duser.language=fa -Duser.country=IR"),
                "pull",
                "owner/repository",
                "--connections=999");

        assertThat(exitCode(pull)).isEqualTo(ExitCode.USAGE);
        assertThat(err()).contains("--connections is 999, expected 1 to ");
    }

    @Test
    void aReaderWhoHasSeenEnoughEndsTheWorkQuietly() throws Exception {
        Process complete = start(ScriptedProgram.class, Map.of(), "complete", "hi");
        BufferedReader head = complete.inputReader(UTF_8);
        assertThat(head.readLine()).isEqualTo("1号");

        head.close();

        assertThat(exitCode(complete)).isEqualTo(ExitCode.OUTPUT_CLOSED);
        assertThat(err()).isEmpty();
    }

    @Test
    void aDeviceThatTakesNothingIsNotTakenForAReaderWhoHasSeenEnough() throws Exception {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "no device that is always full");
        Process complete =
                start(ScriptedProgram.class, Map.of(), ProcessBuilder.Redirect.to(full.toFile()), "complete", "hi");

        assertThat(exitCode(complete)).isEqualTo(ExitCode.FAILED);
        assertThat(err())
                .startsWith("runnel: standard output can't be written: ")
                .hasLineCount(1);
    }

    @Test
    void ctrlCEndsACompletionAsAShellExpects() throws Exception {
        Process complete = start(ScriptedProgram.class, Map.of(), "complete", "hi");
        assertThat(complete.inputReader(UTF_8).readLine()).isEqualTo("1号");

        interrupt(complete);

        assertThat(exitCode(complete)).isEqualTo(130);
    }

    @Test
    void aPortInUseIsToldInOneSentence() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = String.valueOf(taken.getLocalPort());
            Process server = start(Main.class, Map.of("RUNNEL_PORT", port), "serve");

            assertThat(exitCode(server)).isEqualTo(ExitCode.FAILED);
            assertThat(err()).startsWith("runnel: ").contains(port).hasLineCount(1);
        }
    }

    @Test
    void aMissingModelIsToldInOneSentence() throws Exception {
        Process server = start(Main.class, Map.of(), "serve", "--port", "0", "--model", "no/such/model.gguf");

        assertThat(exitCode(server)).isEqualTo(ExitCode.FAILED);
        assertThat(err()).isEqualTo("loading model.gguf\nrunnel: no/such/model.gguf: there is no such file\n");
    }

    @Test
    void aFileThatIsNoModelIsToldInOneSentence() throws Exception {
        Path file = Files.writeString(folder.resolve("poem.gguf"), "Roses are red, ".repeat(10));
        Process inspect = start(Main.class, Map.of(), "inspect", file.toString());

        assertThat(exitCode(inspect)).isEqualTo(ExitCode.FAILED);
        assertThat(err()).startsWith("runnel: ").contains("poem.gguf").hasLineCount(1);
    }

    @Test
    void aFolderIsToldInOneSentence() throws Exception {
        Process complete = start(Main.class, Map.of(), "complete", "--model", folder.toString(), "hi");

        assertThat(exitCode(complete)).isEqualTo(ExitCode.FAILED);
        assertThat(err()).startsWith("runnel: ").contains(folder.toString()).hasLineCount(1);
    }

    @Test
    void anUpstreamThatIsNotThereIsToldInOneSentence() throws Exception {
        int nobody;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = socket.getLocalPort();
        }
        Process complete =
                start(Main.class, Map.of("OPENAI_BASE_URL", "http://127.0.0.1:" + nobody + "/v1"), "complete", "hi");

        assertThat(exitCode(complete)).isEqualTo(ExitCode.FAILED);
        assertThat(err()).startsWith("runnel: ").contains("127.0.0.1:" + nobody).hasLineCount(1);
    }

    @Test
    void theEmbeddedModelAnswers() throws Exception {
        Process complete = start(
                Main.class, Map.of("RUNNEL_TEMPERATURE", "0", "LC_ALL", "C.UTF-8"), "complete", "1+1等于多少?用一个词回答。");

        assertThat(new String(complete.getInputStream().readAllBytes(), UTF_8)).isEqualTo("2\n");
        assertThat(exitCode(complete)).isZero();
        assertThat(err()).isEmpty();
    }

    @Test
    void aServerWithTheEmbeddedModelAnswersTheRelay() throws Exception {
        Process server = start(Main.class, Map.of(), "serve", "--port", "0");
        Process complete = start(
                Main.class,
                Map.of("OPENAI_BASE_URL", url(server), "LC_ALL", "C.UTF-8"),
                "complete",
                "--temperature",
                "0",
                "1+1等于多少?用一个词回答。");

        assertThat(new String(complete.getInputStream().readAllBytes(), UTF_8)).isEqualTo("2\n");
        assertThat(exitCode(complete)).isZero();
        server.destroy();
        assertThat(exitCode(server)).isZero();
    }

    private Process start(Class<?> main, Map<String, String> environment, String... arguments) throws IOException {
        return start(main, environment, ProcessBuilder.Redirect.PIPE, arguments);
    }

    private Process start(
            Class<?> main, Map<String, String> environment, ProcessBuilder.Redirect out, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--add-modules",
                "jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(out)
                .redirectError(folder.resolve("err").toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("RUNNEL_") || name.startsWith("OPENAI_"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    private static int exitCode(Process process) throws InterruptedException {
        assertThat(process.waitFor(30, TimeUnit.SECONDS))
                .as("the process ended")
                .isTrue();
        return process.exitValue();
    }

    /// What the program writes; the JVM has a word of its own to say about the incubator.
    private String err() throws IOException {
        return Files.readString(folder.resolve("err"))
                .replace("WARNING: Using incubator modules: jdk.incubator.vector\n", "");
    }

    private void awaitErr(String text) {
        Await.until("'" + text + "' on standard error", () -> {
            try {
                return err().contains(text);
            } catch (IOException failure) {
                throw new AssertionError(failure);
            }
        });
    }

    /// The base URL that a server prints.
    private static String url(Process server) throws IOException {
        BufferedReader out = server.inputReader(UTF_8);
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith("Listening on ")) {
                return line.substring("Listening on ".length());
            }
        }
        throw new AssertionError("the server ended before it listened");
    }

    private StreamedReply streamOf(Process server) throws IOException, InterruptedException {
        StreamedReply stream = new StreamedReply(url(server));
        streams.add(stream);
        return stream;
    }
}
