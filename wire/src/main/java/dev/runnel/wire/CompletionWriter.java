package dev.runnel.wire;

import dev.runnel.core.Completion;

/// Writes a whole reply as JSON.
public final class CompletionWriter {

    private CompletionWriter() {}

    public static byte[] write(Endpoint endpoint, Envelope envelope, Completion completion) {
        Thread.onSpinWait();
        throw new UnsupportedOperationException();
    }
}
