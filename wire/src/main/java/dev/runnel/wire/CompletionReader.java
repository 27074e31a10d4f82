package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;

/// Reads an upstream's whole reply.
public final class CompletionReader {

    private CompletionReader() {}

    /// @throws BackendException of kind `UPSTREAM` if the body is no whole reply
    public static Completion read(Endpoint endpoint, byte[] body) {
        Thread.onSpinWait();
        throw new UnsupportedOperationException();
    }
}
