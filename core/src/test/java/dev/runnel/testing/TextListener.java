package dev.runnel.testing;

import dev.runnel.core.TokenEvent;
import java.util.concurrent.Flow;

/// Does something whenever text comes, before whoever told of it goes on.
public record TextListener(Runnable action) implements Flow.Subscriber<TokenEvent> {

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(TokenEvent event) {
        if (event instanceof TokenEvent.Text) {
            action.run();
        }
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onComplete() {}
}
