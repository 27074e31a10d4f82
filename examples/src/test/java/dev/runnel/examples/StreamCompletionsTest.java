package dev.runnel.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import dev.runnel.engine.Engine;
import dev.runnel.examples.StreamCompletions.Prompts;
import dev.runnel.server.CompletionServer;
import dev.runnel.server.ServerOptions;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The example against the real server with the embedded model.
class StreamCompletionsTest {

    private static final String ONE_TO_A_HUNDRED =
            IntStream.rangeClosed(1, 100).mapToObj(String::valueOf).collect(Collectors.joining(", "));

    private static Engine engine;
    private static CompletionServer server;
    private static OpenAIClient client;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final StreamCompletions steps = new StreamCompletions(
            client, engine.models().getFirst().id(), new PrintStream(out, true, StandardCharsets.UTF_8));

    @BeforeAll
    static void serve() {
        engine = Engine.embedded();
        server = CompletionServer.start(ServerOptions.at("127.0.0.1", 0));
        server.serve(engine);
        client = OpenAIOkHttpClient.builder()
                .baseUrl("http://127.0.0.1:" + server.port() + "/v1")
                .apiKey("none")
                .build();
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
        engine.close();
    }

    @ParameterizedTest
    @EnumSource
    void aWholeReplyComesAtOnce(Prompts prompts) {
        steps.wholeReply(prompts.count);

        assertThat(printed())
                .contains(prompts.count)
                .contains("   " + ONE_TO_A_HUNDRED + "\n")
                .contains("All of it after");
    }

    @ParameterizedTest
    @EnumSource
    void aStreamedReplyComesInPieces(Prompts prompts) {
        steps.streamedReply(prompts.add);

        assertThat(printed()).contains(prompts.add).contains("   \"2\"\n").endsWith("   finished: stop\n\n");
    }

    @ParameterizedTest
    @EnumSource
    void theSameReplyStreamedStartsLongBeforeItEnds(Prompts prompts) {
        steps.timeSaved(prompts.count, Duration.ofSeconds(1));

        assertThat(printed())
                .contains("   " + ONE_TO_A_HUNDRED + "\n")
                .containsPattern("First piece after .* s, last of \\d{2,} after .* s; the whole reply took 1.00 s.");
    }

    @ParameterizedTest
    @EnumSource
    void theCostOfAStreamIsInItsLastChunk(Prompts prompts) {
        steps.usage(prompts.add);

        assertThat(printed()).containsPattern("\\d+ tokens of prompt, \\d+ of reply\n");
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }
}
