package dev.runnel.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.Script;
import dev.runnel.core.TokenEvent;
import dev.runnel.testing.Await;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.net.HostAndPort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// HTTP/2 as clients speak it that know beforehand that the server does: without TLS and without asking.
class Http2Test {

    private static final Script HELLO = Script.saying(Serving.MODEL, "Hel", "lo");

    private static Vertx vertx;
    private static HttpClient client;

    @BeforeAll
    static void open() {
        vertx = Vertx.vertx();
        client = vertx.createHttpClient(
                new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false),
                new PoolOptions().setHttp2MaxSize(1));
    }

    @AfterAll
    static void close() throws Exception {
        get(vertx.close());
    }

    @Test
    void aStreamEndsWithItsLastFrame() throws Exception {
        try (Serving serving = Serving.script(HELLO.paced(Duration.ofMillis(5)))) {
            HttpClientResponse reply = post(serving, Serving.chatWithUsage());

            String body = read(reply);

            assertThat(reply.version()).isEqualTo(HttpVersion.HTTP_2);
            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(reply.headers().names()).doesNotContain("connection", "transfer-encoding");
            assertThat(reply.getHeader("content-type")).isEqualTo("text/event-stream; charset=utf-8");
            assertThat(Serving.fold(body).text()).isEqualTo("Hello");
            assertThat(body).endsWith("data: [DONE]\n\n");
        }
    }

    @Test
    void aWholeReplyAndARefusalHaveTheirStatus() throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpClientResponse whole = post(serving, Serving.chat(false));
            HttpClientResponse refusal = post(serving, "{");

            assertThat(read(whole)).contains("\"content\":\"Hello\"");
            assertThat(refusal.statusCode()).isEqualTo(400);
            assertThat(read(refusal)).contains("\"type\":\"invalid_request_error\"");
        }
    }

    @Test
    void manyStreamsShareOneConnection() throws Exception {
        try (Serving serving = Serving.script(
                HELLO.paced(Duration.ofMillis(5)), Serving.limits(limits -> limits.withConnections(1)))) {
            List<Future<Buffer>> bodies = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                bodies.add(send(serving, Serving.chat(i % 2 == 0))
                        .compose(reply -> reply.resume().body()));
            }

            for (Future<Buffer> body : bodies) {
                assertThat(get(body).toString()).containsAnyOf("data: [DONE]", "\"content\":\"Hello\"");
            }
        }
    }

    @Test
    void aClientThatResetsAStreamStopsItsWorkAndNoOther() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        Script slow = HELLO.paced(Duration.ofMillis(100));
        try (Serving serving =
                Serving.scripts(_ -> asked.getAndIncrement() == 0 ? HELLO.hangingAfter(2) : slow, options -> options)) {
            HttpClientRequest request = get(request(serving));
            assertThat(get(request.send(Serving.chat(true))).statusCode()).isEqualTo(200);
            HttpClientResponse staying = post(serving, Serving.chat(true));
            assertThat(serving.inProgress()).isEqualTo(2);

            request.reset(8); // CANCEL

            assertThat(read(staying)).endsWith("data: [DONE]\n\n");
            Await.until("the work stops", () -> serving.inProgress() == 0);
        }
    }

    @Test
    void aClientThatResetsAStreamThatIsQueuedStopsItsWork() throws Exception {
        try (Serving serving = Serving.script(HELLO.hangingAfter(0))) {
            HttpClientRequest request = get(request(serving));
            var _ = request.send(Serving.chat(true));
            Await.until("the completion is queued", () -> serving.inProgress() == 1);

            request.reset(8);

            Await.until("the work stops", () -> serving.inProgress() == 0);
        }
    }

    @Test
    void aClientThatClosesTheConnectionStopsAllItsWork() throws Exception {
        try (Serving serving = Serving.script(HELLO.hangingAfter(2))) {
            for (int i = 0; i < 3; i++) {
                post(serving, Serving.chat(true));
            }
            assertThat(serving.inProgress()).isEqualTo(3);

            get(get(request(serving)).connection().close());

            Await.until("the work stops", () -> serving.inProgress() == 0);
        }
    }

    @Test
    void aFailureIsTheLastThingInTheStream() throws Exception {
        try (Serving serving = Serving.script(HELLO.failingAfter(2, new BackendException(Kind.UPSTREAM, "hung up")))) {
            assertThat(read(post(serving, Serving.chat(true))))
                    .contains("event: error\n")
                    .doesNotContain("[DONE]");
        }
    }

    @Test
    void aReaderThatStopsHasItsStreamReset() throws Exception {
        String[] pieces = Stream.generate(() -> "x".repeat(1000)).limit(20_000).toArray(String[]::new);
        try (Serving serving = Serving.script(
                Script.saying(Serving.MODEL, pieces),
                Serving.limits(limits -> limits.withStall(Duration.ofMillis(300))))) {
            HttpClientResponse reply = post(serving, Serving.chat(true));
            AtomicBoolean closed = new AtomicBoolean();
            reply.request().connection().closeHandler(_ -> closed.set(true));

            Await.until("its completion is stopped", () -> serving.inProgress() == 0);

            assertThatThrownBy(() -> read(reply)).isInstanceOf(ExecutionException.class);
            assertThat(read(post(serving, "{"))).contains("error");
            assertThat(closed.get()).as("the connection that others share").isFalse();
        }
    }

    @Test
    void aReaderThatPausesHoldsBackItsStreamAndThenGetsEverything() throws Exception {
        String[] pieces = Stream.generate(() -> "x".repeat(1000)).limit(5_000).toArray(String[]::new);
        try (Serving serving = Serving.script(Script.saying(Serving.MODEL, pieces))) {
            HttpClientResponse reply = post(serving, Serving.chatWithUsage());

            assertThat(read(post(serving, "{"))).contains("error");
            assertThat(serving.inProgress()).isEqualTo(1);

            assertThat(Serving.fold(read(reply)).text()).isEqualTo(String.join("", pieces));
        }
    }

    @Test
    void aBodyThatTricklesInIsTimedOutAndTheConnectionStays() throws Exception {
        try (Serving serving =
                Serving.script(HELLO, Serving.limits(limits -> limits.withBody(Duration.ofMillis(100))))) {
            HttpClientRequest slow = get(request(serving)).setChunked(true);
            slow.writeHead();

            HttpClientResponse refusal = get(slow.response());

            assertThat(refusal.statusCode()).isEqualTo(408);
            assertThat(refusal.headers().names()).doesNotContain("connection");
            assertThat(read(post(serving, Serving.chat(false)))).contains("Hello");
        }
    }

    @Test
    void aBodyThatIsTooLongIsRefusedAndTheConnectionStays() throws Exception {
        try (Serving serving = Serving.script(HELLO, Serving.limits(limits -> limits.withBodyBytes(1000)))) {
            HttpClientRequest endless = get(request(serving)).setChunked(true);
            var _ = endless.write("x".repeat(2000));

            assertThat(get(endless.response()).statusCode()).isEqualTo(413);
            assertThat(read(post(serving, Serving.chat(false)))).contains("Hello");
        }
    }

    @Test
    void aShutdownLetsStreamsEndAndThenClosesTheConnection() throws Exception {
        try (Serving serving = Serving.script(HELLO.paced(Duration.ofMillis(50)))) {
            HttpClientResponse reply = post(serving, Serving.chat(true));
            Future<Buffer> body = reply.body();
            reply.resume();

            serving.server().shutdown(Duration.ofSeconds(20));

            assertThat(get(body).toString()).endsWith("data: [DONE]\n\n");
        }
    }

    @Test
    void whatRunsWhenTheGraceIsOverIsBrokenOffWithAnError() throws Exception {
        try (Serving serving = Serving.script(HELLO.hangingAfter(2))) {
            HttpClientResponse reply = post(serving, Serving.chat(true));
            Future<Buffer> body = reply.body();
            reply.resume();

            serving.server().shutdown(Duration.ZERO);

            assertThat(get(body).toString()).contains("event: error\n").doesNotContain("[DONE]");
        }
    }

    @Test
    void eventsThatBreakTheOrderResetTheStream() throws Exception {
        Script broken = Script.of(new TokenEvent.Started(Serving.MODEL, 1), new TokenEvent.Usage(1, 1));
        try (Serving serving = Serving.script(broken)) {
            assertThat(read(post(serving, Serving.chat(true))))
                    .contains("event: error\n")
                    .doesNotContain("[DONE]");
        }
    }

    @ParameterizedTest
    @CsvSource({"/v1/models, 200", "/page/page.js, 200", "/nowhere, 404"})
    void headIsGetWithoutTheBody(String path, int status) throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpClientResponse head = ask(serving, HttpMethod.HEAD, path);
            HttpClientResponse got = ask(serving, HttpMethod.GET, path);

            assertThat(head.statusCode()).isEqualTo(status);
            assertThat(head.getHeader("content-length")).isEqualTo(got.getHeader("content-length"));
            assertThat(read(head)).isEmpty();
            assertThat(read(got)).isNotEmpty();
        }
    }

    private static HttpClientResponse ask(Serving serving, HttpMethod method, String path) throws Exception {
        return get(client.request(method, serving.server().port(), "127.0.0.1", path)
                .compose(HttpClientRequest::send)
                .map(HttpClientResponse::pause));
    }

    @ParameterizedTest
    @CsvSource({"http://192.0.2.7:8080, 200", "http://192.0.2.7:8081, 403"})
    void aPageOfThisServerMayCallWhereItsAddressIsANumber(String origin, int status) throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpClientRequest request =
                    get(client.request(HttpMethod.GET, serving.server().port(), "127.0.0.1", "/v1/models"));

            HttpClientResponse reply = get(request.authority(HostAndPort.create("192.0.2.7", 8080))
                    .putHeader("origin", origin)
                    .send());

            assertThat(reply.statusCode()).isEqualTo(status);
        }
    }

    private static Future<HttpClientRequest> request(Serving serving) {
        return client.request(HttpMethod.POST, serving.server().port(), "127.0.0.1", "/v1/chat/completions")
                .map(request -> request.putHeader("content-type", "application/json"));
    }

    private static Future<HttpClientResponse> send(Serving serving, String body) {
        return request(serving).compose(request -> request.send(body)).map(HttpClientResponse::pause);
    }

    /// A reply whose head has come and whose body waits to be read.
    private static HttpClientResponse post(Serving serving, String body) throws Exception {
        return get(send(serving, body));
    }

    private static String read(HttpClientResponse paused) throws Exception {
        Future<Buffer> body = paused.body();
        paused.resume();
        return get(body).toString();
    }

    private static <T> T get(Future<T> future) throws InterruptedException, ExecutionException, TimeoutException {
        return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
}
