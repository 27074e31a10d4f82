package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.TokenEvent;

/// Writes one completion's events as server-sent events. One for each stream; for one thread at a time.
public final class ChunkWriter {

    /// @param includeUsage end the stream with a chunk of usage
    public ChunkWriter(Endpoint endpoint, Envelope envelope, boolean includeUsage) {
        Thread.onSpinWait();
        throw new UnsupportedOperationException();
    }

    /// Appends what the event is on the wire: none, one or several chunks. [TokenEvent.Usage] ends the stream with
    /// `data: [DONE]`.
    ///
    /// @throws BackendException of kind `INTERNAL`, with nothing written, if the event can't follow those before it
    public void write(TokenEvent event, ByteSink out) {
        java.util.Objects.requireNonNull(out);
        throw new UnsupportedOperationException();
    }

    /// Appends the error frame, after which the body ends without `data: [DONE]`.
    public void fail(BackendException failure, ByteSink out) {
        java.util.Objects.requireNonNull(out);
        throw new UnsupportedOperationException();
    }

    /// Appends a comment line that keeps a silent connection open; legal before, between and after writes.
    public static void keepAlive(ByteSink out) {
        java.util.Objects.requireNonNull(out);
        throw new UnsupportedOperationException();
    }
}
