package dev.runnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.UpstreamFault;
import dev.runnel.testing.Await;
import dev.runnel.testing.RawUpstream;
import dev.runnel.testing.RawUpstream.Chunks;
import dev.runnel.testing.RawUpstream.Script;
import dev.runnel.testing.RecordingReader;
import io.vertx.core.VertxOptions;
import io.vertx.core.dns.AddressResolverOptions;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every way in which an upstream can fail, each provoked by an upstream made of a socket.
class UpstreamFailureTest {

    private static final UpstreamOptions OPTIONS =
            UpstreamOptions.DEFAULT.withModels(List.of("raw")).withRetries(Retries.NONE);
    private static final UpstreamOptions IMPATIENT =
            OPTIONS.withFirstToken(Duration.ofMillis(250)).withNextToken(Duration.ofMillis(250));
    private static final CompletionRequest REQUEST = CompletionRequest.of("raw", "Hi");

    private RawUpstream raw;
    private Upstream upstream;

    private RecordingReader reading(UpstreamOptions options, Script script) throws IOException {
        return reading(options, new RawUpstream(script));
    }

    private RecordingReader reading(UpstreamOptions options, RawUpstream upstreamOfBytes) {
        raw = upstreamOfBytes;
        upstream = Upstream.open(raw.baseUrl(), Optional.empty(), options);
        return RecordingReader.of(upstream.complete(REQUEST)).request(Long.MAX_VALUE);
    }

    private BackendException failure(Script script) throws IOException {
        return failureOf(reading(OPTIONS, script));
    }

    /// The failure of a stream that is to have given no event.
    private static BackendException failureOf(RecordingReader reader) {
        BackendException failure = reader.awaitEnd().failure();
        assertThat(reader.events()).isEmpty();
        return failure;
    }

    /// Asserts what programs are told the failure is.
    private static void assertFault(BackendException failure, UpstreamFault fault) {
        assertThat(failure.kind()).isEqualTo(fault.kind());
        assertThat(failure.code()).hasValue(fault.code());
    }

    private String named(String sentence) {
        return "upstream " + raw.baseUrl() + sentence;
    }

    @AfterEach
    void close() throws IOException {
        if (upstream != null) {
            upstream.close();
        }
        if (raw != null) {
            raw.close();
        }
    }

    @Test
    void anUpstreamThatIsNotThereIsNamed() throws IOException {
        int port;
        try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = unused.getLocalPort();
        }
        URI nowhere = URI.create("http://127.0.0.1:" + port + "/v1");
        upstream = Upstream.open(nowhere, Optional.empty(), OPTIONS);

        BackendException failure = failureOf(RecordingReader.toTheEndOf(upstream.complete(REQUEST)));

