package dev.runnel.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Several streams read as one; [CompletionStream#merged] says what comes of it.
///
/// Its sources signal from threads of their own, at the same time. So nothing is done where a signal
/// arrives: it becomes a task, and whoever finds no one at the tasks does them all, one after another.
/// All state belongs to the tasks.
///
/// Each source is asked for as many events as are wanted of all, up to a window, since any of them may be
/// the one that has some; what comes too early waits in the channel, which bounds it to one window of
/// each.
final class MergedStream implements CompletionStream, EventChannel.Producer {

    /// Streams that run at the same time. A queue's worth of prompts in one request must not fill the
    /// queue.
    static final int AT_ONCE = 16;

    /// Most events that one source is asked for at a time: a source that emits while it is asked fills
    /// the tasks.
    private static final int WINDOW = 64;

    private static final TokenEvent.Usage NOTHING = new TokenEvent.Usage(0, 0);

    private final EventChannel channel = new EventChannel(this);
    private final List<Source> sources = new ArrayList<>();
    private final int choicesEach;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();

    // Of the tasks.
    private int opened;
    private int started;
    private int ended;
    private boolean over;
    private TokenEvent.Usage costs = NOTHING;

    MergedStream(List<CompletionStream> streams, int choicesEach) {
        if (streams.isEmpty() || choicesEach < 1) {
            throw new IllegalArgumentException(
                    "%d streams of %d choices each can't be merged".formatted(streams.size(), choicesEach));
        }
        this.choicesEach = choicesEach;
        for (CompletionStream stream : streams) {
            sources.add(new Source(stream, sources.size() * choicesEach));
        }
    }

    @Override
    public void subscribe(Flow.Subscriber<? super TokenEvent> subscriber) {
        channel.subscribe(subscriber);
        run(() -> {
            while (!over && opened < firstSources()) {
                openNext();
            }
        });
    }

    @Override
    public void close() {
        channel.close();
        sources.forEach(source -> source.stream.close());
    }

    @Override
    public void demanded() {
        run(this::pull);
    }

    @Override
    public void cancelled() {
        run(this::stop);
    }

    /// None: they would come beside other events than in their own streams.
    @Override
    public Extensions extensions() {
        return Extensions.NONE;
    }

    /// Absent as soon as one source doesn't know.
    @Override
    public Optional<TokenEvent.Usage> spent() {
        TokenEvent.Usage sum = NOTHING;
        for (Source source : sources) {
            Optional<TokenEvent.Usage> spent = source.stream.spent();
            if (spent.isEmpty()) {
                return Optional.empty();
            }
            sum = sum.plus(spent.get());
        }
        return Optional.of(sum);
    }

    /// The first source's, which is the first to be read.
    @Override
    public OptionalLong begun() {
        return sources.getFirst().stream.begun();
    }

    private int firstSources() {
        return Math.min(AT_ONCE, sources.size());
    }

    private void openNext() {
        if (opened < sources.size()) {
            Source next = sources.get(opened++);
            next.stream.subscribe(next); // costs nothing yet, and a refusal shows at once
        }
    }

    private void pull() {
        for (int i = 0; i < opened && !over; i++) {
            sources.get(i).pull();
        }
    }

    private boolean hasBegun() {
        return started >= firstSources();
    }

    private void stop() {
        over = true;
        for (Source source : sources.subList(0, opened)) {
            if (source.subscription != null) {
                source.subscription.cancel();
            }
        }
    }

    private void fail(BackendException failure) {
        if (!over) {
            stop();
            channel.fail(failure);
        }
    }

    private void accept(Source source, TokenEvent event) {
        if (over) {
            return;
        }
        source.outstanding--;
        switch (event) {
            case TokenEvent.Started(var model, var choices) -> {
                if (choices != choicesEach) {
                    fail(new BackendException(
                            BackendException.Kind.INTERNAL,
                            "a backend began %d choices, but was asked for %d".formatted(choices, choicesEach)));
                    return;
                }
                source.hasStarted = true;
                started++;
                if (started == firstSources()) {
                    channel.emit(new TokenEvent.Started(model, sources.size() * choicesEach));
                    pull();
                }
            }
            case TokenEvent.Usage cost -> {
                costs = costs.plus(cost);
                ended++;
                if (ended == sources.size()) {
                    over = true;
                    channel.emit(costs);
                } else {
                    openNext();
                }
            }
            case TokenEvent.Text _,
                    TokenEvent.Thinking _,
                    TokenEvent.Refusal _,
                    TokenEvent.Call _,
                    TokenEvent.Arguments _,
                    TokenEvent.Finished _ -> channel.emit(Renumbering.of(event, choice -> source.firstChoice + choice));
        }
        source.pull();
    }

    private void run(Runnable task) {
        tasks.add(task);
        if (waiting.getAndIncrement() > 0) {
            return;
        }
        do {
            Runnable next = tasks.poll();
            if (next != null) {
                try {
                    next.run();
                } catch (RuntimeException | Error broken) {
                    fail(BackendException.of(broken));
                }
            }
        } while (waiting.decrementAndGet() > 0);
    }

    /// One of the merged streams. What arrives here is only passed on to the tasks.
    private final class Source implements Flow.Subscriber<TokenEvent> {

        private final CompletionStream stream;
        private final int firstChoice;

        // Of the tasks.
        private Flow.@Nullable Subscription subscription;
        private long outstanding;
        private boolean hasStarted;

        Source(CompletionStream stream, int firstChoice) {
            this.stream = stream;
            this.firstChoice = firstChoice;
        }

        /// Asks for more once all that was asked for has come. Before the whole has begun that is the
        /// beginning alone.
        void pull() {
            if (subscription == null || outstanding > 0 || (hasStarted && !hasBegun())) {
                return;
            }
            long wanted = channel.demand();
            outstanding = Math.min(hasBegun() ? WINDOW : 1, wanted);
            if (outstanding > 0) {
                subscription.request(outstanding);
            }
        }

        @Override
        public void onSubscribe(Flow.Subscription opened) {
            run(() -> {
                subscription = opened;
                if (over) {
                    opened.cancel();
                } else {
                    pull();
                }
            });
        }

        @Override
        public void onNext(TokenEvent event) {
            run(() -> accept(this, event));
        }

        @Override
        public void onError(Throwable failure) {
            run(() -> fail(BackendException.of(failure)));
        }

        @Override
        public void onComplete() {}
    }
}
