package dev.runnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.UpstreamFault;
import dev.runnel.testing.Await;
import dev.runnel.testing.RawUpstream.Chunks;
import dev.runnel.testing.RecordingReader;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The ways in which an upstream answers and fails, in HTTP/2 without TLS: many completions share a connection,
/// and none of them ends it for the others.
class UpstreamHttp2Test {

    private static final UpstreamOptions OPTIONS =
            UpstreamOptions.DEFAULT.withModels(List.of("raw")).withRetries(Retries.NONE);
    private static final Duration SHORT = Duration.ofMillis(250);
    private static final CompletionRequest REQUEST = CompletionRequest.of("raw", "Hi");

    private static Vertx vertx;

    private final List<HttpServerRequest> requests = new CopyOnWriteArrayList<>();
    private final Set<Object> connections = ConcurrentHashMap.newKeySet();
    private final Set<Long> resets = ConcurrentHashMap.newKeySet();

    private HttpServer server;
    private Upstream upstream;

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stop() throws TimeoutException {
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    private void open(UpstreamOptions options, Consumer<HttpServerResponse> script) throws TimeoutException {
        server = vertx.createHttpServer(new HttpServerOptions())
                .connectionHandler(connection -> connections.add(connection.remoteAddress()))
                .requestHandler(request -> {
                    requests.add(request);
                    request.response().exceptionHandler(fault -> {
                        if (fault instanceof StreamResetException reset) {
                            resets.add(reset.getCode());
                        }
                    });
                    request.end().onSuccess(_ -> script.accept(request.response()));
                })
                .listen(0, "127.0.0.1")
                .await(10, TimeUnit.SECONDS);
        upstream =
                Upstream.open(URI.create("h2c://127.0.0.1:" + server.actualPort() + "/v1"), Optional.empty(), options);
    }

    private RecordingReader reading() {
        return RecordingReader.of(upstream.complete(REQUEST)).request(Long.MAX_VALUE);
    }

    private static HttpServerResponse stream(HttpServerResponse to) {
        return to.putHeader("content-type", "text/event-stream").setStatusCode(200);
    }

    private static void say(HttpServerResponse to, String... chunks) {
        for (String chunk : chunks) {
            to.write("data: " + chunk + "\n\n");
        }
    }

    private static void sayHello(HttpServerResponse to) {
        say(stream(to), Chunks.ROLE, Chunks.text("Hello"), Chunks.STOP, Chunks.USAGE, Chunks.DONE);
        to.end();
    }

    private static void beginToSayHello(HttpServerResponse to) {
        say(stream(to), Chunks.ROLE, Chunks.text("Hel"));
    }

    private static void assertFault(BackendException failure, UpstreamFault fault) {
        assertThat(failure.kind()).isEqualTo(fault.kind());
        assertThat(failure.code()).hasValue(fault.code());
    }

    @AfterEach
    void close() throws TimeoutException {
        upstream.close();
        server.close().await(10, TimeUnit.SECONDS);
    }

    @Test
    void completionsShareAConnection() throws Exception {
        open(OPTIONS, UpstreamHttp2Test::sayHello);
        assertThat(Completion.of(reading().awaitEnd().events()).text()).isEqualTo("Hello");

        List<RecordingReader> readers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            readers.add(reading());
        }

        assertThat(readers)
                .allSatisfy(reader -> assertThat(reader.awaitEnd().completed()).isTrue());
        assertThat(requests).allMatch(request -> request.version() == HttpVersion.HTTP_2);
        assertThat(connections).hasSize(1);
    }

    @Test
    void theHeadOfAnAnswerMayBeLong() throws Exception {
        open(OPTIONS, to -> sayHello(to.putHeader("set-cookie", "x".repeat(40_000))));

        assertThat(Completion.of(reading().awaitEnd().events()).text()).isEqualTo("Hello");
    }

    @Test
    void moreCompletionsThanMayBeAreRefused() throws Exception {
        open(OPTIONS.withConnections(2), UpstreamHttp2Test::beginToSayHello);
        reading().awaitEvents(1);
        reading().awaitEvents(1);

        BackendException failure = reading().awaitEnd().failure();

        assertThat(failure.kind()).isEqualTo(BackendException.Kind.OVERLOADED);
    }

    @Test
    void leavingResetsTheStreamAtOnceAndNotTheConnection() throws Exception {
        open(OPTIONS, to -> {
            if (requests.size() == 1) {
                beginToSayHello(to);
            } else {
                sayHello(to);
            }
        });
        RecordingReader first = reading().awaitEvents(2);

        first.cancel();

        Await.until("the reset", () -> resets.contains(8L));
        assertThat(reading().awaitEnd().completed()).isTrue();
        assertThat(connections).hasSize(1);
    }

