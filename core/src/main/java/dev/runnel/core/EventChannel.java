package dev.runnel.core;

import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/// The producing end of a [CompletionStream], and the one class that does the hard part of [java.util.concurrent.Flow]:
/// signals one after another, in order, no more than demanded, from whichever thread happens to hold work.
///
/// A producer emits events whenever it has them and is polite about [#demand]: what it emits beyond that is
/// kept until asked for, so a producer that looks before each step keeps the buffer no longer than the output
/// of one step. There is no way to complete a stream but to emit [TokenEvent.Usage]; a producer that has to
/// stop earlier must [#fail].
///
/// Theory: `deliver` is a loop that at most one thread is in (`delivering`). Everyone who changes what the
/// loop looks at does so under `lock` and then calls `deliver`; a thread that finds the loop taken may leave,
/// because its change was made before the loop's next look. Signals are sent outside the lock, so a
/// subscriber may call back at will, and a call back from within a signal finds the loop taken and returns:
/// no recursion (rules 1.1, 1.3, 3.3 of the Reactive Streams specification,
/// https://www.reactive-streams.org).
public final class EventChannel implements CompletionStream {

    private static final System.Logger LOG = System.getLogger(EventChannel.class.getName());

    /// Whoever emits into a channel. Its methods are called without a lock held and must return soon: they run on
    /// the reader's thread or, where the reader called back from within a signal, on the producer's own.
    public interface Producer {

        /// The reader wants more events than it did before; the first call starts the work. Never comes while a
        /// signal is being sent, so a producer may emit from here; but it may come from within [#emit], so a
        /// producer that does must not start over.
        void demanded();

        /// Nobody reads any more: stop. Called at most once, never after the channel has ended by itself.
        void cancelled();

        /// See [CompletionStream#spent]; for any thread at any time.
        default Optional<TokenEvent.Usage> spent() {
            return Optional.empty();
        }

        /// See [CompletionStream#begun]; for any thread at any time.
        default OptionalLong begun() {
            return OptionalLong.empty();
        }

        /// See [CompletionStream#extensions].
        default Extensions extensions() {
            return Extensions.NONE;
        }

        /// For a channel that is filled before anyone reads it.
        Producer NONE = new Producer() {
            @Override
            public void demanded() {}

            @Override
            public void cancelled() {}
        };
    }

    private enum State {
        OPEN,
        /// `Usage` was emitted: complete once the queue is empty.
        COMPLETING,
        /// The producer failed: fail once the queue is empty.
        FAILING,
        /// Nothing more will be signalled.
        DONE
    }

    private final Producer producer;
    private final Object lock = new Object();

    // All under the lock.
    private final Queue<TokenEvent> queue = new ArrayDeque<>();
    private State state = State.OPEN;
    private long demand;
    private boolean delivering;
    private boolean asked;
    private boolean subscribed;
    private Flow.@Nullable Subscriber<? super TokenEvent> subscriber;
    private @Nullable Throwable failure;

    public EventChannel(Producer producer) {
        this.producer = Objects.requireNonNull(producer, "producer");
    }

    /// Adds an event to the stream; [TokenEvent.Usage] completes it. Producers take turns: one thread at a time.
    ///
    /// @return whether anyone still reads; if not, the event is dropped and the producer should stop
    public boolean emit(TokenEvent event) {
        Objects.requireNonNull(event, "event");
        synchronized (lock) {
            if (state != State.OPEN) {
                return false;
            }
            queue.add(event);
            if (event instanceof TokenEvent.Usage) {
                state = State.COMPLETING;
            }
        }
        deliver();
        return true;
    }

    /// Breaks the stream off. The reader gets the events emitted so far and then the failure. Nothing happens if the
    /// stream has ended already.
    public void fail(BackendException cause) {
        Objects.requireNonNull(cause, "cause");
        synchronized (lock) {
            if (state != State.OPEN) {
                return;
            }
            failure = cause;
            state = State.FAILING;
        }
        deliver();
    }

    /// Breaks the stream off at once: what has been emitted and not been read is dropped, and the producer hears
    /// [Producer#cancelled] as if the reader had left. For a producer that is shut down and whose reader may have
    /// no demand left to read up to a failure.
    public void abort(BackendException cause) {
        stop(Objects.requireNonNull(cause, "cause"));
    }

