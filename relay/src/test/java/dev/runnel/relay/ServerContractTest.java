package dev.runnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.Model;
import dev.runnel.core.OutputFormat;
import dev.runnel.core.Prompt;
import dev.runnel.core.ReasoningEffort;
import dev.runnel.core.Sampling;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.Stopping;
import dev.runnel.core.TokenEvent.Arguments;
import dev.runnel.core.TokenEvent.Call;
import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Refusal;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Thinking;
import dev.runnel.core.TokenEvent.Usage;
import dev.runnel.core.TokenLogprob;
import dev.runnel.core.TokenLogprob.Alternative;
import dev.runnel.core.TokenText;
import dev.runnel.core.Tool;
import dev.runnel.core.ToolCall;
import dev.runnel.core.Tools;
import dev.runnel.server.CompletionServer;
import dev.runnel.server.ServerOptions;
import dev.runnel.testing.BackendContract;
import dev.runnel.testing.RecordingReader;
import java.net.URI;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The contract of every backend, over our own server: what goes in at one end comes out at the other.
class ServerContractTest extends BackendContract {

    private static final Script SHORT = Script.saying("script", "Hel", "lo", " 你好", "!");
    private static final Script ENDLESS =
            Script.saying("script", Collections.nCopies(1_000_000, "tick ").toArray(String[]::new));
    private static final Script EVERYTHING = Script.of(
            new Started("script", 2),
            new Thinking(1, "hm"),
            new Text(0, "a \"quoted\"\n"),
            new Thinking(1, " 🤔"),
            new Text(1, "你"),
            new Call(1, "call_1", "f"),
            new Arguments(1, "{\"a\":"),
            new Text(0, "😀", List.of(token(0xF0, 0x9F), token(0x98, 0x80))),
            new Arguments(1, "\"字\"}"),
            new Call(1, "call_2", "g"),
            new Arguments(1, "{}"),
            new Finished(1, FinishReason.TOOL_CALLS),
            new Text(0, "b"),
            new Refusal(0, "no more"),
            new Finished(0, FinishReason.STOP),
            new Usage(20, 10, 9, 3));

    private final List<CompletionRequest> asked = new CopyOnWriteArrayList<>();
    private ScriptedBackend scripted;
    private CompletionServer server;
    private Upstream upstream;

    @Override
    protected Backend open() {
        asked.clear();
        scripted = new ScriptedBackend(
                "script",
                request -> {
                    asked.add(request);
                    return scriptFor(request);
                },
                ScriptedBackend.Timer.REAL);
        server = CompletionServer.start(ServerOptions.at("127.0.0.1", 0));
        server.serve(scripted);
        upstream = Upstream.open(
                URI.create(scheme() + "://127.0.0.1:" + server.port() + "/v1"),
                Optional.empty(),
                UpstreamOptions.DEFAULT);
        return upstream;
    }

    String scheme() {
        return "http";
    }

    /// Plays what the prompt's text names.
    private static Script scriptFor(CompletionRequest request) {
        if (!(request.prompt() instanceof Prompt.Chat chat)) {
            return SHORT;
        }
        String text = chat.messages().getLast().text();
        return switch (text) {
            case "short" -> SHORT;
            case "endless" -> ENDLESS;
            case "everything" -> EVERYTHING;
            case "refused" ->
                new Script(List.of(
                        new Script.Step.Fail(new BackendException(Kind.CONTEXT_LENGTH_EXCEEDED, "too long by half"))));
            default ->
                SHORT.failingAfter(Integer.parseInt(text), new BackendException(Kind.TIMED_OUT, "the script says so"));
        };
    }

    private static TokenLogprob token(int... bytes) {
        TokenText token = new TokenText("\uFFFD", Arrays.stream(bytes).boxed().toList());
        return new TokenLogprob(token, OptionalDouble.of(-0.5), List.of(new Alternative(token, -0.5)));
    }

    /// A request in which everything is asked for.
    private static CompletionRequest everything() {
        Tools tools = new Tools(
                List.of(
                        new Tool("f", "does", "{\"type\":\"object\"}", true),
                        new Tool("g", "", "{\"type\":\"object\"}", false)),
                Tools.Use.REQUIRED,
                Set.of("f", "g"),
                false);
        List<Message> messages = List.of(
                new Message.Assistant("", "hm", List.of(new ToolCall("c", "f", "{}"))),
                new Message.ToolResult("c", "1"),
                new Message.User("everything"));
        return CompletionRequest.of(
                        "script",
                        new Prompt.Chat(messages, tools, Optional.of(ReasoningEffort.LOW), "{\"date\":\"today\"}"))
                .withChoices(2)
                .withSampling(new Sampling(0.5, 0.5, 5, 0.1, 0.9, 1.5, 1, -1, Map.of(3, 2.5), OptionalLong.of(7)))
                .withStopping(new Stopping(OptionalInt.of(9), List.of("x"), Set.of(4), true))
                .withFormat(new OutputFormat.JsonSchema("n", "d", "{\"b\":1,\"a\":2}", true))
                .withLogprobs(1)
                .withCachePrompt(false);
    }

    private static CompletionRequest request(String text) {
        return CompletionRequest.of("script", text);
    }

    @Override
    protected CompletionRequest shortRequest() {
        return request("short");
    }

    @Override
    protected CompletionRequest endlessRequest() {
        return request("endless");
    }

    @Override
    protected Optional<CompletionRequest> requestFailingAfter(int events) {
        return Optional.of(request(Integer.toString(events)));
    }

    @Override
    protected int inProgress() {
        return scripted.inProgress();
    }

    @AfterEach
    void closeServer() {
        server.close();
        scripted.close();
    }

    @Test
    void theServersModelsAreListed() {
        assertThat(upstream.models()).extracting(Model::id).containsExactly("script");
    }

    @Test
    void whatTheServersBackendSaysIsWhatTheRelaySays() {
        RecordingReader reader = RecordingReader.toTheEndOf(upstream.complete(everything()));

        assertThat(reader.completed()).isTrue();
        assertThat(reader.events())
                .containsExactlyElementsOf(EVERYTHING.steps().stream()
                        .map(step -> ((Script.Step.Emit) step).event())
                        .toList());
    }

    @Test
    void whatTheRelayIsAskedIsWhatTheServersBackendIsAsked() {
        RecordingReader.toTheEndOf(upstream.complete(everything()));
        CompletionRequest text = CompletionRequest.of("script", new Prompt.Tokens(List.of(1, 2)))
                .withMaxTokens(0)
                .withEcho(true)
                .withLogprobs(5)
                .withFormat(new OutputFormat.Grammar("root ::= x"));
        RecordingReader.toTheEndOf(upstream.complete(text));
        CompletionRequest gap =
                CompletionRequest.of("script", new Prompt.Gap("a", "b")).withMaxTokens(3);
        RecordingReader.toTheEndOf(upstream.complete(gap));

        assertThat(asked).containsExactly(everything(), text, gap);
    }

    @Test
    void aRefusalKeepsItsKindOnTheWay() {
        RecordingReader reader = RecordingReader.toTheEndOf(upstream.complete(request("refused")));

        assertThat(reader.failure().kind()).isEqualTo(Kind.CONTEXT_LENGTH_EXCEEDED);
        assertThat(reader.failure())
                .hasMessageStartingWith(
                        "upstream " + scheme() + "://127.0.0.1:" + server.port() + "/v1 answered with status 400")
                .hasMessageContaining("too long by half");
    }
}
