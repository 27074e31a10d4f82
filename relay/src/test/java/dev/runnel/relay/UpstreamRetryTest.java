package dev.runnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.testing.Await;
import dev.runnel.testing.RawUpstream;
import dev.runnel.testing.RawUpstream.Answer;
import dev.runnel.testing.RawUpstream.Chunks;
import dev.runnel.testing.RawUpstream.Script;
import dev.runnel.testing.RecordingReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// When a request is sent again, and when it is not.
class UpstreamRetryTest {

    private static final UpstreamOptions OPTIONS = UpstreamOptions.DEFAULT
            .withModels(List.of("raw"))
            .withRetries(Retries.DEFAULT.withPause(Duration.ofMillis(2)));
    private static final CompletionRequest REQUEST = CompletionRequest.of("raw", "Hi");

    private RawUpstream raw;
    private Upstream upstream;

    /// The first answer is that of `fault`, all others are good.
    private RecordingReader reading(Script fault) throws IOException {
        return reading(OPTIONS, (request, to) -> {
            if (raw.requests().size() == 1) {
                fault.answer(request, to);
            } else {
                sayHello(to);
            }
        });
    }

    private RecordingReader reading(UpstreamOptions options, Script script) throws IOException {
        raw = new RawUpstream(script);
        upstream = Upstream.open(raw.baseUrl(), Optional.empty(), options);
        return RecordingReader.of(upstream.complete(REQUEST)).request(Long.MAX_VALUE);
    }

    private static void sayHello(Answer to) throws IOException {
        to.stream()
                .event(Chunks.ROLE)
                .event(Chunks.text("Hello"))
                .event(Chunks.STOP)
                .event(Chunks.USAGE)
                .event(Chunks.DONE)
                .end();
    }

    private void assertHello(RecordingReader reader) {
        assertThat(Completion.of(reader.awaitEnd().events()).text()).isEqualTo("Hello");
        assertThat(raw.requests()).hasSize(2);
    }

    @AfterEach
    void close() throws IOException {
        upstream.close();
        if (raw != null) {
            raw.close();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 429, 502, 503, 504})
    void aRefusalForTheMomentIsAskedAgain(int status) throws IOException {
        assertHello(reading((_, to) -> to.json(status, "{}")));
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 422, 500, 501})
    void aRefusalThatWouldComeAgainIsNot(int status) throws IOException {
        RecordingReader reader = reading((_, to) -> to.json(status, "{}"));

        assertThat(reader.awaitEnd().failure()).hasMessageContaining(Integer.toString(status));
        assertThat(raw.requests()).hasSize(1);
    }

    @Test
    void aRequestBeganWithItsFirstSendingAndNotBeforeItWasAskedFor() throws Exception {
        List<Long> arrivals = new CopyOnWriteArrayList<>();
        raw = new RawUpstream((_, to) -> {
            arrivals.add(System.nanoTime());
            if (arrivals.size() == 1) {
                to.json(503, "{}");
            } else {
                sayHello(to);
            }
        });
        upstream = Upstream.open(raw.baseUrl(), Optional.empty(), OPTIONS);

        CompletionStream stream = upstream.complete(REQUEST);
        assertThat(stream.begun()).isEmpty();
        long demanded = System.nanoTime();
        stream.completion().get();

        assertThat(arrivals).hasSize(2);
        assertThat(stream.begun().orElseThrow()).isBetween(demanded, arrivals.getFirst());
    }

    @Test
    void aQuotaThatIsUsedUpIsNotAskedAgain() throws IOException {
        RecordingReader reader =
                reading((_, to) -> to.json(429, "{\"error\":{\"message\":\"pay\",\"code\":\"insufficient_quota\"}}"));

        assertThat(reader.awaitEnd().failure().code()).hasValue("insufficient_quota");
        assertThat(raw.requests()).hasSize(1);
    }

    @Test
    void anUpstreamThatAsksNotToBeAskedAgainIsNot() throws IOException {
        RecordingReader reader = reading((_, to) -> to.json(504, "{}", "x-should-retry: false"));

        assertThat(reader.awaitEnd().failure().kind()).isEqualTo(Kind.TIMED_OUT);
        assertThat(raw.requests()).hasSize(1);
    }

    @Test
    void aConnectionThatIsClosedInPlaceOfAnAnswerIsAskedAgain() throws IOException {
        assertHello(reading((_, to) -> to.hangUp()));
    }

    @Test
    void aConnectionThatIsResetInPlaceOfAnAnswerIsAskedAgain() throws IOException {
        assertHello(reading((_, to) -> to.reset()));
    }

    @Test
    void aStreamThatEndsBeforeItsFirstEventIsAskedAgain() throws IOException {
        assertHello(reading(
                (_, to) -> to.stream().part(": ping\n").part("data: {\"cho").end()));
    }

    @Test
    void anUpstreamThatComesBackIsReached() throws IOException {
        int port;
        try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = unused.getLocalPort();
        }
        upstream = Upstream.open(
                URI.create("http://127.0.0.1:" + port + "/v1"),
                Optional.empty(),
                OPTIONS.withRetries(new Retries(10, Duration.ofSeconds(20), Duration.ofMillis(100))));
        RecordingReader reader = RecordingReader.of(upstream.complete(REQUEST)).request(Long.MAX_VALUE);

        raw = new RawUpstream(new ServerSocket(port, 50, InetAddress.getLoopbackAddress()), (_, to) -> sayHello(to));

        assertThat(Completion.of(reader.awaitEnd().events()).text()).isEqualTo("Hello");
    }

    @Test
    void afterTheFirstEventNothingIsAskedAgain() throws IOException {
        RecordingReader reader = reading((_, to) ->
                to.stream().event(Chunks.ROLE).event(Chunks.text("Hel")).hangUp());

        assertThat(reader.awaitEnd().failure()).hasMessageContaining("closed the connection, after 2 events");
        assertThat(reader.events()).containsExactly(new Started("raw", 1), new Text(0, "Hel"));
        assertThat(raw.requests()).hasSize(1);
    }

    @Test
    void nothingIsAskedMoreOftenThanAllowed() throws IOException {
        RecordingReader reader = reading(OPTIONS, (_, to) -> to.json(503, "{}"));

        assertThat(reader.awaitEnd().failure().kind()).isEqualTo(Kind.OVERLOADED);
        assertThat(raw.requests()).hasSize(3);
    }

    @Test
    void anUpstreamThatIsToBeAskedMuchLaterIsLeftToTheClient() throws IOException {
        RecordingReader reader = reading((_, to) -> to.json(429, "{}", "retry-after: 60"));

        assertThat(reader.awaitEnd().failure().retryAfter()).hasValue(Duration.ofMinutes(1));
        assertThat(raw.requests()).hasSize(1);
    }

    @Test
    void aClientThatHasLeftIsNotAskedFor() throws IOException {
        RecordingReader reader = reading(
                OPTIONS.withRetries(Retries.DEFAULT.withPause(Duration.ofMillis(50))), (_, to) -> to.json(503, "{}"));
        Await.until("the refusal", () -> raw.requests().size() == 1 && raw.answering() == 0);

        reader.cancel();
        // As long as it takes for another to be asked again, and refused.
        RecordingReader other = RecordingReader.toTheEndOf(upstream.complete(REQUEST));

        assertThat(other.failure().kind()).isEqualTo(Kind.OVERLOADED);
        assertThat(raw.requests()).hasSize(4);
    }
}
