package dev.runnel.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.Script;
import dev.runnel.core.TokenEvent;
import dev.runnel.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The examples that are not Java, run as their users run them. Those in Node use the packages that are installed
/// for [NodeClients].
class ExamplesTest {

    private static final Path EXAMPLES = SharedData.checkout().resolve("examples");

    private static ScriptedServer server;

    @BeforeAll
    static void serve() {
        server = new ScriptedServer();
        server.on("Do I need an umbrella in 北京?", ExamplesTest::answer);
        server.on("What's 1+1?", Script.saying(ScriptedServer.MODEL, "1+1 ", "is 2."));
        server.on("What is 1+1?", Script.saying(ScriptedServer.MODEL, "1+1 ", "is 2."));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Script answer(CompletionRequest request) {
        if (((Prompt.Chat) request.prompt()).messages().getLast() instanceof Message.ToolResult result) {
            return Script.saying(ScriptedServer.MODEL, "Yes: ", result.text(), ".");
        }
        return Script.of(
                new TokenEvent.Started(ScriptedServer.MODEL, 1),
                new TokenEvent.Call(0, "call_1", "weather"),
                new TokenEvent.Arguments(0, "{\"city\":"),
                new TokenEvent.Arguments(0, "\"北京\"}"),
                new TokenEvent.Finished(0, FinishReason.TOOL_CALLS),
                new TokenEvent.Usage(20, 12));
    }

    @Test
    void openAiInNodeStreams() throws Exception {
        assertThat(node("stream.mjs")).isEqualTo("1+1 is 2.\n1 tokens of prompt, 3 of reply\n");
    }

    @Test
    void openAiInNodeCallsTools() throws Exception {
        assertThat(node("tools.mjs"))
                .contains("[19 °C and light rain in 北京]")
                .contains("Yes: 19 °C and light rain in 北京.");
    }

    @Test
    void vercelStreamsAndCallsTools() throws Exception {
        assertThat(node("vercel.mjs"))
                .contains("[19 °C and light rain in 北京]")
                .contains("Yes: 19 °C and light rain in 北京.")
                .endsWith("\n21 tokens of prompt, 16 of reply\n");
    }

    @Test
    void curlStreams() throws Exception {
        assertThat(run(EXAMPLES, "sh", "curl.sh"))
                .startsWith("data: {")
                .contains("\"content\":\"is 2.\"")
                .endsWith("data: [DONE]\n\n");
    }

    @Test
    void curlSendsAQuestionOfSeveralLines() throws Exception {
        server.on("a \"b\" \\\n\tc & d\r\n\ne", Script.saying(ScriptedServer.MODEL, "So it is."));

        assertThat(run(EXAMPLES, "sh", "curl.sh", "a \"b\" \\\n\tc & d\r\n\ne")).contains("\"content\":\"So it is.\"");
    }

    private static String node(String script) throws Exception {
        Path packages = NodeClients.packages();
        Path here = EXAMPLES.resolve("node/node_modules");
        if (!Files.exists(here)) {
            Files.deleteIfExists(here); // a link to where nothing is
            Files.createSymbolicLink(here, here.getParent().relativize(packages));
        }
        return run(EXAMPLES.resolve("node"), "node", script);
    }

    private static String run(Path folder, String... command) throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().put("OPENAI_BASE_URL", server.uri() + "/v1");
        builder.environment().remove("OPENAI_MODEL");
        Process process;
        try {
            process = builder.start();
        } catch (IOException none) {
            assumeTrue(System.getenv("CI") != null, "there is no " + command[0] + " here");
            throw none;
        }
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