        assertFault(failure, UpstreamFault.UNREACHABLE);
        assertThat(failure).hasMessage("upstream " + nowhere + " can't be reached: Connection refused");
    }

    @Test
    void anUpstreamThatDoesNotTakeTheConnectionIsGivenUp() throws IOException {
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket first = new Socket(full.getInetAddress(), full.getLocalPort());
                Socket second = new Socket(full.getInetAddress(), full.getLocalPort())) {
            assertThat(first.isConnected() && second.isConnected()).isTrue();
            URI busy = URI.create("http://127.0.0.1:" + full.getLocalPort() + "/v1");
            upstream = Upstream.open(busy, Optional.empty(), OPTIONS.withConnect(Duration.ofMillis(200)));

            BackendException failure = failureOf(RecordingReader.toTheEndOf(upstream.complete(REQUEST)));

            assertThat(failure.kind()).isEqualTo(Kind.TIMED_OUT);
            assertThat(failure).hasMessage("upstream " + busy + " can't be reached: it does not answer");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "400, INVALID_REQUEST",
        "401, UPSTREAM",
        "403, UPSTREAM",
        "404, UPSTREAM",
        "429, OVERLOADED",
        "500, UPSTREAM",
        "503, OVERLOADED"
    })
    void aRefusalIsOfTheKindThatItsStatusSays(int status, Kind kind) throws IOException {
        BackendException failure = failure((_, to) -> to.json(status, """
                {"error":{"message":"so it is","type":"whatever","param":null,"code":null}}"""));

        assertThat(failure.kind()).isEqualTo(kind);
        assertThat(failure).hasMessageStartingWith(named(" ")).hasMessageContaining(Integer.toString(status));
        Await.until("the connection to be left", () -> raw.answering() == 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void whereThereIsNoKeyNoneIsSaidToBeRefused(int status) throws IOException {
        BackendException failure = failure((_, to) -> to.json(status, "{}"));

        assertFault(failure, UpstreamFault.UNAUTHORIZED);
        assertThat(failure).hasMessage(named(" refused this server, which has no key for it, with status " + status));
    }

    @Test
    void aWrongFieldIsNamedInTheUpstreamsOwnWords() throws IOException {
        BackendException failure = failure((_, to) -> to.json(400, """
                {"error":{"message":"'temperature' is too high","type":"invalid_request_error",\
                "param":"temperature","code":"invalid_value"}}"""));

        assertThat(failure.kind()).isEqualTo(Kind.INVALID_REQUEST);
        assertThat(failure.parameter()).contains("temperature");
        assertThat(failure.code()).contains("invalid_value");
        assertThat(failure).hasMessage(named(" answered with status 400: 'temperature' is too high"));
    }

    @Test
    void aModelThatIsNotThereIsToldFromAnAddressThatIsWrong() throws IOException {
        BackendException failure = failure((_, to) -> to.json(404, """
                {"error":{"message":"no 'raw' here","type":"invalid_request_error","param":"model",\
                "code":"model_not_found"}}"""));

        assertThat(failure.kind()).isEqualTo(Kind.MODEL_NOT_FOUND);
    }

    @Test
    void anOverloadedUpstreamSaysWhenToTryAgain() throws IOException {
        BackendException failure = failure((_, to) -> to.json(429, "{}", "retry-after: 7"));

        assertThat(failure.kind()).isEqualTo(Kind.OVERLOADED);
        assertThat(failure.retryAfter()).contains(Duration.ofSeconds(7));
    }

    @Test
    void aRefusalWithoutEndIsCutShort() throws IOException {
        BackendException failure = failure((_, to) -> {
            to.raw("HTTP/1.1 500 Oops\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n");
            while (true) {
                to.part("oops ".repeat(1000));
            }
        });

        assertThat(failure).hasMessageStartingWith(named(" answered with status 500: oops oops"));
        Await.until("the connection to be left", () -> raw.answering() == 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 307, 308})
    void aRedirectIsNamedAndNotFollowed(int status) throws IOException {
        BackendException failure =
                failure((_, to) -> to.whole(status, "text/plain", "", "location: https://elsewhere.example/v1"));

        assertFault(failure, UpstreamFault.REFUSED);
        assertThat(failure)
                .hasMessage(named(" answered with status " + status
                        + " and sends on to https://elsewhere.example/v1; redirects are not followed"));
        assertThat(raw.requests()).hasSize(1);
    }

    @Test
    void aPageInPlaceOfAStreamIsAFailure() throws IOException {
        BackendException failure = failure((_, to) -> to.whole(200, "text/html", "<html>\n<h1>Welcome</h1>"));

        assertFault(failure, UpstreamFault.NOT_SSE);
        assertThat(failure)
                .hasMessage(named(" answered with status 200: <html> <h1>Welcome</h1>"
                        + " (as text/html, expected text/event-stream)"));
    }

    @Test
    void anErrorWithStatus200IsAFailure() throws IOException {
        BackendException failure = failure((_, to) -> to.json(200, """
                {"error":{"message":"too long","type":"x","param":null,"code":"context_length_exceeded"}}"""));

        assertThat(failure.kind()).isEqualTo(Kind.CONTEXT_LENGTH_EXCEEDED);
        assertThat(failure).hasMessageContaining("too long");
    }

    @Test
    void anUpstreamThatDoesNotSpeakHttpIsAFailure() throws IOException {
        BackendException failure = failure((_, to) -> to.raw("SSH-2.0-OpenSSH_9.6\r\n\r\n"));

        assertFault(failure, UpstreamFault.NOT_HTTP);
        assertThat(failure).hasMessageStartingWith(named(" made no sense: "));
    }

    @Test
    void anUpstreamThatHangsUpInsteadOfAnsweringIsAFailure() throws IOException {
        BackendException failure = failure((_, to) -> to.hangUp());

        assertFault(failure, UpstreamFault.CLOSED_EARLY);
        assertThat(failure).hasMessage(named(" closed the connection"));
    }

    @Test
    void anErrorFrameBreaksTheStreamOff() throws IOException {
        RecordingReader reader = reading(
                OPTIONS,
                (_, to) -> to.stream()
                        .event(Chunks.ROLE)
                        .event(Chunks.text("Hel"))
                        .part(
                                "event: error\ndata: {\"error\":{\"message\":\"out of memory\",\"type\":\"x\",\"code\":null}}\n\n")
                        .end());

        BackendException failure = reader.awaitEnd().failure();

        assertThat(reader.events()).containsExactly(new Started("raw", 1), new Text(0, "Hel"));
        assertFault(failure, UpstreamFault.FAILED);
        assertThat(failure).hasMessage(named(" failed: out of memory"));
    }

    @Test
    void aStreamThatEndsEarlyIsAFailureAndNotAShortAnswer() throws IOException {
        RecordingReader reader = reading(
                OPTIONS,
                (_, to) ->
                        to.stream().event(Chunks.ROLE).event(Chunks.text("Hel")).end());

        BackendException failure = reader.awaitEnd().failure();

        assertThat(reader.events()).hasSize(2);
        assertFault(failure, UpstreamFault.CLOSED_EARLY);
        assertThat(failure).hasMessageStartingWith(named(" ended its stream before choice 0 of 1 had finished"));
    }

    @Test
    void doneBeforeTheFinishIsAFailure() throws IOException {
        RecordingReader reader = reading(
                OPTIONS,
                (_, to) -> to.stream().event(Chunks.ROLE).event(Chunks.DONE).end());

        assertFault(reader.awaitEnd().failure(), UpstreamFault.CLOSED_EARLY);
        assertThat(reader.failure()).hasMessageContaining("before choice 0 of 1 had finished");
    }

    @Test
    void aWholeAnswerWithoutItsUsageIsAFailure() throws IOException {
        RecordingReader reader = reading(
                OPTIONS,
                (_, to) -> to.stream()
                        .event(Chunks.ROLE)
                        .event(Chunks.text("Hello"))
                        .event(Chunks.STOP)
                        .event(Chunks.DONE)
                        .end());

        BackendException failure = reader.awaitEnd().failure();

        assertThat(reader.events().getLast()).isInstanceOf(Finished.class);
        assertFault(failure, UpstreamFault.USAGE);
        assertThat(failure).hasMessageStartingWith(named(" ")).hasMessageContaining("without the usage");
    }

    @Test
    void aBrokenChunkBreaksTheStreamOff() throws IOException {
        RecordingReader reader = reading(
                OPTIONS,
                (_, to) ->
                        to.stream().event(Chunks.ROLE).event("{\"choices\":[").hang());

        assertFault(reader.awaitEnd().failure(), UpstreamFault.MALFORMED_EVENT);
        assertThat(reader.failure()).hasMessageStartingWith(named("'s chunk"));
        Await.until("the connection to be left", () -> raw.answering() == 0);
    }

    @Test
    void anUpstreamThatHangsUpInMidStreamIsAFailure() throws IOException {
        RecordingReader reader = reading(
                OPTIONS,
                (_, to) ->
                        to.stream().event(Chunks.ROLE).event(Chunks.text("Hel")).hangUp());

        BackendException failure = reader.awaitEnd().failure();

        assertThat(reader.events()).hasSize(2);
        assertFault(failure, UpstreamFault.CLOSED_EARLY);
        assertThat(failure).hasMessage(named(" closed the connection, after 2 events"));
    }

    @Test
    void aConnectionThatIsResetInMidStreamIsAFailure() throws IOException {
        AtomicBoolean heard = new AtomicBoolean();
        RecordingReader reader = reading(OPTIONS, (_, to) -> {
            to.stream().event(Chunks.ROLE);
            Await.until("the first event to be heard", heard::get);
            to.reset();
        });
        heard.set(!reader.awaitEvents(1).events().isEmpty());

        BackendException failure = reader.awaitEnd().failure();

        assertFault(failure, UpstreamFault.CLOSED_EARLY);
        assertThat(failure).hasMessageStartingWith(named(" broke the connection, after 1 event: "));
    }

    @Test
    void aTransferThatIsBrokenInMidStreamIsAFailure() throws IOException {
        RecordingReader reader = reading(
                OPTIONS,
                (_, to) -> to.stream().event(Chunks.ROLE).raw("xyz\r\n").hang());

        assertFault(reader.awaitEnd().failure(), UpstreamFault.NOT_HTTP);
        assertThat(reader.failure()).hasMessageStartingWith(named(" made no sense"));
        Await.until("the connection to be left", () -> raw.answering() == 0);
    }

    @Test
    void silenceBeforeTheAnswerIsGivenUp() throws IOException {
        BackendException failure = failureOf(reading(IMPATIENT, (_, to) -> to.hang()));

        assertFault(failure, UpstreamFault.SILENT);
        assertThat(failure).hasMessage(named(" sent nothing for 250 ms"));
        Await.until("the connection to be left", () -> raw.answering() == 0);
    }

    @Test
    void silenceInTheAnswerIsGivenUp() throws IOException {
        RecordingReader reader = reading(
                OPTIONS.withNextToken(Duration.ofMillis(250)),
                (_, to) ->
                        to.stream().event(Chunks.ROLE).event(Chunks.text("Hel")).hang());

        BackendException failure = reader.awaitEnd().failure();

        assertFault(failure, UpstreamFault.SILENT);
        assertThat(failure).hasMessage(named(" sent nothing for 250 ms, after 2 events"));
        Await.until("the connection to be left", () -> raw.answering() == 0);
    }

    @Test
    void silenceInARefusalIsGivenUp() throws IOException {
        BackendException failure = failureOf(reading(
                IMPATIENT,
                (_, to) -> to.raw("HTTP/1.1 500 Oops\r\ncontent-type: text/plain\r\ncontent-length: 1000\r\n\r\noops")
                        .hang()));

        assertThat(failure.kind()).isEqualTo(Kind.TIMED_OUT);
    }

    @Test
    void bytesThatNeverMakeALineAreGivenUp() throws IOException {
        RecordingReader reader = reading(OPTIONS.withNextToken(Duration.ofMillis(250)), (_, to) -> {
            to.stream().event(Chunks.ROLE).event(Chunks.text("Hel"));
            drip(to, "data: {\"id\":\"c1\",");
        });

        BackendException failure = reader.awaitEnd().failure();

        assertThat(reader.events()).hasSize(2);
        assertFault(failure, UpstreamFault.STALLED);
        assertThat(failure).hasMessage(named(" sent bits and pieces for 250 ms, and nothing whole, after 2 events"));
        Await.until("the connection to be left", () -> raw.answering() == 0);
    }

    @Test
    void bytesOfARefusalThatNeverEndsAreGivenUp() throws IOException {
        BackendException failure = failureOf(reading(IMPATIENT, (_, to) -> {
            to.raw("HTTP/1.1 500 Oops\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n");
            drip(to, "oops");
        }));

        assertFault(failure, UpstreamFault.STALLED);
        Await.until("the connection to be left", () -> raw.answering() == 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {": ping\n", "data: {\"choices\":[]}\n\n", "event: ping\ndata: {}\n\n"})
    void signsOfLifeWithoutAnEventAreGivenUpInTheEnd(String sign) throws IOException {
        BackendException failure = failureOf(reading(OPTIONS.withEvent(Duration.ofMillis(250)), (_, to) -> {
            to.stream();
            while (true) {
                to.part(sign);
                LockSupport.parkNanos(1_000_000);
            }
        }));

        assertFault(failure, UpstreamFault.STALLED);
        assertThat(failure).hasMessage(named(" sent bits and pieces for 250 ms, and nothing whole"));
        Await.until("the connection to be left", () -> raw.answering() == 0);
    }

    /// Sends one byte after another, without end.
    private static void drip(RawUpstream.Answer to, String bytes) throws IOException {
        for (int i = 0; ; i++) {
            to.part(bytes.substring(i % bytes.length(), i % bytes.length() + 1));
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Test
    void aUsageThatContradictsItsAnswerIsAFailure() throws IOException {
        RecordingReader reader = reading(
                OPTIONS,
                (_, to) -> to.stream()
                        .event(Chunks.ROLE)
                        .event(Chunks.text("Hello"))
                        .event(Chunks.STOP)
                        .event(Chunks.USAGE.replace("5,", "0,").replace("12", "7"))
                        .event(Chunks.DONE)
                        .end());

        BackendException failure = reader.awaitEnd().failure();

        assertThat(reader.events().getLast()).isInstanceOf(Finished.class);
        assertFault(failure, UpstreamFault.USAGE);
        assertThat(failure).hasMessageStartingWith(named(" counted no completion tokens for an answer that has some"));
    }

    @Test
    void commentsAreNoSilence() throws IOException {
        AtomicBoolean enough = new AtomicBoolean();
        RecordingReader reader = reading(IMPATIENT, (request, to) -> {
            to.stream();
            if (request.body().contains("silent")) {
                to.hang();
            }
            while (!enough.get()) {
                to.part(": ping\n");
                LockSupport.parkNanos(1_000_000);
            }
            to.event(Chunks.ROLE)
                    .event(Chunks.STOP)
                    .event(Chunks.USAGE)
                    .event(Chunks.DONE)
                    .end();
        });
        Await.until("the first request", () -> raw.answering() == 1);

        // As long as it takes for silence to be given up.
        RecordingReader silent = RecordingReader.toTheEndOf(upstream.complete(CompletionRequest.of("raw", "silent")));
        enough.set(silent.hasEnded());

        assertThat(silent.failure().kind()).isEqualTo(Kind.TIMED_OUT);
        assertThat(reader.awaitEnd().completed()).isTrue();
    }

    @Test
    void aReaderThatTakesItsTimeIsNotTheUpstreamsSilence() throws IOException {
        raw = new RawUpstream((request, to) -> {
            to.stream().event(Chunks.ROLE).event(Chunks.text("a"));
            if (request.body().contains("silent")) {
                to.hang();
            }
            to.event(Chunks.text("b"))
                    .event(Chunks.STOP)
                    .event(Chunks.USAGE)
                    .event(Chunks.DONE)
                    .end();
        });
        upstream = Upstream.open(raw.baseUrl(), Optional.empty(), IMPATIENT);
        RecordingReader slow = RecordingReader.of(upstream.complete(REQUEST));
        slow.request(1).awaitEvents(1);

        // As long as it takes for silence to be given up.
        RecordingReader silent = RecordingReader.toTheEndOf(upstream.complete(CompletionRequest.of("raw", "silent")));
        slow.request(10).awaitEnd();

        assertThat(silent.failure().kind()).isEqualTo(Kind.TIMED_OUT);
        assertThat(Completion.of(slow.events()).text()).isEqualTo("ab");
    }

    @Test
    void moreCompletionsThanConnectionsAreRefused() throws IOException {
        RecordingReader first = reading(
                OPTIONS.withConnections(1),
                (_, to) -> to.stream().event(Chunks.ROLE).hang());
        first.awaitEvents(1);

        BackendException failure = failureOf(RecordingReader.toTheEndOf(upstream.complete(REQUEST)));

        assertThat(failure.kind()).isEqualTo(Kind.OVERLOADED);
        assertThat(failure.retryAfter()).isPresent();
        assertThat(failure).hasMessage("all connections to upstream " + raw.baseUrl() + " are taken");
    }

    @Test
    void leavingBeforeTheAnswerClosesTheConnection() throws IOException {
        RecordingReader reader = reading(OPTIONS, (_, to) -> to.hang());
        Await.until("the request", () -> raw.answering() == 1);

        reader.cancel();

        Await.until("the connection to be left", () -> raw.answering() == 0);
        assertThat(reader.hasEnded()).isFalse();
    }

    @Test
    void leavingAnUpstreamThatIsSlowToReadKeepsTheRestOfTheRequestFromIt() throws IOException {
        int promptBytes = 32 << 20;
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            URI url = URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/v1");
            upstream = Upstream.open(url, Optional.empty(), OPTIONS);
            CompletionRequest request = CompletionRequest.of("raw", "x".repeat(promptBytes));
            RecordingReader reader =
                    RecordingReader.of(upstream.complete(request)).request(1);

            try (Socket slow = listener.accept()) {
                assertThat(slow.getInputStream().read()).isEqualTo('P');
                reader.cancel();

                assertThat(bytesUntilItsEnd(slow)).isLessThan(promptBytes);
            }
        }
    }

    private static long bytesUntilItsEnd(Socket socket) {
        byte[] bytes = new byte[1 << 16];
        long count = 0;
        try {
            for (int n = 0; n >= 0; n = socket.getInputStream().read(bytes)) {
                count += n;
            }
        } catch (IOException reset) {
            // That is an end, too.
        }
        return count;
    }

    @Test
    void anUpstreamThatDoesNotEndItsBodyAfterDoneLosesTheConnectionAndNotTheAnswer() throws IOException {
        RecordingReader reader = reading(
                OPTIONS.withFirstToken(Duration.ofSeconds(1)).withNextToken(Duration.ofSeconds(1)),
                (_, to) -> to.stream()
                        .event(Chunks.ROLE)
                        .event(Chunks.STOP)
                        .event(Chunks.USAGE)
                        .event(Chunks.DONE)
                        .hang());

        assertThat(reader.awaitEnd().completed()).isTrue();
        Await.until("the connection to be left", () -> raw.answering() == 0);
    }

    @Test
    void aHostThatHasNoAddressIsNamed() throws IOException {
        try (DatagramSocket names = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> knowNoName(names));
            URI nowhere = URI.create("http://no-such-host.example/v1");
            upstream = Upstream.open(
                    nowhere,
                    Optional.empty(),
                    OPTIONS,
                    new VertxOptions()
                            .setAddressResolverOptions(
                                    new AddressResolverOptions().addServer("127.0.0.1:" + names.getLocalPort())));

            BackendException failure = failureOf(RecordingReader.toTheEndOf(upstream.complete(REQUEST)));

            assertFault(failure, UpstreamFault.UNREACHABLE);
            assertThat(failure).hasMessage("upstream " + nowhere + " can't be reached: there is no such host");
        }
    }

    /// Answers every question of the domain name system with "no such name".
    private static void knowNoName(DatagramSocket socket) {
        try {
            while (true) {
                DatagramPacket question = new DatagramPacket(new byte[512], 512);
                socket.receive(question);
                question.getData()[2] |= (byte) 0x80; // an answer
                question.getData()[3] = (byte) 0x83; // NXDOMAIN
                socket.send(question);
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }
}
