package dev.runnel.server;

import dev.runnel.core.Stage;
import dev.runnel.core.TokenEvent;
import dev.runnel.wire.Timings;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Takes the time of a completion where its events come out of the backend, before any reader can delay
/// them. What it tells may be asked for by whoever has seen the usage.
final class Stopwatch implements Stage {

    private final LongSupplier nanos;
    private long began;
    private long firstPiece = -1;
    private long ended;

    Stopwatch(LongSupplier nanos) {
        this.nanos = nanos;
    }

    @Override
    public void accept(TokenEvent event, Consumer<? super TokenEvent> next) {
        switch (event) {
            case TokenEvent.Started _ -> began = nanos.getAsLong();
            case TokenEvent.Usage _ -> {
                ended = nanos.getAsLong();
                notePiece();
            }
            case TokenEvent.Text _,
                    TokenEvent.Thinking _,
                    TokenEvent.Refusal _,
                    TokenEvent.Call _,
                    TokenEvent.Arguments _,
                    TokenEvent.Finished _ -> notePiece();
        }
        next.accept(event);
    }

    private void notePiece() {
        if (firstPiece < 0) {
            firstPiece = nanos.getAsLong();
        }
    }

    Timings timings() {
        return new Timings(Duration.ofNanos(firstPiece - began), Duration.ofNanos(Math.max(0, ended - firstPiece)));
    }
}
