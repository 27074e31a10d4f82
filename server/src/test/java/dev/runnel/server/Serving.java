package dev.runnel.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Backend;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.TokenEvent;
import dev.runnel.wire.ChunkReader;
import dev.runnel.wire.SseReader;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.random.RandomGenerator;

/// A server in front of a script, with a watch on its event loops: closing it fails the test if one was
/// ever held up.
final class Serving implements AutoCloseable {

    static final String MODEL = "tiny";

    /// 2026-11-22, a Sunday.
    static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-11-22T10:15:30Z"));

    /// More than a loop takes where other processes have the processors and it loads its classes; a wait in the
    /// server's code would be longer.
    private static final Duration LONGEST_TASK = Duration.ofSeconds(10);

    private static final String WATCH = "io.vertx.core.impl.BlockedThreadChecker";

    private final CompletionServer server;
    private final Backend backend;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final Logger watch = Logger.getLogger(WATCH);
    private final List<String> heldUp = new CopyOnWriteArrayList<>();
    private final Handler watcher = new Handler() {
        @Override
        public void publish(LogRecord line) {
            heldUp.add(line.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    private Serving(Backend backend, UnaryOperator<ServerOptions> options, InstantSource clock) {
        watch.addHandler(watcher);
        this.backend = backend;
        RandomGenerator random = new Random(42);
        server = CompletionServer.start(
                options.apply(ServerOptions.at("127.0.0.1", 0)),
                clock,
                () -> random,
                new VertxOptions()
                        .setBlockedThreadCheckInterval(100)
                        .setBlockedThreadCheckIntervalUnit(TimeUnit.MILLISECONDS)
                        .setMaxEventLoopExecuteTime(LONGEST_TASK.toNanos()));
    }

    /// Plays `script` for every request.
    static Serving script(Script script) {
        return script(script, options -> options);
    }

    static Serving script(Script script, UnaryOperator<ServerOptions> options) {
        return scripts(_ -> script, options);
    }

    /// @param clock dates the replies
    static Serving script(Script script, InstantSource clock) {
        Backend backend = new ScriptedBackend(MODEL, script);
        Serving serving = new Serving(backend, options -> options, clock);
        serving.server.serve(backend);
        return serving;
    }

    static Serving scripts(Function<CompletionRequest, Script> scripts, UnaryOperator<ServerOptions> options) {
        return backend(new ScriptedBackend(MODEL, scripts, ScriptedBackend.Timer.REAL), options);
    }

    static Serving backend(Backend backend, UnaryOperator<ServerOptions> options) {
        Serving serving = loading(backend, options);
        serving.server.serve(backend);
        return serving;
    }

    /// Not serving yet.
    static Serving loading(Backend backend, UnaryOperator<ServerOptions> options) {
        return new Serving(backend, options, CLOCK);
    }

    static UnaryOperator<ServerOptions> limits(UnaryOperator<ServerOptions.Limits> limits) {
        return options -> options.withLimits(limits.apply(options.limits()));
    }

    CompletionServer server() {
        return server;
    }

    /// Completions that a client waits for.
    int inProgress() {
        return ((ScriptedBackend) backend).inProgress();
    }

    /// A request for a completion of `MODEL`.
    static String chat(boolean stream) {
        return "{\"model\":\"tiny\",\"stream\":%b,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"
                .formatted(stream);
    }

    static String chatWithUsage() {
        return "{\"model\":\"tiny\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    }

    /// A stream's body read as a client does.
    static Completion fold(String body) {
        List<TokenEvent> events = new ArrayList<>();
        ChunkReader chunks = new ChunkReader(CompletionRequest.of(MODEL, "Hi"));
        byte[] bytes = body.getBytes(UTF_8);
        new SseReader().read(bytes, 0, bytes.length, event -> chunks.read(event, events::add));
        chunks.end(events::add);
        return Completion.of(events);
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
        return send("GET", path, "", headers);
    }

    HttpResponse<String> post(String path, String json, String... headers) throws IOException, InterruptedException {
        return send("POST", path, json, headers);
    }

    HttpResponse<String> send(String method, String path, String body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path))
                .timeout(Duration.ofSeconds(20))
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        if (!body.isEmpty() && !List.of(headers).contains("content-type")) {
            request.header("content-type", "application/json");
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString(UTF_8));
    }

    @Override
    public void close() {
        server.close();
        backend.close();
        http.close();
        watch.removeHandler(watcher);
        assertThat(heldUp).as("event loops held up").isEmpty();
    }
}
