package dev.runnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Model;
import dev.runnel.core.Prompt;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Thinking;
import dev.runnel.core.TokenEvent.Usage;
import dev.runnel.server.CompletionServer;
import dev.runnel.server.ServerOptions;
import dev.runnel.testing.BackendContract;
import dev.runnel.testing.RecordingReader;
import java.net.URI;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
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
            new Finished(1, FinishReason.LENGTH),
            new Text(0, "b"),
            new Finished(0, FinishReason.STOP),
            new Usage(20, 10, 9, 3));

    private ScriptedBackend scripted;
    private CompletionServer server;
    private Upstream upstream;

    @Override
    protected Backend open() {
        scripted = new ScriptedBackend("script", ServerContractTest::scriptFor, ScriptedBackend.Timer.REAL);
        server = CompletionServer.start(ServerOptions.at("127.0.0.1", 0));
        server.serve(scripted);
        upstream = Upstream.open(
                URI.create("http://127.0.0.1:" + server.port() + "/v1"), Optional.empty(), UpstreamOptions.DEFAULT);
        return upstream;
    }

    /// Plays what the prompt's text names.
    private static Script scriptFor(CompletionRequest request) {
        String text = ((Prompt.Chat) request.prompt()).messages().getLast().text();
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
        RecordingReader reader = RecordingReader.toTheEndOf(
                upstream.complete(request("everything").withChoices(2)));

        assertThat(reader.completed()).isTrue();
        assertThat(reader.events())
                .containsExactlyElementsOf(EVERYTHING.steps().stream()
                        .map(step -> ((Script.Step.Emit) step).event())
                        .toList());
    }

    @Test
    void aRefusalKeepsItsKindOnTheWay() {
        RecordingReader reader = RecordingReader.toTheEndOf(upstream.complete(request("refused")));

        assertThat(reader.failure().kind()).isEqualTo(Kind.CONTEXT_LENGTH_EXCEEDED);
        assertThat(reader.failure())
                .hasMessageStartingWith("upstream http://127.0.0.1:" + server.port() + "/v1 answered with status 400")
                .hasMessageContaining("too long by half");
    }
}
