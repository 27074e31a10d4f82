package dev.runnel.server;

import dev.runnel.core.BackendException;
import dev.runnel.core.UpstreamFault;
import dev.runnel.wire.Endpoint;
import dev.runnel.wire.Errors;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// A request that is answered with an error's status. Thrown by whatever finds the fault, to where the
/// request is answered.
final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final int status;
    private final String kind;
    private final transient Map<String, String> headers;
    private final transient byte[] body;

    private Refusal(int status, String kind, Map<String, String> headers, byte[] body) {
        super("status " + status, null, false, false);
        this.status = status;
        this.kind = kind;
        this.headers = headers;
        this.body = body;
    }

    static Refusal of(Errors.Transport fault, String message) {
        return new Refusal(fault.status(), word(fault), Map.of(), Errors.body(fault, message));
    }

    static Refusal of(BackendException failure) {
        return new Refusal(Errors.status(failure.kind()), word(failure), Errors.headers(failure), Errors.body(failure));
    }

    static Refusal of(Endpoint endpoint, BackendException failure) {
        return new Refusal(
                Errors.status(failure.kind()), word(failure), Errors.headers(failure), Errors.body(endpoint, failure));
    }

    /// A request that is wrong in a way for which HTTP has a status of its own.
    static Refusal of(int status, String message) {
        BackendException fault = new BackendException(BackendException.Kind.INVALID_REQUEST, message);
        return new Refusal(status, word(fault.kind()), Map.of(), Errors.body(fault));
    }

    /// A request that is no HTTP, as far as Vert.x can tell.
    static Refusal ofMalformed(Throwable fault) {
        return switch (fault) {
            case TooLongHttpLineException _ ->
                of(414, "the request's first line is longer than %d bytes".formatted(Loop.LINE_BYTES));
            case TooLongHttpHeaderException _ ->
                of(431, "the request's headers are longer than %d bytes".formatted(Loop.HEADERS_BYTES));
            default -> of(400, "the request is not HTTP/1.1: " + fault.getMessage());
        };
    }

    Refusal with(String header, String value) {
        Map<String, String> more = new HashMap<>(headers);
        more.put(header, value);
        return new Refusal(status, kind, Map.copyOf(more), body);
    }

    /// What a failure is in one word, for those who count them: its kind, or the way in which an upstream failed.
    static String word(BackendException failure) {
        return failure.code()
                .flatMap(UpstreamFault::of)
                .map(UpstreamFault::code)
                .orElseGet(() -> word(failure.kind()));
    }

    /// A kind in one word.
    private static String word(Enum<?> kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    int status() {
        return status;
    }

    /// What is at fault, in one word of few.
    String kind() {
        return kind;
    }

    Map<String, String> headers() {
        return headers;
    }

    byte[] body() {
        return body;
    }
}
