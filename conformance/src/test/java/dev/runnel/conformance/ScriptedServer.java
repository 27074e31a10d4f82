package dev.runnel.conformance;

import dev.runnel.core.BackendException;
import dev.runnel.core.Backends;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.ScriptedBackend.Timer;
import dev.runnel.server.CompletionServer;
import dev.runnel.server.ServerOptions;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/// The real server over a backend that plays what a request's last message names: a [Scenario], or a script
/// that a test has put there.
final class ScriptedServer implements AutoCloseable {

    static final String MODEL = "tiny";

    /// A name as models from hubs have them.
    static final String SLASHED_MODEL = "org/tiny:1b";

    static final Duration KEEP_ALIVE = Duration.ofMillis(25);

    private final Map<String, Function<CompletionRequest, Script>> scripts = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();
    private final ScriptedBackend tiny = new ScriptedBackend(MODEL, this::play, Timer.REAL);
    private final CompletionServer server;
    private final Backends backends;

    ScriptedServer() {
        this(options -> options.withKeepAlive(KEEP_ALIVE));
    }

    ScriptedServer(UnaryOperator<ServerOptions> options) {
        backends = new Backends(List.of(tiny, new ScriptedBackend(SLASHED_MODEL, this::play, Timer.REAL)));
        server = CompletionServer.start(options.apply(ServerOptions.at("127.0.0.1", 0)));
        server.serve(backends);
    }

    /// Has requests whose last message is `message` answered with `script`.
    void on(String message, Script script) {
        on(message, _ -> script);
    }

    void on(String message, Function<CompletionRequest, Script> script) {
        scripts.put(message, script);
    }

    /// How many requests had that message.
    int asked(String message) {
        return asked.computeIfAbsent(message, _ -> new AtomicInteger()).get();
    }

    /// Completions that a client waits for.
    int inProgress() {
        return tiny.inProgress();
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + port());
    }

    int port() {
        return server.port();
    }

    private Script play(CompletionRequest request) {
        String message = lastMessage(request);
        asked.computeIfAbsent(message, _ -> new AtomicInteger()).incrementAndGet();
        try {
            Function<CompletionRequest, Script> script = scripts.get(message);
            return script != null
                    ? script.apply(request)
                    : Scenario.named(message).script(request);
        } catch (IllegalArgumentException wrong) {
            BackendException refusal = BackendException.invalidRequest("messages", String.valueOf(wrong.getMessage()));
            return new Script(List.of(new Script.Step.Fail(refusal)));
        }
    }

    private static String lastMessage(CompletionRequest request) {
        return switch (request.prompt()) {
            case Prompt.Chat chat ->
                chat.messages().reversed().stream()
                        .filter(Message.User.class::isInstance)
                        .map(Message::text)
                        .findFirst()
                        .orElse("");
            case Prompt.Text(var text) -> text;
            case Prompt.Tokens _, Prompt.Gap _ -> "";
        };
    }

    @Override
    public void close() {
        server.close();
        backends.close();
    }
}
