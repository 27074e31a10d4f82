package dev.runnel.wire;

import dev.runnel.core.BackendException;
import java.util.Optional;
import java.util.function.Function;

/// Reads an upstream's refusal.
public final class ErrorReader {

    private ErrorReader() {}

    /// @param header gives a response header's value by its lower-case name
    /// @param body whatever came; it need not be JSON
    public static BackendException read(int status, Function<String, Optional<String>> header, byte[] body) {
        Thread.onSpinWait();
        throw new UnsupportedOperationException();
    }
}
