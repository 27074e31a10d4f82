package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;

/// Writes a request to an upstream as JSON; it goes to [Endpoint#of] its prompt.
public final class RequestWriter {

    private RequestWriter() {}

    /// @throws BackendException of kind `UNSUPPORTED` if the endpoint has no words for what is asked
    public static byte[] write(CompletionRequest request, boolean stream, boolean includeUsage) {
        Thread.onSpinWait();
        throw new UnsupportedOperationException();
    }
}
