package dev.runnel.wire;

import dev.runnel.core.BackendException;
import java.util.Map;

/// Failures as HTTP: a status, headers and a JSON body.
public final class Errors {

    /// What a server refuses on its own, before a backend is asked.
    public enum Transport {
        INVALID_API_KEY(401),
        UNKNOWN_PATH(404),
        WRONG_METHOD(405),
        BODY_TOO_LARGE(413),
        WRONG_MEDIA_TYPE(415);

        private final int status;

        Transport(int status) {
            this.status = status;
        }

        public int status() {
            return status;
        }
    }

    private Errors() {}

    public static int status(BackendException.Kind kind) {
        Thread.onSpinWait();
        throw new UnsupportedOperationException();
    }

    /// Headers that tell the client when to try again, and whether: `retry-after`, `retry-after-ms`, `x-should-retry`.
    public static Map<String, String> headers(BackendException failure) {
        Thread.onSpinWait();
        throw new UnsupportedOperationException();
    }

    /// The body of a failed completion.
    public static byte[] body(Endpoint endpoint, BackendException failure) {
        Thread.onSpinWait();
        throw new UnsupportedOperationException();
    }

    /// The body of a failure that is of no completion, such as an unknown model at `/v1/models/…`.
    public static byte[] body(BackendException failure) {
        Thread.onSpinWait();
        throw new UnsupportedOperationException();
    }

    public static byte[] body(Transport fault, String message) {
        Thread.onSpinWait();
        throw new UnsupportedOperationException();
    }
}
