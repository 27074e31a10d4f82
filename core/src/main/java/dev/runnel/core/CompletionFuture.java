package dev.runnel.core;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/// The whole reply of a stream as a future: a subscriber that asks for everything and folds it.
final class CompletionFuture implements Flow.Subscriber<TokenEvent> {

    private final CompletionStream stream;
    private final CompletionFold fold = new CompletionFold();
    private final CompletableFuture<Completion> future = new CompletableFuture<>();

    private CompletionFuture(CompletionStream stream) {
        this.stream = stream;
    }

    static CompletableFuture<Completion> of(CompletionStream stream) {
        CompletionFuture subscriber = new CompletionFuture(stream);
        stream.subscribe(subscriber);
        return subscriber.future;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(TokenEvent event) {
        try {
            fold.accept(event);
        } catch (RuntimeException | Error fault) { // out of order, or too much to hold: who waits must hear of it
            future.completeExceptionally(BackendException.of(fault));
            stream.close();
        }
    }

    @Override
    public void onError(Throwable failure) {
        future.completeExceptionally(BackendException.of(failure));
    }

    @Override
    public void onComplete() {
        try {
            future.complete(fold.completion());
        } catch (RuntimeException | Error fault) { // broken off, or likewise
            future.completeExceptionally(BackendException.of(fault));
        }
    }
}
