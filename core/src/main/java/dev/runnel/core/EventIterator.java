package dev.runnel.core;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/// The blocking view of a stream: a subscriber that keeps a small window of events ahead of a loop.
final class EventIterator implements Iterator<TokenEvent>, Flow.Subscriber<TokenEvent> {

    /// Events asked for ahead of the loop; asked for again by halves, so that a signal crosses threads once per half.
    private static final int WINDOW = 32;

    private sealed interface Signal {
        record Next(TokenEvent event) implements Signal {}

        record End(@Nullable Throwable failure) implements Signal {}
    }

    private final CompletionStream stream;
    /// Never fuller than the window and the end.
    private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();

    private Flow.@Nullable Subscription subscription;
    private @Nullable Signal ahead;
    private int taken;

    private EventIterator(CompletionStream stream) {
        this.stream = stream;
    }

    static EventIterator over(CompletionStream stream) {
        EventIterator iterator = new EventIterator(stream);
        stream.subscribe(iterator);
        return iterator;
    }

    @Override
    public boolean hasNext() {
        return switch (peek()) {
            case Signal.Next _ -> true;
            case Signal.End(var failure) -> {
                if (failure != null) {
                    throw BackendException.of(failure);
                }
                yield false;
            }
        };
    }

    @Override
    public TokenEvent next() {
        if (!hasNext() || !(peek() instanceof Signal.Next(var event))) {
            throw new NoSuchElementException("the completion has ended");
        }
        ahead = null;
        if (++taken == WINDOW / 2) {
            taken = 0;
            Objects.requireNonNull(subscription).request(WINDOW / 2);
        }
        return event;
    }

    private Signal peek() {
        Signal signal = ahead;
        if (signal == null) {
            try {
                signal = signals.take();
            } catch (InterruptedException interrupt) {
                Thread.currentThread().interrupt();
                stream.close();
                signal = new Signal.End(new BackendException(
                        BackendException.Kind.CLOSED, "the thread that read the stream was interrupted", interrupt));
            }
            ahead = signal;
        }
        return signal;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        this.subscription = subscription;
        subscription.request(WINDOW);
    }

    @Override
    public void onNext(TokenEvent event) {
        signals.add(new Signal.Next(event));
    }

    @Override
    public void onError(Throwable failure) {
        signals.add(new Signal.End(failure));
    }

    @Override
    public void onComplete() {
        signals.add(new Signal.End(null));
    }
}
