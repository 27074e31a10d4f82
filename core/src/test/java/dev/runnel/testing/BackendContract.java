package dev.runnel.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What every backend promises, whatever makes its tokens. Each backend's tests extend this.
public abstract class BackendContract {

    private Backend backend;

    /// A fresh backend; the contract closes it after each test.
    protected abstract Backend open() throws Exception;

    /// A request that always gets the same reply of one choice: at least two pieces, and an end.
    protected abstract CompletionRequest shortRequest();

    /// A request whose reply goes on for longer than any test reads.
    protected abstract CompletionRequest endlessRequest();

    /// A request whose stream fails after `events` events, where this backend can be made to fail on purpose.
    protected abstract Optional<CompletionRequest> requestFailingAfter(int events);

    /// Completions that the backend is still working on.
    protected abstract int inProgress();

    @BeforeEach
    void openBackend() throws Exception {
        backend = open();
    }

    @AfterEach
    void closeBackend() {
        backend.close();
    }

    @Test
    void aStreamStartsThenGivesPiecesThenFinishesAndEndsWithItsUsage() {
        RecordingReader reader = RecordingReader.toTheEndOf(backend.complete(shortRequest()));

        assertThat(reader.completed()).isTrue();
        List<TokenEvent> events = reader.events();
        assertThat(events.getFirst()).isInstanceOf(Started.class);
        assertThat(events.subList(1, events.size() - 2)).hasSizeGreaterThan(1).allMatch(Text.class::isInstance);
        assertThat(events.get(events.size() - 2)).isInstanceOf(Finished.class);
        assertThat(events.getLast()).isInstanceOf(Usage.class);
    }

    @Test
    void theWholeReplyIsTheConcatenationOfTheStreamedPieces() throws Exception {
        List<TokenEvent> events =
                RecordingReader.toTheEndOf(backend.complete(shortRequest())).events();
        StringBuilder concatenated = new StringBuilder();
        for (TokenEvent event : events) {
            if (event instanceof Text(var _, var piece, var _)) {
                concatenated.append(piece);
            }
        }

        Completion whole = backend.complete(shortRequest()).completion().get();

        assertThat(whole.text()).isEqualTo(concatenated.toString());
        assertThat(whole).isEqualTo(Completion.of(events));
    }

    @Test
    void theBlockingLoopSeesTheSameEvents() {
        List<TokenEvent> pushed =
                RecordingReader.toTheEndOf(backend.complete(shortRequest())).events();

        List<TokenEvent> pulled = new ArrayList<>();
        try (CompletionStream events = backend.complete(shortRequest())) {
            events.forEach(pulled::add);
        }

        assertThat(Completion.of(pulled)).isEqualTo(Completion.of(pushed));
    }

    @Test
    void usageCountsThePromptAndTheCompletion() throws Exception {
        Usage usage = backend.complete(shortRequest()).completion().get().usage();

        assertThat(usage.promptTokens()).isPositive();
        assertThat(usage.completionTokens()).isPositive();
        assertThat(usage.totalTokens()).isEqualTo(usage.promptTokens() + usage.completionTokens());
    }

    @Test
    void noMoreEventsComeThanWereAskedFor() {
        RecordingReader reader = RecordingReader.of(backend.complete(endlessRequest()));

        for (int asked = 1; asked <= 5; asked++) {
            reader.request(1).awaitEvents(asked);
            assertThat(reader.events()).hasSize(asked);
        }
        reader.cancel();

        assertThat(reader.events()).hasSize(5);
        assertThat(reader.hasEnded()).isFalse();
    }

    @Test
    void cancellingStopsTheWorkAndNothingMoreIsHeard() {
        RecordingReader reader = RecordingReader.of(backend.complete(endlessRequest()));
        reader.request(3).awaitEvents(3);
        assertThat(inProgress()).isEqualTo(1);

        reader.cancel();
        reader.request(100);

        Await.until("the work to stop", () -> inProgress() == 0);
        assertThat(reader.events()).hasSize(3);
        assertThat(reader.hasEnded()).isFalse();
    }

