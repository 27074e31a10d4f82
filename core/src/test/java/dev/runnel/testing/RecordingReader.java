package dev.runnel.testing;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.TokenEvent;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/// A subscriber that asks for what a test tells it to and remembers everything it hears, from whichever thread.
public final class RecordingReader implements Flow.Subscriber<TokenEvent> {

    private final CountDownLatch subscribed = new CountDownLatch(1);
    private final List<TokenEvent> events = new CopyOnWriteArrayList<>();
    private volatile Flow.@Nullable Subscription subscription;
    private volatile boolean completed;
    private volatile @Nullable Throwable failure;

    /// Reads `stream`, asking for nothing yet.
    public static RecordingReader of(CompletionStream stream) {
        RecordingReader reader = new RecordingReader();
        stream.subscribe(reader);
        return reader;
    }

    /// Reads `stream` to its end.
    public static RecordingReader toTheEndOf(CompletionStream stream) {
        return of(stream).request(Long.MAX_VALUE).awaitEnd();
    }

    public RecordingReader request(long n) {
        subscription().request(n);
        return this;
    }

    public void cancel() {
        subscription().cancel();
    }

    public RecordingReader awaitEvents(int count) {
        Await.until("event " + count + " of " + events, () -> events.size() >= count || hasEnded());
        return this;
    }

    public RecordingReader awaitEnd() {
        Await.until("the end after " + events.size() + " events", this::hasEnded);
        return this;
    }

    public List<TokenEvent> events() {
        return List.copyOf(events);
    }

    public boolean completed() {
        return completed;
    }

    public boolean hasEnded() {
        return completed || failure != null;
    }

    /// What the stream failed with.
    ///
    /// @throws AssertionError if it did not fail, or with something else than a `BackendException`
    public BackendException failure() {
        if (failure instanceof BackendException known) {
            return known;
        }
        throw new AssertionError(
                "expected a BackendException, found " + (failure == null ? "no failure" : failure) + " after " + events,
                failure);
    }

    private Flow.Subscription subscription() {
        Await.until("a subscription", () -> subscribed.getCount() == 0);
        Flow.Subscription open = subscription;
        if (open == null) {
            throw new AssertionError("subscribed with null");
        }
        return open;
    }

    @Override
    public void onSubscribe(Flow.Subscription opened) {
        subscription = opened;
        subscribed.countDown();
    }

    @Override
    public void onNext(TokenEvent event) {
        if (hasEnded()) {
            throw new AssertionError(event + " came after the end");
        }
        events.add(event);
    }

    @Override
    public void onError(Throwable cause) {
        if (hasEnded()) {
            throw new AssertionError("a second end", cause);
        }
        failure = cause;
    }

    @Override
    public void onComplete() {
        if (hasEnded()) {
            throw new AssertionError("a second end");
        }
        completed = true;
    }
}
