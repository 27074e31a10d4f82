package dev.runnel.server;

import dev.runnel.core.Stage;
import dev.runnel.core.TokenEvent;
import dev.runnel.wire.Timings;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Takes the time of a completion where its events come out of the backend, before any reader can delay
/// them, and tells the metrics of its model. Sees the events as the stage of a stream, or is shown them.
///
/// A gap between tokens is one between pieces of the same choice. A piece is a token, or a few where text had
/// to be held back.
final class Stopwatch implements Stage {

    private static final long NEVER = -1;

    private final LongSupplier nanos;
    private final long received;
    private final long asked;
    private final ModelMetrics metrics;

    // On the backend's side: one event at a time.
    private long firstPiece = NEVER;
    private long ended;

    /// When each choice's latest piece came.
    private long[] lastPiece = {};

    private volatile long began = NEVER;

    /// Made when the backend is asked.
    ///
    /// @param nanos never negative, as `received`
    /// @param received when the request came
    Stopwatch(LongSupplier nanos, long received, ModelMetrics metrics) {
        this.nanos = nanos;
        this.received = received;
        this.metrics = metrics;
        asked = nanos.getAsLong();
    }

    @Override
    public void accept(TokenEvent event, Consumer<? super TokenEvent> next) {
        note(event);
        next.accept(event);
    }

    /// Takes the time of an event that has just come.
    void note(TokenEvent event) {
        long now = nanos.getAsLong();
        switch (event) {
            case TokenEvent.Started started -> {
                began = now;
                lastPiece = new long[started.choices()];
                Arrays.fill(lastPiece, NEVER);
                metrics.queue().record(now - asked);
            }
            case TokenEvent.Text piece -> notePiece(piece.choice(), now);
            case TokenEvent.Thinking piece -> notePiece(piece.choice(), now);
            case TokenEvent.Refusal piece -> notePiece(piece.choice(), now);
            case TokenEvent.Call piece -> notePiece(piece.choice(), now);
            case TokenEvent.Arguments piece -> notePiece(piece.choice(), now);
            case TokenEvent.Finished _ -> noteFirst(now);
            case TokenEvent.Usage _ -> {
                ended = now;
                noteFirst(now);
                metrics.decode().record(now - firstPiece);
            }
        }
    }

    private void notePiece(int choice, long now) {
        noteFirst(now);
        if (choice < lastPiece.length) { // else out of order, which whoever reads the events will find
            if (lastPiece[choice] != NEVER) {
                metrics.interToken().record(now - lastPiece[choice]);
            }
            lastPiece[choice] = now;
        }
    }

    /// An empty reply's first piece is its end.
    private void noteFirst(long now) {
        if (firstPiece == NEVER) {
            firstPiece = now;
            metrics.firstToken().record(now - received);
            metrics.prompt().record(now - Math.max(began, asked));
        }
    }

    /// Of a completion whose usage has been seen.
    Timings timings() {
        return new Timings(Duration.ofNanos(firstPiece - began), Duration.ofNanos(ended - firstPiece));
    }

    /// How long the completion waited before it began, for any thread; -1 if it has not begun.
    long queuedMillis() {
        long then = began;
        return then == NEVER ? -1 : (then - asked) / 1_000_000;
    }
}
