package dev.runnel.core;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/// A stream that is made of another one's events: subscriber on one side, channel on the other.
///
/// It may swallow an event, hold it back or make several of one, so demand can't be passed through as it comes: the
/// source is asked for as many events as are wanted, and again when all of those have come and too few were made of
/// them.
@SuppressWarnings("this-escape") // the channel only keeps it
public abstract class DerivedStream implements CompletionStream, Flow.Subscriber<TokenEvent>, EventChannel.Producer {

    protected final CompletionStream source;
    protected final EventChannel channel = new EventChannel(this);

    private final Object lock = new Object();

    // All under the lock.
    private boolean subscribed;
    private Flow.@Nullable Subscription subscription;
    private long outstanding;
    private boolean cancelled;

    protected DerivedStream(CompletionStream source) {
        this.source = source;
    }

    /// Takes the source's next event. What it throws breaks the stream off.
    protected abstract void read(TokenEvent event);

    @Override
    public final void subscribe(Flow.Subscriber<? super TokenEvent> subscriber) {
        channel.subscribe(subscriber);
        boolean first;
        synchronized (lock) {
            first = !subscribed;
            subscribed = true;
        }
        if (first) {
            source.subscribe(this); // costs nothing yet, and a refusal shows at once
        }
    }

    @Override
    public final void close() {
        channel.close();
        source.close();
    }

    /// None: these are other events.
    @Override
    public final Extensions extensions() {
        return Extensions.NONE;
    }

    @Override
    public final Optional<TokenEvent.Usage> spent() {
        return source.spent();
    }

    @Override
    public final OptionalLong begun() {
        return source.begun();
    }

    @Override
    public final void demanded() {
        pull();
    }

    /// Nobody wants more of the source.
    @Override
    public final void cancelled() {
        Flow.Subscription open;
        synchronized (lock) {
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
        synchronized (lock) {
            open = subscription;
            if (open == null || cancelled || outstanding > 0) {
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
    public final void onSubscribe(Flow.Subscription opened) {
        boolean late;
        synchronized (lock) {
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
    public final void onNext(TokenEvent event) {
        synchronized (lock) {
            outstanding -= outstanding == Long.MAX_VALUE ? 0 : 1;
        }
        try {
            read(event);
        } catch (RuntimeException | Error broken) {
            cancelled();
            channel.fail(BackendException.of(broken));
        }
        pull();
    }
}
