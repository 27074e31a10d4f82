package dev.runnel.core;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/// A source stream with a stage behind it: subscriber on one side, channel on the other.
///
/// A stage may swallow an event or make several of one, so demand can't be passed through as it comes: the source is
/// asked for as many events as are wanted, and again when all of those have come and the stage made too few of them.
final class StagedStream implements CompletionStream, Flow.Subscriber<TokenEvent>, EventChannel.Producer {

    private final CompletionStream source;
    private final Stage stage;
    private final EventChannel channel = new EventChannel(this);
    private boolean hasUsage; // for the thread that signals

    // All under the lock of this.
    private boolean subscribed;
    private Flow.@Nullable Subscription subscription;
    private long outstanding;
    private boolean cancelled;

    StagedStream(CompletionStream source, Stage stage) {
        this.source = source;
        this.stage = stage;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super TokenEvent> subscriber) {
        channel.subscribe(subscriber);
        boolean first;
        synchronized (this) {
            first = !subscribed;
            subscribed = true;
        }
        if (first) {
            source.subscribe(this); // costs nothing yet, and a refusal shows at once
        }
    }

    @Override
    public void close() {
        channel.close();
        source.close();
    }

    /// None: the stage makes other events.
    @Override
    public Extensions extensions() {
        return Extensions.NONE;
    }

    @Override
    public Optional<TokenEvent.Usage> spent() {
        return source.spent();
    }

    @Override
    public OptionalLong begun() {
        return source.begun();
    }

    @Override
    public void demanded() {
        pull();
    }

    @Override
    public void cancelled() {
        Flow.Subscription open;
        synchronized (this) {
            cancelled = true;
            open = subscription;
        }
        if (open != null) {
            open.cancel();
        }
    }

    private void pull() {
        Flow.Subscription open;
        long wanted;
        synchronized (this) {
            open = subscription;
            if (open == null || outstanding > 0) {
                return;
            }
            wanted = channel.demand();
            outstanding = wanted;
        }
        if (wanted > 0) {
            open.request(wanted);
        }
    }

    @Override
    public void onSubscribe(Flow.Subscription opened) {
        boolean late;
        synchronized (this) {
            subscription = opened;
            late = cancelled;
        }
        if (late) {
            opened.cancel();
        } else {
            pull();
        }
    }

    @Override
    public void onNext(TokenEvent event) {
        synchronized (this) {
            outstanding -= outstanding == Long.MAX_VALUE ? 0 : 1;
        }
        try {
            stage.accept(event, made -> {
                hasUsage |= made instanceof TokenEvent.Usage;
                channel.emit(made);
            });
        } catch (RuntimeException | Error broken) {
            cancelled();
            channel.fail(BackendException.of(broken));
            return;
        }
        if (hasUsage && !(event instanceof TokenEvent.Usage)) {
            cancelled(); // the stage has ended the stream before its source did
            return;
        }
        pull();
    }

    @Override
    public void onError(Throwable failure) {
        channel.fail(BackendException.of(failure));
    }

    @Override
    public void onComplete() {
        // Without effect where the stage passed the usage on, as it should.
        channel.fail(new BackendException(
                BackendException.Kind.INTERNAL, "the stage " + stage + " kept back the usage, which ends a stream"));
    }
}