    /// Events asked for and not yet emitted. At 0 the producer should wait for [Producer#demanded].
    public long demand() {
        synchronized (lock) {
            return state == State.OPEN ? Math.max(0, demand - queue.size()) : 0;
        }
    }

    /// Whether events emitted would still reach someone.
    public boolean isOpen() {
        synchronized (lock) {
            return state == State.OPEN;
        }
    }

    @Override
    public Optional<TokenEvent.Usage> spent() {
        return producer.spent();
    }

    @Override
    public OptionalLong begun() {
        return producer.begun();
    }

    @Override
    public Extensions extensions() {
        return producer.extensions();
    }

    @Override
    public void subscribe(Flow.Subscriber<? super TokenEvent> newcomer) {
        Objects.requireNonNull(newcomer, "subscriber");
        boolean first;
        synchronized (lock) {
            first = !subscribed;
            if (first) {
                subscribed = true;
                subscriber = newcomer;
                delivering = true; // nothing may be signalled before onSubscribe has returned
            }
        }
        if (!first) {
            newcomer.onSubscribe(new Nobody());
            newcomer.onError(
                    new IllegalStateException("a completion stream is read once, and this one has its reader"));
            return;
        }
        signal(() -> newcomer.onSubscribe(new Reader()));
        synchronized (lock) {
            delivering = false;
        }
        deliver();
    }

    @Override
    public void close() {
        stop(new BackendException(BackendException.Kind.CLOSED, "the stream was closed by its reader"));
    }

    /// What the subscriber holds to ask for more and to leave.
    private final class Reader implements Flow.Subscription {

        @Override
        public void request(long n) {
            if (n <= 0) {
                stop(new IllegalArgumentException("rule 3.9: " + n + " events were requested, expected at least 1"));
                return;
            }
            synchronized (lock) {
                demand = n > Long.MAX_VALUE - demand ? Long.MAX_VALUE : demand + n;
                asked = true;
            }
            deliver();
        }

        @Override
        public void cancel() {
            leave();
        }
    }

    /// The subscription of a subscriber that came too late.
    private static final class Nobody implements Flow.Subscription {
        @Override
        public void request(long n) {}

        @Override
        public void cancel() {}
    }

    /// Ends the stream, whatever waits to be read, and tells the subscriber why.
    private void stop(RuntimeException why) {
        boolean running;
        synchronized (lock) {
            if (state == State.DONE) {
                return;
            }
            running = state == State.OPEN;
            queue.clear();
            failure = why;
            state = State.FAILING;
        }
        if (running) {
            producer.cancelled();
        }
        deliver();
    }

    /// Ends the stream from the reader's side without a word.
    private void leave() {
        boolean running;
        synchronized (lock) {
            running = state == State.OPEN;
            queue.clear();
            subscriber = null;
            state = State.DONE;
        }
        if (running) {
            producer.cancelled();
        }
    }

    private void deliver() {
        synchronized (lock) {
            if (delivering) {
                return;
            }
            delivering = true;
        }
        while (deliverNext()) {}
        boolean tell;
        synchronized (lock) {
            tell = asked && state == State.OPEN;
            asked = false;
        }
        if (tell) {
            producer.demanded();
        }
    }

    /// Sends one signal. Gives the loop free and returns false when there is none to send.
    private boolean deliverNext() {
        Runnable signal;
        synchronized (lock) {
            var reader = subscriber;
            TokenEvent event = reader != null && demand > 0 ? queue.poll() : null;
            if (reader != null && event != null) {
                demand -= demand == Long.MAX_VALUE ? 0 : 1;
                signal = () -> reader.onNext(event);
            } else if (reader != null && queue.isEmpty() && state != State.OPEN) {
                Throwable why = failure;
                state = State.DONE;
                subscriber = null;
                signal = why == null ? reader::onComplete : () -> reader.onError(why);
            } else {
                delivering = false;
                return false;
            }
        }
        signal(signal);
        return true;
    }

    /// A subscriber that throws has broken its contract (rule 2.13): it hears nothing more, and the work stops.
    private void signal(Runnable toReader) {
        try {
            toReader.run();
        } catch (RuntimeException | Error broken) {
            LOG.log(System.Logger.Level.ERROR, "a subscriber failed; its stream is cancelled", broken);
            leave();
        }
    }
}
