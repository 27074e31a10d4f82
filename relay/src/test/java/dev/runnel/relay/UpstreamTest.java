package dev.runnel.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Model;
import dev.runnel.core.Prompt;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenEvent.Usage;
import dev.runnel.testing.Await;
import dev.runnel.testing.RawUpstream;
import dev.runnel.testing.RawUpstream.Answer;
import dev.runnel.testing.RawUpstream.Chunks;
import dev.runnel.testing.RawUpstream.Request;
import dev.runnel.testing.RawUpstream.Script;
import dev.runnel.testing.RecordingReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a relay asks of its upstream, and how.
class UpstreamTest {

    private static final UpstreamOptions OPTIONS =
            UpstreamOptions.DEFAULT.withModels(List.of("raw")).withRetries(Retries.NONE);

    private RawUpstream raw;
    private Upstream upstream;

    private Upstream open(UpstreamOptions options, Script script) throws IOException {
        return open(options, "", Optional.empty(), script);
    }

    private Upstream open(UpstreamOptions options, String suffix, Optional<String> apiKey, Script script)
            throws IOException {
        raw = new RawUpstream(script);
        upstream = Upstream.open(URI.create(raw.baseUrl() + suffix), apiKey, options);
        return upstream;
    }

    private static void sayHello(Request request, Answer to) throws IOException {
        to.stream();
        if (request.path().endsWith("/chat/completions")) {
            to.event(Chunks.ROLE).event(Chunks.text("Hello")).event(Chunks.STOP);
        } else {
            to.event("{\"choices\":[{\"index\":0,\"text\":\"Hello\",\"finish_reason\":\"stop\"}]}");
        }
        to.event(Chunks.USAGE).event(Chunks.DONE).end();
    }

