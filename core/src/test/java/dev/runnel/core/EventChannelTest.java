package dev.runnel.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Usage;
import dev.runnel.testing.Await;
import dev.runnel.testing.RecordingReader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EventChannelTest {

    private final Calls calls = new Calls();
    private final EventChannel channel = new EventChannel(calls);

    /// A producer that emits from the test's thread and only counts what it is told.
    private static final class Calls implements EventChannel.Producer {
        final AtomicInteger demanded = new AtomicInteger();
        final AtomicInteger cancelled = new AtomicInteger();

        @Override
        public void demanded() {
            demanded.incrementAndGet();
        }

        @Override
        public void cancelled() {
            cancelled.incrementAndGet();
        }
    }

    private static BackendException fault() {
        return new BackendException(BackendException.Kind.INTERNAL, "the disk is on fire");
    }

    @Test
    void nothingIsAskedOfTheProducerBeforeTheFirstDemand() {
        RecordingReader reader = RecordingReader.of(channel);
        assertThat(calls.demanded).hasValue(0);

        reader.request(1);

        assertThat(calls.demanded).hasValue(1);
    }

    @Test
    void eventsBeyondTheDemandAreKeptUntilAskedFor() {
        RecordingReader reader = RecordingReader.of(channel).request(1);

        channel.emit(new Text(0, "a"));
        channel.emit(new Text(0, "b"));

        assertThat(reader.events()).containsExactly(new Text(0, "a"));
        assertThat(channel.demand()).isZero();
        reader.request(2);
        assertThat(reader.events()).containsExactly(new Text(0, "a"), new Text(0, "b"));
        assertThat(channel.demand()).isEqualTo(1);
    }

    @Test
    void theUsageCompletesTheStreamAndLaterEventsAreDropped() {
        RecordingReader reader = RecordingReader.of(channel).request(Long.MAX_VALUE);

        assertThat(channel.emit(new Usage(3, 2))).isTrue();

        assertThat(reader.completed()).isTrue();
        assertThat(channel.emit(new Text(0, "late"))).isFalse();
        assertThat(reader.events()).containsExactly(new Usage(3, 2));
    }

    @Test
    void anAbortDropsWhatWasNotReadAndTellsBothSides() {
        RecordingReader reader = RecordingReader.of(channel).request(1);
        channel.emit(new Text(0, "read"));
        channel.emit(new Text(0, "unread"));

        channel.abort(fault());

        assertThat(reader.events()).containsExactly(new Text(0, "read"));
        assertThat(reader.failure()).hasMessage("the disk is on fire");
        assertThat(calls.cancelled).hasValue(1);
        assertThat(channel.emit(new Text(0, "late"))).isFalse();
    }

    @Test
    void aFailureWaitsForTheEventsBeforeIt() {
        RecordingReader reader = RecordingReader.of(channel);
        channel.emit(new Text(0, "a"));
        channel.fail(fault());
        assertThat(reader.hasEnded()).isFalse();

        reader.request(1);

        assertThat(reader.events()).containsExactly(new Text(0, "a"));
        assertThat(reader.failure()).hasMessage("the disk is on fire");
    }

    @Test
    void closingDropsWhatWasNotReadAndStopsTheProducerOnce() {
        RecordingReader reader = RecordingReader.of(channel);
        channel.emit(new Text(0, "a"));

        channel.close();
        channel.close();

        assertThat(reader.events()).isEmpty();
        assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.CLOSED);
        assertThat(calls.cancelled).hasValue(1);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void closingAnEndedStreamChangesNothing() {
        RecordingReader reader = RecordingReader.of(channel).request(1);
        channel.emit(new Usage(1, 1));

        channel.close();

        assertThat(reader.completed()).isTrue();
        assertThat(calls.cancelled).hasValue(0);
    }

    @Test
    void aSecondReaderIsTurnedAwayAndTheFirstIsNotDisturbed() {
        RecordingReader first = RecordingReader.of(channel).request(1);

        RecordingReader second = RecordingReader.of(channel);

        assertThatThrownBy(second::failure).hasMessageContaining("read once");
        channel.emit(new Text(0, "a"));
        assertThat(first.events()).containsExactly(new Text(0, "a"));
    }

    @Test
    void aReaderThatThrowsIsNotCalledAgainAndTheWorkStops() {
        List<TokenEvent> seen = new ArrayList<>();
        channel.subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(10);
            }

            @Override
            public void onNext(TokenEvent event) {
                seen.add(event);
                throw new IllegalStateException("a reader's bug");
            }

            @Override
            public void onError(Throwable failure) {
                throw new AssertionError(failure);
            }

            @Override
            public void onComplete() {
                throw new AssertionError("completed");
            }
        });

        channel.emit(new Text(0, "a"));

        assertThat(channel.emit(new Text(0, "b"))).isFalse();
        assertThat(seen).hasSize(1);
        assertThat(calls.cancelled).hasValue(1);
    }

    @Test
    void anInterruptedLoopClosesItsStream() {
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> channel.iterator().next()).hasMessageContaining("interrupted");

        assertThat(Thread.interrupted()).isTrue();
        assertThat(calls.cancelled).hasValue(1);
    }

    @Test
    void signalsKeepTheirOrderWhenThreadsRace() throws Exception {
        int events = 50_000;
        RecordingSum reader = new RecordingSum();
        channel.subscribe(reader);

        Thread producer = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < events; i++) {
                channel.emit(new Text(i, "x"));
            }
            channel.emit(new Usage(1, events));
        });
        while (!reader.completed) {
            reader.ask(7);
        }
        producer.join();

        assertThat(reader.outOfOrder).isZero();
        assertThat(reader.next).isEqualTo(events);
        Await.until("completion", () -> reader.completed);
    }

    /// Checks that choices count up by one; fields are written by one signal at a time.
    private static final class RecordingSum implements Flow.Subscriber<TokenEvent> {
        volatile boolean completed;
        volatile int next;
        volatile int outOfOrder;
        private volatile Flow.Subscription subscription;

        void ask(int n) {
            subscription.request(n);
        }

        @Override
        public void onSubscribe(Flow.Subscription opened) {
            subscription = opened;
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // signals come one after another
        public void onNext(TokenEvent event) {
            if (event instanceof Text(var index, var _, var _) && index != next++) {
                outOfOrder++;
            }
        }

        @Override
        public void onError(Throwable failure) {
            throw new AssertionError(failure);
        }

        @Override
        public void onComplete() {
            completed = true;
        }
    }
}
