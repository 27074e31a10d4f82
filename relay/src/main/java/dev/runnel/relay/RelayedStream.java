package dev.runnel.relay;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.EventChannel;
import dev.runnel.core.Extension;
import dev.runnel.core.Extensions;
import dev.runnel.core.TokenEvent;
import dev.runnel.wire.ChunkReader;
import dev.runnel.wire.CompletionReader;
import dev.runnel.wire.Endpoint;
import dev.runnel.wire.RequestWriter;
import dev.runnel.wire.RequestWriter.LimitField;
import dev.runnel.wire.SseReader;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// One completion on its way from the upstream to its reader: bytes in, token events out. The reader's
/// demand decides when the next bytes are read.
final class RelayedStream implements EventChannel.Producer, Call.Caller {

    private static final System.Logger LOG = System.getLogger(RelayedStream.class.getName());

    private final Upstream upstream;
    private final CompletionRequest request;
    private final Network network;
    private final EventChannel channel = new EventChannel(this);
    private final AtomicBoolean begun = new AtomicBoolean();
    private final AtomicBoolean rung = new AtomicBoolean();

    /// Written by the loop, and read by whoever reads the events.
    private final Queue<Extension> extensions = new ConcurrentLinkedQueue<>();

    private volatile boolean wantsExtensions;

    /// When the request was first sent.
    private volatile OptionalLong asked = OptionalLong.empty();

    // On the loop.
    private SseReader sse = new SseReader();
    private ChunkReader chunks;
    private LimitField limit = LimitField.MAX_TOKENS;
    private @Nullable Call call;
    private boolean resting;
    private boolean complete;
    private long events;
    private int retries;

    RelayedStream(Upstream upstream, CompletionRequest request) {
        this.upstream = upstream;
        this.request = request;
        network = upstream.network();
        chunks = new ChunkReader(request);
    }

    CompletionStream events() {
        return channel;
    }

    @Override
    public void demanded() {
        if (begun.compareAndSet(false, true)) {
            upstream.began(this);
        }
        if (rung.compareAndSet(false, true)) {
            network.run(this::pull);
        }
    }

    @Override
    public void cancelled() {
        upstream.ended(this);
        network.run(() -> {
            if (call != null) {
                call.stop();
            }
        });
    }

    @Override
    public Extensions extensions() {
        wantsExtensions = true;
        return number -> {
            Extension next = extensions.peek();
            return next != null && next.event() <= number ? Optional.ofNullable(extensions.poll()) : Optional.empty();
        };
    }

    /// Before the connection, so that one which has to be made first counts.
    @Override
    public OptionalLong begun() {
        return asked;
    }

    /// Ends the stream at once, whatever its reader has still to read. Any thread may call it.
    void abort(BackendException failure) {
        channel.abort(failure);
    }

    private void fail(BackendException failure) {
        upstream.ended(this);
        channel.fail(failure);
    }

    private void pull() {
        rung.set(false);
        if (call == null) {
            ask();
        } else if (resting && channel.demand() > 0) {
            resting = false;
            call.more();
        }
    }

    private void ask() {
        if (!channel.isOpen()) {
            upstream.ended(this);
            return;
        }
        try {
            sse = new SseReader();
            extensions.clear();
            chunks = new ChunkReader(request, wantsExtensions ? Optional.of(extensions::add) : Optional.empty());
            boolean whole = upstream.options().whole();
            byte[] json = RequestWriter.write(request, limit, !whole, !whole);
            if (asked.isEmpty()) {
                asked = OptionalLong.of(System.nanoTime());
            }
            Call.Caller reader = whole ? new WholeReply(this) : this;
            call = new Call(network, upstream.options().firstToken(), reader);
            call.post(Endpoint.of(request.prompt()).path(), whole ? "application/json" : "text/event-stream", json);
        } catch (RuntimeException | Error fault) { // inexpressible, as a rule; of the rest, too, someone must hear
            fail(BackendException.of(fault));
        }
    }

    @Override
    public void read(byte[] piece) {
        Call open = call();
        long lines = sse.lines();
        sse.read(piece, 0, piece.length, event -> chunks.read(event, this::emit));
        if (sse.lines() > lines) {
            open.alive();
        }
        if (complete) {
            open.finish();
        } else if (channel.demand() == 0) {
            resting = true;
            open.pause();
        }
    }

    @Override
    public void end() {
        chunks.end(this::emit);
    }

    /// The reply has come whole.
    void whole(byte[] body) {
        CompletionReader.events(request, body).forEach(this::emit);
    }

    private void emit(TokenEvent event) {
        events++;
        call().eventful();
        switch (event) {
            case TokenEvent.Started _ -> {}
            case TokenEvent.Text _,
                    TokenEvent.Thinking _,
                    TokenEvent.Refusal _,
                    TokenEvent.Call _,
                    TokenEvent.Arguments _,
                    TokenEvent.Finished _ ->
                call().expectWithin(upstream.options().nextToken());
            case TokenEvent.Usage _ -> {
                complete = true;
                upstream.ended(this);
            }
        }
        channel.emit(event);
    }

    private Call call() {
        return Objects.requireNonNull(call);
    }

    @Override
    public void failed(BackendException failure, boolean passing) {
        if (wantsOtherLimitField(failure)) {
            limit = LimitField.MAX_COMPLETION_TOKENS;
            ask();
            return;
        }
        Optional<Duration> wait = passing && events == 0
                ? upstream.options()
                        .retries()
                        .next(
                                retries,
                                Duration.ofNanos(System.nanoTime() - asked.orElseThrow()),
                                failure.retryAfter(),
                                ThreadLocalRandom.current())
                : Optional.empty();
        wait.ifPresentOrElse(pause -> askAgain(failure, pause), () -> fail(failure));
    }

    private void askAgain(BackendException failure, Duration pause) {
        retries++;
        LOG.log(
                Level.INFO,
                () -> "%s; asking again in %d ms (%d of %d)"
                        .formatted(
                                failure.getMessage(),
                                pause.toMillis(),
                                retries,
                                upstream.options().retries().most()));
        network.runAfter(pause, this::ask);
    }

    /// The one refusal after which the request is sent again, because only the upstream knows which of the
    /// two names its model takes, and has done no work yet.
    private boolean wantsOtherLimitField(BackendException failure) {
        return failure.kind() == Kind.UNSUPPORTED
                && failure.parameter().equals(Optional.of("max_tokens"))
                && limit == LimitField.MAX_TOKENS
                && events == 0;
    }

    @Override
    public String progress() {
        return events == 0 ? "" : ", after " + events + (events == 1 ? " event" : " events");
    }
}