    @Test
    void leavingBeforeTheAnswerResetsTheStream() throws Exception {
        open(OPTIONS, _ -> {});
        RecordingReader reader = reading();
        Await.until("the request", () -> requests.size() == 1);

        reader.cancel();

        Await.until("the reset", () -> resets.contains(8L));
    }

    @Test
    void aReaderThatTakesItsTimeHoldsUpNobodyElse() throws Exception {
        String[] much = new String[2000];
        Arrays.fill(much, Chunks.text("x".repeat(200)));
        open(OPTIONS, to -> {
            say(stream(to), Chunks.ROLE);
            say(to, much);
            say(to, Chunks.STOP, Chunks.USAGE, Chunks.DONE);
            to.end();
        });
        List<RecordingReader> slow = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            slow.add(RecordingReader.of(upstream.complete(REQUEST)).request(1).awaitEvents(1));
        }

        RecordingReader fast = reading();

        assertThat(fast.awaitEnd().completed()).isTrue();
        slow.getFirst().request(Long.MAX_VALUE);
        assertThat(slow.getFirst().awaitEnd().events()).hasSize(2003);
        assertThat(connections).hasSize(1);
    }

    @Test
    void aStreamThatIsResetIsAFailure() throws Exception {
        open(OPTIONS, to -> {
            beginToSayHello(to);
            vertx.setTimer(50, _ -> to.reset(2));
        });

        RecordingReader reader = reading().awaitEnd();

        assertFault(reader.failure(), UpstreamFault.CLOSED_EARLY);
        assertThat(reader.failure()).hasMessageContaining(" reset the stream, after 2 events, with code 2");
    }

    @Test
    void aConnectionThatIsClosedIsAFailureOfAllItsStreams() throws Exception {
        open(OPTIONS, UpstreamHttp2Test::beginToSayHello);
        RecordingReader first = reading().awaitEvents(2);
        RecordingReader second = reading().awaitEvents(2);

        requests.getFirst().connection().close();

        assertFault(first.awaitEnd().failure(), UpstreamFault.CLOSED_EARLY);
        assertFault(second.awaitEnd().failure(), UpstreamFault.CLOSED_EARLY);
    }

    @Test
    void aStreamThatEndsEarlyIsAFailure() throws Exception {
        open(OPTIONS, to -> {
            beginToSayHello(to);
            to.end();
        });

        assertFault(reading().awaitEnd().failure(), UpstreamFault.CLOSED_EARLY);
    }

    @Test
    void anErrorFrameIsAFailure() throws Exception {
        open(OPTIONS, to -> {
            beginToSayHello(to);
            to.end("event: error\ndata: {\"error\":{\"message\":\"out of memory\"}}\n\n");
        });

        assertFault(reading().awaitEnd().failure(), UpstreamFault.FAILED);
    }

    @Test
    void aRefusalIsAFailure() throws Exception {
        open(OPTIONS, to -> to.setStatusCode(500).end("oops"));

        assertFault(reading().awaitEnd().failure(), UpstreamFault.REFUSED);
    }

    @Test
    void aPageInPlaceOfAStreamIsAFailure() throws Exception {
        open(OPTIONS, to -> to.putHeader("content-type", "text/html").end("<h1>Welcome</h1>"));

        assertFault(reading().awaitEnd().failure(), UpstreamFault.NOT_SSE);
    }

    @Test
    void garbageIsAFailureThatEndsItsStream() throws Exception {
        open(OPTIONS, to -> {
            beginToSayHello(to);
            say(to, "{\"choices\":[");
        });

        assertFault(reading().awaitEnd().failure(), UpstreamFault.MALFORMED_EVENT);
        Await.until("the reset", () -> resets.contains(8L));
    }

    @Test
    void silenceIsAFailureAndItsConnectionIsNotTrustedWithMore() throws Exception {
        open(OPTIONS.withNextToken(SHORT), to -> {
            if (requests.size() == 1) {
                beginToSayHello(to);
            } else {
                sayHello(to);
            }
        });

        assertFault(reading().awaitEnd().failure(), UpstreamFault.SILENT);
        assertThat(reading().awaitEnd().completed()).isTrue();
        assertThat(connections).hasSize(2);
    }

    @Test
    void bytesThatNeverMakeALineAreAFailure() throws Exception {
        open(OPTIONS.withNextToken(SHORT), to -> {
            beginToSayHello(to);
            long drip = vertx.setPeriodic(5, _ -> to.write("x"));
            to.closeHandler(_ -> vertx.cancelTimer(drip));
        });

        assertFault(reading().awaitEnd().failure(), UpstreamFault.STALLED);
    }
}
