package dev.runnel.examples.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.TokenEvent;
import dev.runnel.server.CompletionServer;
import dev.runnel.server.ServerOptions;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/// The example against the real server, whose model follows a script.
class SpringAiChatTest {

    private static final String MODEL = "scripted";

    private static Script answer(CompletionRequest request) {
        if (((Prompt.Chat) request.prompt()).messages().getLast() instanceof Message.ToolResult result) {
            return Script.saying(MODEL, "Yes: ", result.text(), ".");
        }
        return Script.of(
                new TokenEvent.Started(MODEL, 1),
                new TokenEvent.Call(0, "call_1", "weather"),
                new TokenEvent.Arguments(0, "{\"city\":"),
                new TokenEvent.Arguments(0, "\"北京\"}"),
                new TokenEvent.Finished(0, FinishReason.TOOL_CALLS),
                new TokenEvent.Usage(20, 12));
    }

    @Test
    void itStreamsAndCallsTools() {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (ScriptedBackend backend =
                        new ScriptedBackend(MODEL, SpringAiChatTest::answer, ScriptedBackend.Timer.REAL);
                CompletionServer server = CompletionServer.start(ServerOptions.at("127.0.0.1", 0))) {
            server.serve(backend);

            SpringAiChat.ask(
                    SpringAiChat.model("http://127.0.0.1:" + server.port() + "/v1", MODEL),
                    "Do I need an umbrella in 北京?",
                    new PrintStream(printed, true, StandardCharsets.UTF_8));
        }

        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("Yes: ").contains("19 °C and light rain in 北京");
    }
}
