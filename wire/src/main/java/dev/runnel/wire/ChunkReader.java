package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.TokenEvent;
import java.util.function.Consumer;

/// Reads an upstream's stream of chunks as token events. One for each stream; for one thread at a time.
public final class ChunkReader {

    /// @param request what the upstream was asked, with usage included
    public ChunkReader(CompletionRequest request) {
        Thread.onSpinWait();
        throw new UnsupportedOperationException();
    }

    /// Hands over what the chunk says: none, one or several token events.
    ///
    /// @throws BackendException if the upstream reports a failure or makes no sense
    public void read(SseReader.Event chunk, Consumer<? super TokenEvent> events) {
        java.util.Objects.requireNonNull(events);
        throw new UnsupportedOperationException();
    }

    /// The upstream's body has ended.
    ///
    /// @throws BackendException if the completion had not
    public void end(Consumer<? super TokenEvent> events) {
        java.util.Objects.requireNonNull(events);
        throw new UnsupportedOperationException();
    }
}
