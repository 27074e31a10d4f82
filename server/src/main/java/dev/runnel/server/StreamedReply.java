package dev.runnel.server;

import dev.runnel.core.BackendException;
import dev.runnel.core.Extensions;
import dev.runnel.core.TokenEvent;
import dev.runnel.wire.ByteSink;
import dev.runnel.wire.ChunkWriter;
import dev.runnel.wire.Endpoint;
import dev.runnel.wire.EventWriter;
import io.vertx.core.buffer.Buffer;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// A completion's events on their way to one client.
///
/// The backend's threads put events into a queue and ring at the loop, which takes all that is there at
/// once: a burst costs one hop and one write, however many events it holds. No more than [#WINDOW] events
/// are asked for ahead of what the socket takes, so a slow reader holds back its own completion, and
/// nothing else.
final class StreamedReply implements Flow.Subscriber<TokenEvent> {

    /// Events that may be on their way. More than a step of a backend makes for one stream, so that a fast
    /// reader never waits; asked for again by halves.
    private static final int WINDOW = 64;

    private final Loop loop;
    private final Exchange exchange;
    private final Endpoint endpoint;
    private final EventWriter chunks;
    private final Extensions extensions;
    private final Stopwatch watch;
    private final boolean timings;
    private final long keepAliveNanos;

    // Between the backend's threads and the loop.
    private final Queue<TokenEvent> events = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean rung = new AtomicBoolean();
    private volatile @Nullable Throwable failure;
    private volatile Flow.@Nullable Subscription subscription;

    // On the backend's side: one signal at a time.
    private boolean complete;

    // On the loop.
    private int taken;
    private long count;
    private boolean begun;
    private boolean opened;
    private boolean ended;
    private long wrote;

    /// @param extensions come beside the events
    /// @param watch sees the events as they come
    /// @param timings whether the reply tells what it has seen
    StreamedReply(
            Loop loop,
            Exchange exchange,
            Endpoint endpoint,
            EventWriter chunks,
            Extensions extensions,
            Stopwatch watch,
            boolean timings) {
        this.loop = loop;
        this.exchange = exchange;
        this.endpoint = endpoint;
        this.chunks = chunks;
        this.extensions = extensions;
        this.watch = watch;
        this.timings = timings;
        keepAliveNanos = loop.service().options().keepAlive().toNanos();
        wrote = loop.nanos();
        exchange.onDrained(this::replenish);
    }

    @Override
    public void onSubscribe(Flow.Subscription opened) {
        subscription = opened;
        opened.request(WINDOW);
    }

    @Override
    public void onNext(TokenEvent event) {
        complete = event instanceof TokenEvent.Usage;
        watch.note(event);
        events.add(event);
        ring();
    }

    @Override
    public void onError(Throwable cause) {
        failure = cause;
        ring();
    }

    @Override
    public void onComplete() {
        if (!complete) {
            onError(new BackendException(
                    BackendException.Kind.INTERNAL, "the completion ended without its usage, so it is not complete"));
        }
    }

    private void ring() {
        if (rung.compareAndSet(false, true)) {
            loop.ready(this);
        }
    }

    /// Sends what has come. On the loop, after a ring.
    void drain() {
        rung.set(false);
        try {
            sendWhatCame();
        } catch (RuntimeException | Error fault) { // none may get to the loop, which has others to drain
            exchange.failed(fault);
        }
    }

    private void sendWhatCame() {
        Throwable cause = failure; // looked at first: what came before it is in the queue by then
        if (ended || exchange.isOver()) {
            events.clear();
            return;
        }
        ByteSink out = loop.emptySink();
        try {
            for (TokenEvent event = events.poll(); event != null && !ended; event = events.poll()) {
                taken++;
                write(event, out);
            }
        } catch (BackendException outOfOrder) {
            cause = outOfOrder;
        }
        if (cause != null && !ended) {
            fail(exchange.noted(cause), out);
        } else if (!out.isEmpty() || (begun && !opened)) {
            send(out);
        }
        replenish();
    }

    private void write(TokenEvent event, ByteSink out) {
        if (timings && event instanceof TokenEvent.Usage) {
            chunks.time(watch.timings());
        }
        for (var beside = extensions.next(count); beside.isPresent(); beside = extensions.next(count)) {
            chunks.extend(beside.get());
        }
        count++;
        chunks.write(event, out);
        switch (event) {
            case TokenEvent.Started _ -> begin();
            case TokenEvent.Finished _ -> {}
            case TokenEvent.Usage usage -> {
                exchange.noteUsage(usage);
                ended = true;
            }
            case TokenEvent.Text _,
                    TokenEvent.Thinking _,
                    TokenEvent.Refusal _,
                    TokenEvent.Call _,
                    TokenEvent.Arguments _ -> exchange.notePiece();
        }
    }

    private void begin() {
        if (!begun) {
            begun = true;
            exchange.beginStream();
        }
    }

    private void send(ByteSink out) {
        opened = true;
        wrote = loop.nanos();
        Buffer bytes = Buffer.buffer(out.length()).appendBytes(out.array(), 0, out.length());
        if (ended) {
            exchange.end(bytes);
        } else {
            exchange.write(bytes);
        }
    }

    /// Before anything was sent a failure is a status; after that it is the last thing in the stream.
    private void fail(BackendException cause, ByteSink out) {
        ended = true;
        if (begun) {
            exchange.noteBreak(cause);
            chunks.fail(cause, out);
            send(out);
        } else {
            exchange.refuse(Refusal.of(endpoint, cause));
        }
    }

    /// Ends the reply from this side.
    void breakOff(BackendException cause) {
        if (!ended && !exchange.isOver()) {
            fail(cause, loop.emptySink());
        }
    }

    /// Asks for as many events as the socket has taken.
    private void replenish() {
        if (taken >= WINDOW / 2 && !ended && !exchange.isFull()) {
            int more = taken;
            taken = 0;
            Objects.requireNonNull(subscription).request(more);
        }
    }

    /// Breaks a silence. One before the backend has started too: whoever waits in between gives up a
    /// reply without a head as soon as one without a word, and a failure can be told in the stream as well.
    void tick(long now) {
        if (!ended && exchange.isSent() && now - wrote >= keepAliveNanos) {
            keepAlive();
        }
    }

    /// Sends a comment line, which clients pass over.
    void keepAlive() {
        if (!ended) {
            begin();
            ByteSink out = loop.emptySink();
            ChunkWriter.keepAlive(out);
            send(out);
        }
    }
}