    @AfterEach
    void close() throws IOException {
        if (upstream != null) {
            upstream.close();
        }
        raw.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "//"})
    void aConversationGoesToChatCompletionsAndAsksForAStreamWithItsUsage(String suffix) throws Exception {
        open(OPTIONS, suffix, Optional.of("sk-secret"), UpstreamTest::sayHello);

        Completion whole = upstream.complete(CompletionRequest.of("raw", "Hi"))
                .completion()
                .get();

        assertThat(whole.text()).isEqualTo("Hello");
        assertThat(whole.usage()).isEqualTo(new Usage(7, 5));
        Request request = raw.requests().getFirst();
        assertThat(request.line()).isEqualTo("POST /v1/chat/completions HTTP/1.1");
        assertThat(request.headers())
                .containsEntry("authorization", "Bearer sk-secret")
                .containsEntry("content-type", "application/json")
                .containsEntry("accept", "text/event-stream")
                .containsEntry("host", raw.baseUrl().getAuthority());
        assertThat(request.body()).contains("\"stream\":true", "\"stream_options\":{\"include_usage\":true}");
    }

    @Test
    void aReplyIsAskedForWholeWhereThatIsMeasured() throws Exception {
        open(OPTIONS.withWhole(true), (_, to) -> to.json(200, """
                {"id":"1","object":"chat.completion","created":1,"model":"raw","choices":[{"index":0,"message":\
                {"role":"assistant","content":"Hello","reasoning_content":"hm"},"finish_reason":"stop"}],\
                "usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12}}"""));

        RecordingReader reader = RecordingReader.toTheEndOf(upstream.complete(CompletionRequest.of("raw", "Hi")));

        assertThat(reader.events())
                .containsExactly(
                        new TokenEvent.Started("raw", 1),
                        new TokenEvent.Thinking(0, "hm"),
                        new TokenEvent.Text(0, "Hello"),
                        new TokenEvent.Finished(0, FinishReason.STOP),
                        new Usage(7, 5));
        Request request = raw.requests().getFirst();
        assertThat(request.headers()).containsEntry("accept", "application/json");
        assertThat(request.body()).doesNotContain("stream");
    }

    @Test
    void aStreamInPlaceOfAWholeReplyIsAFailure() throws Exception {
        open(OPTIONS.withWhole(true), UpstreamTest::sayHello);

        RecordingReader reader = RecordingReader.toTheEndOf(upstream.complete(CompletionRequest.of("raw", "Hi")));

        assertThat(reader.failure()).hasMessageEndingWith("(as text/event-stream, expected application/json)");
    }

    @Test
    void textGoesToCompletions() throws Exception {
        open(OPTIONS, UpstreamTest::sayHello);
        CompletionRequest request =
                CompletionRequest.of("raw", new Prompt.Text("Hi")).withMaxTokens(9);

        Completion whole = upstream.complete(request).completion().get();

        assertThat(whole.text()).isEqualTo("Hello");
        assertThat(raw.requests().getFirst().path()).isEqualTo("/v1/completions");
        assertThat(raw.requests().getFirst().headers()).doesNotContainKey("authorization");
    }

    @Test
    void whatTheWireCannotSayIsRefusedBeforeTheUpstreamIsAsked() throws Exception {
        open(OPTIONS, UpstreamTest::sayHello);

        RecordingReader reader = RecordingReader.toTheEndOf(
                upstream.complete(CompletionRequest.of("raw", new Prompt.Text("without a limit"))));

        assertThat(reader.failure().kind()).isEqualTo(Kind.UNSUPPORTED);
        assertThat(raw.connections()).isZero();
    }

    @Test
    void aModelThatTakesTheOtherNameOfTheTokenLimitIsAskedAgainWithThat() throws Exception {
        open(OPTIONS, (request, to) -> {
            if (request.body().contains("\"max_tokens\"")) {
                to.json(400, """
                        {"error":{"message":"use 'max_completion_tokens'","type":"invalid_request_error",\
                        "param":"max_tokens","code":"unsupported_parameter"}}""");
            } else {
                sayHello(request, to);
            }
        });
        CompletionRequest request = CompletionRequest.of("raw", "Hi").withMaxTokens(9);

        Completion whole = upstream.complete(request).completion().get();

        assertThat(whole.text()).isEqualTo("Hello");
        assertThat(raw.requests()).hasSize(2);
        assertThat(raw.requests().getLast().body()).contains("\"max_completion_tokens\":9");
    }

    @Test
    void aModelThatTakesNeitherNameOfTheTokenLimitIsAskedTwiceAndNotForever() throws Exception {
        open(OPTIONS, (_, to) -> to.json(400, """
                {"error":{"message":"no limits","type":"invalid_request_error",\
                "param":"max_tokens","code":"unsupported_parameter"}}"""));
        CompletionRequest request = CompletionRequest.of("raw", "Hi").withMaxTokens(9);

        RecordingReader reader = RecordingReader.toTheEndOf(upstream.complete(request));

        assertThat(reader.failure().kind()).isEqualTo(Kind.UNSUPPORTED);
        assertThat(raw.requests()).hasSize(2);
    }

    @Test
    void theHeadOfAnAnswerMayBeLong() throws Exception {
        open(OPTIONS, (_, to) -> {
            to.raw("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n");
            to.raw("set-cookie: " + "x".repeat(40_000) + "\r\n\r\n");
            to.event(Chunks.ROLE)
                    .event(Chunks.text("Hello"))
                    .event(Chunks.STOP)
                    .event(Chunks.USAGE)
                    .event(Chunks.DONE)
                    .end();
        });

        Completion whole = upstream.complete(CompletionRequest.of("raw", "Hi"))
                .completion()
                .get();

        assertThat(whole.text()).isEqualTo("Hello");
    }

    @Test
    void aSplitCharacterAndASplitEventArriveWhole() throws Exception {
        open(OPTIONS, (_, to) -> {
            byte[] text = ("data: " + Chunks.text("你好") + "\n\n").getBytes(UTF_8);
            to.stream().event(Chunks.ROLE);
            for (byte b : text) {
                to.part(new byte[] {b});
            }
            to.event(Chunks.STOP).event(Chunks.USAGE).event(Chunks.DONE).end();
        });

        Completion whole = upstream.complete(CompletionRequest.of("raw", "Hi"))
                .completion()
                .get();

        assertThat(whole.text()).isEqualTo("你好");
    }

    @Test
    void anAnswerIsCompleteAtItsUsageThoughTheBodyLastsLonger() throws Exception {
        AtomicBoolean complete = new AtomicBoolean();
        open(OPTIONS, (_, to) -> {
            to.stream()
                    .event(Chunks.ROLE)
                    .event(Chunks.STOP)
                    .event(Chunks.USAGE)
                    .event(Chunks.DONE);
            Await.until("the answer to be complete", complete::get);
            to.end();
        });

        RecordingReader reader = RecordingReader.toTheEndOf(upstream.complete(CompletionRequest.of("raw", "Hi")));
        complete.set(true);

        assertThat(reader.completed()).isTrue();
    }

    @Test
    void connectionsAreUsedAgain() throws Exception {
        open(OPTIONS.withConnections(1), UpstreamTest::sayHello);

        for (int i = 0; i < 5; i++) {
            read(1);
        }

        assertThat(raw.connections()).isEqualTo(1);
        assertThat(raw.requests()).hasSize(5);
    }

    /// Reads the first `events` events of a completion that is asked for until the one connection is free.
    private RecordingReader read(int events) {
        List<RecordingReader> readers = new ArrayList<>();
        Await.until("the connection", () -> {
            RecordingReader reader = RecordingReader.of(upstream.complete(CompletionRequest.of("raw", "Hi")));
            readers.add(reader.request(events).awaitEvents(events));
            return reader.events().size() == events;
        });
        return readers.getLast();
    }

    @Test
    void leavingAnAnswerThatHasComeWholeLeavesTheConnectionToItsNextUser() throws Exception {
        AtomicBoolean left = new AtomicBoolean();
        open(OPTIONS.withConnections(1), (request, to) -> {
            if (raw.requests().size() > 1) {
                to.stream().event(Chunks.ROLE);
                Await.until("the first reader to have left", left::get);
                to.event(Chunks.STOP).event(Chunks.USAGE).event(Chunks.DONE).end();
            } else {
                sayHello(request, to);
            }
        });
        RecordingReader first = read(1);
        RecordingReader second = read(1);
        assertThat(raw.connections()).isEqualTo(1);

        first.cancel();
        second.request(2);
        upstream.network().run(() -> left.set(true)); // after the loop has heard of the cancel

        assertThat(second.awaitEnd().completed()).isTrue();
    }

    @Test
    void leavingWhileTheConnectionIsMadeLosesNoConnection() throws Exception {
        open(OPTIONS.withConnections(1), UpstreamTest::sayHello);

        for (int i = 0; i < 20; i++) {
            RecordingReader.of(upstream.complete(CompletionRequest.of("raw", "Hi")))
                    .request(1)
                    .cancel();
        }

        assertThat(read(1).events()).hasSize(1);
    }

    @Test
    void aConnectionThatTheUpstreamClosesIsNotUsedAgain() throws Exception {
        open(OPTIONS, (_, to) -> {
            to.raw("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n");
            for (String chunk : List.of(Chunks.ROLE, Chunks.STOP, Chunks.USAGE, Chunks.DONE)) {
                to.raw("data: " + chunk + "\n\n");
            }
            to.hangUp();
        });

        for (int i = 0; i < 3; i++) {
            assertThat(RecordingReader.toTheEndOf(upstream.complete(CompletionRequest.of("raw", "Hi")))
                            .completed())
                    .isTrue();
        }

        assertThat(raw.connections()).isEqualTo(3);
    }

    @Test
    void theModelsAreThoseThatTheUpstreamLists() throws Exception {
        open(UpstreamOptions.DEFAULT, "", Optional.of("sk-secret"), (_, to) -> to.json(200, """
                {"object":"list","data":[{"id":"a","object":"model","created":1700000000,"owned_by":"someone"},\
                {"id":"b/c"}]}"""));

        assertThat(upstream.models())
                .containsExactly(
                        new Model("a", Instant.ofEpochSecond(1700000000), "someone", OptionalInt.empty()),
                        new Model("b/c", Instant.EPOCH, "", OptionalInt.empty()));
        assertThat(raw.requests().getFirst().line()).isEqualTo("GET /v1/models HTTP/1.1");
        assertThat(raw.requests().getFirst().headers()).containsEntry("authorization", "Bearer sk-secret");
    }

    /// As an npm mock server sends it.
    @Test
    void aStreamThatDoesNotSayThatItIsOneIsRead() throws Exception {
        open(
                OPTIONS,
                (_, to) -> to.raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
                        .event(Chunks.ROLE)
                        .event(Chunks.text("Hello"))
                        .event(Chunks.STOP)
                        .event(Chunks.USAGE)
                        .event(Chunks.DONE)
                        .end());

        Completion whole = upstream.complete(CompletionRequest.of("raw", "Hi"))
                .completion()
                .get();

        assertThat(whole.text()).isEqualTo("Hello");
    }

    @Test
    void anUpstreamIsAskedForAModelByItsOwnName() throws Exception {
        open(OPTIONS.withModels(Map.of("ours", "org/theirs:7b")), UpstreamTest::sayHello);

        Completion whole = upstream.complete(CompletionRequest.of("ours", "Hi"))
                .completion()
                .get();

        assertThat(upstream.models()).extracting(Model::id).containsExactly("ours");
        assertThat(raw.requests().getFirst().body()).contains("\"model\":\"org/theirs:7b\"");
        assertThat(whole.model()).as("the model that answered").isEqualTo("raw");
    }

    @Test
    void namedModelsAreNotAskedFor() throws Exception {
        open(OPTIONS.withModels(List.of("one", "two")), (_, to) -> to.hang());

        assertThat(upstream.models()).extracting(Model::id).containsExactly("one", "two");
        assertThat(raw.connections()).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            404 | application/json | {"detail":"Not Found"}   | answered with status 404: Not Found
            500 | text/html        | <h1>Oops</h1>            | answered with status 500: <h1>Oops</h1>
            200 | text/html        | <h1>Hello</h1>           | expected application/json
            200 | application/json | {"data":[]}              | list of models is empty
            200 | application/json | {"data":                 | list of models ends
            200 | application/json | {"models":["a"]}         | list of models makes no sense
            """)
    void anUpstreamWithoutAListOfModelsIsNotOpenedAndTheWayOutIsTold(
            int status, String type, String body, String sentence) throws Exception {
        raw = new RawUpstream((_, to) -> to.whole(status, type, body));

        BackendException failure = catchThrowableOfType(
                BackendException.class, () -> Upstream.open(raw.baseUrl(), Optional.empty(), UpstreamOptions.DEFAULT));

        assertThat(failure)
                .hasMessageContaining(raw.baseUrl().toString())
                .hasMessageContaining(sentence)
                .hasMessageEndingWith("(when asked for its models, which can be named instead)");
        Await.until("the connection to be left", () -> raw.open() == 0);
    }

    @Test
    void anUpstreamThatIsSilentAboutItsModelsIsNotWaitedForForever() throws Exception {
        raw = new RawUpstream((_, to) -> to.hang());
        UpstreamOptions impatient = UpstreamOptions.DEFAULT.withNextToken(Duration.ofMillis(200));

        BackendException failure = catchThrowableOfType(
                BackendException.class, () -> Upstream.open(raw.baseUrl(), Optional.empty(), impatient));

        assertThat(failure.kind()).isEqualTo(Kind.TIMED_OUT);
    }

    @Test
    void aListOfModelsWithoutEndIsCutShort() throws Exception {
        raw = new RawUpstream((_, to) -> {
            to.raw("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
            while (true) {
                to.part(" ".repeat(1 << 20));
            }
        });

        BackendException failure = catchThrowableOfType(
                BackendException.class, () -> Upstream.open(raw.baseUrl(), Optional.empty(), UpstreamOptions.DEFAULT));

        assertThat(failure).hasMessageContaining("'s list of models is longer than 16777216 bytes");
    }

    @Test
    void closingDoesNotWaitForAReaderThatAsksForNothing() throws Exception {
        open(
                OPTIONS,
                (_, to) -> to.stream()
                        .part("data: " + Chunks.ROLE + "\n\ndata: " + Chunks.text("unread") + "\n\n")
                        .hang());
        RecordingReader reader = RecordingReader.of(upstream.complete(CompletionRequest.of("raw", "Hi")));
        reader.request(1).awaitEvents(1);

        upstream.close();

        assertThat(reader.awaitEnd().failure().kind()).isEqualTo(Kind.SHUTTING_DOWN);
        Await.until("the connection to be left", () -> raw.open() == 0);
    }

    @Test
    void aReaderMayCloseTheUpstreamThatItReads() throws Exception {
        open(OPTIONS, UpstreamTest::sayHello);
        AtomicReference<Throwable> end = new AtomicReference<>();

        upstream.complete(CompletionRequest.of("raw", "Hi")).subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(1);
            }

            @Override
            public void onNext(TokenEvent event) {
                upstream.close();
            }

            @Override
            public void onError(Throwable failure) {
                end.set(failure);
            }

            @Override
            public void onComplete() {
                end.set(new AssertionError("completed"));
            }
        });

        Await.until("the end", () -> end.get() != null);
        assertThat(BackendException.of(end.get()).kind()).isEqualTo(Kind.SHUTTING_DOWN);
    }

    @Test
    void aStreamMadeBeforeTheCloseAndReadAfterItFails() throws Exception {
        open(OPTIONS, UpstreamTest::sayHello);
        var stream = upstream.complete(CompletionRequest.of("raw", "Hi"));

        upstream.close();

        assertThat(RecordingReader.toTheEndOf(stream).failure().kind()).isEqualTo(Kind.SHUTTING_DOWN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost:8080/v1",
                "ftp://127.0.0.1/v1",
                "http:///v1",
                "http://:8080/v1",
                "http://host:port/v1",
                "http://127.0.0.1:0/v1",
                "http://127.0.0.1:65536/v1",
                "http://bücher.example/v1",
                "http://127.0.0.1/bücher/v1",
                "http://someone:secret@127.0.0.1/v1",
                "http://127.0.0.1/v1?x=secret",
                "http://127.0.0.1/v1#secret"
            })
    void anAddressOfWhichNoRequestCanBeMadeIsRefused(String url) throws Exception {
        raw = new RawUpstream(UpstreamTest::sayHello);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Upstream.open(URI.create(url), Optional.empty(), OPTIONS))
                .withMessageStartingWith("the upstream's address ")
                .withMessageContaining(", expected ")
                .withMessageNotContaining("secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://my_container:8080/v1", "https://host.example", "HTTP://[::1]:1/a/b"})
    void anAddressIsCalledByItsName(String url) throws Exception {
        raw = new RawUpstream(UpstreamTest::sayHello);

        assertThat(Address.of(URI.create(url + "/"), Optional.empty()).name()).isEqualTo("upstream " + url);
    }

    @Test
    void anAddressMayBeOfTheSixthVersion() throws Exception {
        try {
            raw = new RawUpstream(new ServerSocket(0, 1, InetAddress.ofLiteral("::1")), UpstreamTest::sayHello);
        } catch (IOException none) {
            raw = new RawUpstream(UpstreamTest::sayHello);
            assumeTrue(false, "no IPv6 on this machine");
        }
        URI url = URI.create(raw.baseUrl().toString().replace("localhost", "[::1]"));
        upstream = Upstream.open(url, Optional.empty(), OPTIONS);

        assertThat(RecordingReader.toTheEndOf(upstream.complete(CompletionRequest.of("raw", "Hi")))
                        .completed())
                .isTrue();
        assertThat(raw.requests().getFirst().headers()).containsEntry("host", url.getAuthority());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "two words", "line\nbreak", "schlüssel"})
    void aKeyThatNoHeaderCanHoldIsRefusedAndNotQuoted(String key) throws Exception {
        raw = new RawUpstream(UpstreamTest::sayHello);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Upstream.open(raw.baseUrl(), Optional.of(key), OPTIONS))
                .withMessage("the upstream's API key is empty or has characters other than visible ASCII");
    }
}
