package dev.runnel.core;

import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/// The events of one completion, read once, in one of three ways: [#subscribe] pushes them to a subscriber at its own
/// pace, [#iterator] gives them to a loop that may block, [#completion] folds them into the whole reply.
///
/// ```java
/// try (CompletionStream events = backend.complete(request)) {
///     for (TokenEvent event : events) { … }
/// }
/// ```
///
/// The work starts with the first demand. It ends with [TokenEvent.Usage] or with a [BackendException], never in
/// silence.
/// Cancelling the subscription or closing the stream stops the work; the difference is who is told: after
/// `Subscription.cancel` the subscriber hears nothing more, [#close] by anyone else fails it.
public interface CompletionStream extends Flow.Publisher<TokenEvent>, Iterable<TokenEvent>, AutoCloseable {

    /// Stops the work, if it still runs, and fails the subscriber with [BackendException.Kind#CLOSED]. Idempotent; any
    /// thread may call it.
    @Override
    void close();

    /// The blocking view. `next` and `hasNext` throw the stream's [BackendException] when it fails; an interrupt closes
    /// the stream.
    @Override
    default Iterator<TokenEvent> iterator() {
        return EventIterator.over(this);
    }

    /// The whole reply, or the [BackendException] that broke it off. Cancelling the future does not stop the work;
    /// closing the stream does.
    default CompletableFuture<Completion> completion() {
        return CompletionFuture.of(this);
    }

    /// This stream with `stage` acting on it. Closing either closes both; read only the result.
    default CompletionStream through(Stage stage) {
        return new StagedStream(this, stage);
    }

    /// A stream that fails before its first event: a refusal.
    static CompletionStream failed(BackendException refusal) {
        EventChannel channel = new EventChannel(EventChannel.Producer.NONE);
        channel.fail(refusal);
        return channel;
    }
}
