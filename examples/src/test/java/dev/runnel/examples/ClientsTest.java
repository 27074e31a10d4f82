package dev.runnel.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.OutputFormat;
import dev.runnel.core.Prompt;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.Tool;
import dev.runnel.server.CompletionServer;
import dev.runnel.server.ServerOptions;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The examples for other clients against the real server, whose model follows a script: it calls the tool that it
/// is offered, and answers with what the tool said.
class ClientsTest {

    private static final String MODEL = "scripted";

    private static ScriptedBackend backend;
    private static CompletionServer server;
    private static OpenAIClient client;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);

    @BeforeAll
    static void serve() {
        backend = new ScriptedBackend(MODEL, ClientsTest::answer, ScriptedBackend.Timer.REAL);
        server = CompletionServer.start(ServerOptions.at("127.0.0.1", 0));
        server.serve(backend);
        client = OpenAIOkHttpClient.builder().baseUrl(url()).apiKey("none").build();
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
        backend.close();
    }

    private static Script answer(CompletionRequest request) {
        if (request.format() instanceof OutputFormat.JsonSchema) {
            return saying("{\"name\":\"", "上海\",\"population\":", "24870895}");
        }
        Prompt.Chat chat = (Prompt.Chat) request.prompt();
        if (chat.messages().getLast() instanceof Message.ToolResult result) {
            return saying("Yes: ", result.text(), ".");
        }
        if (chat.tools().offered().isEmpty()) {
            return saying("1+1 ", "is \"2\".");
        }
        Tool tool = chat.tools().offered().getFirst();
        return Script.of(
                new TokenEvent.Started(MODEL, 1),
                new TokenEvent.Text(0, "I'll look. "),
                new TokenEvent.Call(0, "call_1", tool.name()),
                new TokenEvent.Arguments(0, "{\"city\":"),
                new TokenEvent.Arguments(0, "\"北京\"}"),
                new TokenEvent.Finished(0, FinishReason.TOOL_CALLS),
                new TokenEvent.Usage(20, 12));
    }

    private static Script saying(String... pieces) {
        return Script.saying(MODEL, pieces);
    }

    private static String url() {
        return "http://127.0.0.1:" + server.port() + "/v1";
    }

    private String printed() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    @Test
    void openAiCallsTools() {
        CallTools.converse(client, MODEL, "Do I need an umbrella in 北京?", out);

        assertThat(printed()).isEqualToNormalizingNewlines("""
                I'll look.\s
                [Weather{"city":"北京"}: 19 °C and light rain in 北京]
                Yes: 19 °C and light rain in 北京.
                """);
    }

    @Test
    void openAiAnswersInJson() {
        AnswerInJson.City city = AnswerInJson.ask(client, MODEL, "The largest city of China?", out);

        assertThat(city.name).isEqualTo("上海");
        assertThat(city.population).isEqualTo(24_870_895);
        assertThat(printed()).isEqualTo("{\"name\":\"上海\",\"population\":24870895}");
    }

    @Test
    void langChain4jStreamsAndCallsTools() {
        LangChain4jAssistant.ask(LangChain4jAssistant.model(url(), MODEL), "Do I need an umbrella in 北京?", out);

        assertThat(printed()).isEqualToNormalizingNewlines("""
                I'll look. [weather{"city":"北京"}: 19 °C and light rain in 北京]
                Yes: 19 °C and light rain in 北京.
                37 tokens
                """);
    }

    @Test
    void theJdkAloneStreams() throws Exception {
        PlainHttp.stream(URI.create(url()), MODEL, "What's 1+1?", out);

        assertThat(printed()).isEqualToNormalizingNewlines("\"1+1 \"\n\"is \\\"2\\\".\"\n");
    }
}