    @Test
    void aReaderThatFallsSilentHoldsNobodyElseBack() throws Exception {
        RecordingReader silent = RecordingReader.of(backend.complete(endlessRequest()));
        silent.request(2).awaitEvents(2);

        Completion other = backend.complete(shortRequest()).completion().get();

        assertThat(other.text()).isNotEmpty();
        silent.request(1).awaitEvents(3).cancel();
    }

    @Test
    void closingAStreamStopsTheWorkAndTellsTheReader() {
        CompletionStream stream = backend.complete(endlessRequest());
        RecordingReader reader = RecordingReader.of(stream);
        reader.request(3).awaitEvents(3);

        stream.close();

        reader.awaitEnd();
        assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.CLOSED);
        Await.until("the work to stop", () -> inProgress() == 0);
    }

    @Test
    void leavingTheBlockingLoopEarlyStopsTheWork() {
        try (CompletionStream events = backend.complete(endlessRequest())) {
            for (TokenEvent event : events) {
                if (event instanceof Text) {
                    break;
                }
            }
        }

        Await.until("the work to stop", () -> inProgress() == 0);
    }

    @Test
    void aStreamThatNobodyReadsCostsNothing() {
        CompletionStream unread = backend.complete(endlessRequest());

        assertThat(inProgress()).isZero();
        unread.close();
    }

    @Test
    void aStreamClosedBeforeItIsReadNeverStarts() {
        CompletionStream stream = backend.complete(endlessRequest());
        stream.close();

        RecordingReader reader = RecordingReader.toTheEndOf(stream);

        assertThat(reader.events()).isEmpty();
        assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.CLOSED);
        assertThat(inProgress()).isZero();
    }

    @Test
    void aModelThatIsNotThereIsRefusedByNameBeforeAnyEvent() {
        RecordingReader reader =
                RecordingReader.toTheEndOf(backend.complete(shortRequest().withModel("no/such-model")));

        assertThat(reader.events()).isEmpty();
        assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.MODEL_NOT_FOUND);
        assertThat(reader.failure()).hasMessageContaining("no/such-model");
    }

    @Test
    void aFailureAtAnyPointSurfacesAfterTheEventsBeforeIt() {
        assumeTrue(requestFailingAfter(0).isPresent(), "this backend can't be made to fail on purpose");
        for (int point = 0; point < 5; point++) {
            CompletionRequest failing = requestFailingAfter(point).orElseThrow();

            RecordingReader reader = RecordingReader.toTheEndOf(backend.complete(failing));

            assertThat(reader.completed()).as("failing after %d events", point).isFalse();
            assertThat(reader.failure()).isNotNull();
            assertThat(reader.events()).hasSize(point);
            assertThatThrownBy(() -> Completion.of(reader.events())).isInstanceOf(BackendException.class);
        }
        Await.until("the work to stop", () -> inProgress() == 0);
    }

    @Test
    void manyStreamsAtOnceEachGetTheirOwnWholeReply() throws Exception {
        Completion expected = backend.complete(shortRequest()).completion().get();

        var futures = IntStream.range(0, 12)
                .mapToObj(_ -> backend.complete(shortRequest()).completion())
                .toList();

        for (var future : futures) {
            assertThat(future.get()).isEqualTo(expected);
        }
        Await.until("the work to stop", () -> inProgress() == 0);
    }

    @Test
    void closingTheBackendFailsWhatRunsAndWhatIsAskedForLater() {
        RecordingReader running = RecordingReader.of(backend.complete(endlessRequest()));
        running.request(2).awaitEvents(2);

        backend.close();

        running.awaitEnd();
        assertThat(running.failure().kind()).isEqualTo(BackendException.Kind.SHUTTING_DOWN);
        RecordingReader late = RecordingReader.toTheEndOf(backend.complete(shortRequest()));
        assertThat(late.events()).isEmpty();
        assertThat(late.failure().kind()).isEqualTo(BackendException.Kind.SHUTTING_DOWN);
        Await.until("the work to stop", () -> inProgress() == 0);
    }
}
