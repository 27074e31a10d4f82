package dev.runnel.engine;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.EventChannel;
import dev.runnel.core.TokenEvent;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// One completion of a model in a folder: waits until the model is there, and then passes its events on, no more
/// than are asked for.
final class FolderStream implements EventChannel.Producer, Flow.Subscriber<TokenEvent> {

    /// Where a completion is, as its folder sees it.
    enum Place {
        OUTSIDE,
        WAITING,
        RUNNING,
        GONE
    }

    private final ModelFolder folder;
    private final CompletionRequest request;
    private final AtomicBoolean asked = new AtomicBoolean();

    final EventChannel channel = new EventChannel(this);
    final FolderSlot slot;

    // Under the folder's lock.
    Place place = Place.OUTSIDE;
    long waitingSince;

    // Under the lock of this.
    private @Nullable CompletionStream events;
    private Flow.@Nullable Subscription subscription;
    private long outstanding;
    private boolean cancelled;

    FolderStream(ModelFolder folder, FolderSlot slot, CompletionRequest request) {
        this.folder = folder;
        this.slot = slot;
        this.request = request;
    }

    /// The model is there.
    void start(Backend model) {
        CompletionStream begun = model.complete(request);
        synchronized (this) {
            events = begun;
        }
        begun.subscribe(this);
    }

    /// The model won't be there for this completion. The folder has let it go.
    void refuse(BackendException refusal) {
        channel.fail(refusal);
    }

    @Override
    public void demanded() {
        if (asked.compareAndSet(false, true)) {
            folder.enter(this);
        } else {
            pull();
        }
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
        folder.leave(this);
    }

    @Override
    public Optional<TokenEvent.Usage> spent() {
        CompletionStream begun = events();
        return begun == null ? Optional.of(new TokenEvent.Usage(0, 0)) : begun.spent();
    }

    @Override
    public OptionalLong begun() {
        CompletionStream begun = events();
        return begun == null ? OptionalLong.empty() : begun.begun();
    }

    private synchronized @Nullable CompletionStream events() {
        return events;
    }

    private void pull() {
        Flow.Subscription open;
        long wanted;
        synchronized (this) {
            open = subscription;
            if (open == null) {
                return;
            }
            // All that is asked for of the channel, less what the model has been asked for and not yet given.
            wanted = channel.demand() - outstanding;
            if (wanted <= 0) {
                return;
            }
            outstanding += wanted;
        }
        open.request(wanted);
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
        if (event instanceof TokenEvent.Usage) {
            folder.leave(this); // before its reader hears of the end
        }
        synchronized (this) {
            outstanding--;
        }
        channel.emit(event);
    }

    @Override
    public void onError(Throwable failure) {
        folder.leave(this);
        channel.fail(BackendException.of(failure));
    }

    @Override
    public void onComplete() {} // with the usage, which has completed the channel
}
