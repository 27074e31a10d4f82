package dev.runnel.core;

import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
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
/// The work starts with the first demand. It ends with [TokenEvent.Usage] or with a [BackendException], never
/// in silence. Cancelling the subscription or closing the stream stops the work; the difference is who is
/// told: after `Subscription.cancel` the subscriber hears nothing more, [#close] by anyone else fails it.
public interface CompletionStream extends Flow.Publisher<TokenEvent>, Iterable<TokenEvent>, AutoCloseable {

    /// Stops the work, if it still runs, and fails the subscriber with [BackendException.Kind#CLOSED]. Idempotent; any
    /// thread may call it.
    @Override
    void close();

    /// What the work has cost so far, for any thread and also once the stream has ended, however it did; absent where
    /// the backend doesn't know. Of a stream that was cut short the step under way may still be added.
    default Optional<TokenEvent.Usage> spent() {
        return Optional.empty();
    }

    /// When the work began, as [System#nanoTime] tells time: where a request is passed on, the moment in
    /// which its thread set about sending it. Absent before, and where the backend doesn't tell.
    default OptionalLong begun() {
        return OptionalLong.empty();
    }

    /// What comes beside the events, for a reader who passes it on; to be asked for before the first demand, as it
    /// is kept only then. A stage has none, since it makes other events.
    default Extensions extensions() {
        return Extensions.NONE;
    }

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

    /// Several completions as one, for a request of several prompts: the choices of the stream at position `p` are
    /// numbered from `p * choicesEach`, and the usage is the sum. It begins when the first [MergedStream#AT_ONCE]
    /// have begun, so a refusal of one of them is a refusal of all; the others begin as those before them end.
    ///
    /// @param streams unread, each of `choicesEach` choices; closed with the result
    static CompletionStream merged(List<CompletionStream> streams, int choicesEach) {
        return streams.size() == 1 ? streams.getFirst() : new MergedStream(streams, choicesEach);
    }

    /// A stream that fails before its first event: a refusal.
    static CompletionStream failed(BackendException refusal) {
        EventChannel channel = new EventChannel(EventChannel.Producer.NONE);
        channel.fail(refusal);
        return channel;
    }
}
