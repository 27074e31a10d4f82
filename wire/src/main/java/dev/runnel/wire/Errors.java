package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.UpstreamFault;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Failures as HTTP: a status, headers and a JSON body. The one place that knows which goes with which.
public final class Errors {

    /// What a server refuses on its own, before a backend is asked.
    public enum Transport {
        INVALID_API_KEY,
        UNKNOWN_PATH,
        WRONG_METHOD,
        BODY_TOO_LARGE,
        WRONG_MEDIA_TYPE;

        public int status() {
            return form(this).status;
        }
    }

    /// @param type and `code`: the body's words of that name
    private record Form(int status, String type, @Nullable String code) {}

    private static final String INVALID_REQUEST = "invalid_request_error";
    private static final String UNAVAILABLE = "service_unavailable_error";
    private static final String SERVER_ERROR = "server_error";

    /// Some clients sleep for as long as they are told, and some give up if that is longer.
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

    /// For what is about to change, at a time nobody knows: a model that loads, a server that restarts.
    private static final Duration USUAL_WAIT = Duration.ofSeconds(5);

    /// An upstream's refusals that trying again won't change.
    private static final Set<String> PERMANENT = Set.of("insufficient_quota", UpstreamFault.UNAUTHORIZED.code());

    private Errors() {}

    public static int status(BackendException.Kind kind) {
        return form(kind).status;
    }

    /// Headers that tell a client when to try again, and whether: `retry-after`, `retry-after-ms`,
    /// `x-should-retry`.
    public static Map<String, String> headers(BackendException failure) {
        Map<String, String> headers = new LinkedHashMap<>();
        Optional<Duration> usual = status(failure.kind()) == 503 ? Optional.of(USUAL_WAIT) : Optional.empty();
        failure.retryAfter().or(() -> usual).ifPresent(known -> {
            Duration wait = known.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : known;
            headers.put("retry-after", Long.toString(wait.plusMillis(999).toSeconds()));
            headers.put("retry-after-ms", Long.toString(wait.toMillis()));
        });
        if (!mayBeTriedAgain(failure)) {
            headers.put("x-should-retry", "false");
        }
        return headers;
    }

    /// The body of a failed completion.
    public static byte[] body(Endpoint endpoint, BackendException failure) {
        ByteSink out = new ByteSink(256);
        write(endpoint, failure, out);
        return out.toByteArray();
    }

    /// The body of a failure that is of no completion, such as an unknown model at `/v1/models/…`.
    public static byte[] body(BackendException failure) {
        ByteSink out = new ByteSink(256);
        write(failure, failure.parameter(), out);
        return out.toByteArray();
    }

    public static byte[] body(Transport fault, String message) {
        Form form = form(fault);
        ByteSink out = new ByteSink(256);
        write(message, form.type, Optional.empty(), Optional.ofNullable(form.code), out);
        return out.toByteArray();
    }

    /// A word for programs, which every failure of a response has.
    static String code(BackendException failure) {
        Form form = form(failure.kind());
        return failure.code().orElse(form.code == null ? form.type : form.code);
    }

    static Optional<String> parameter(Endpoint endpoint, BackendException failure) {
        return failure.parameter().or(() -> blamed(endpoint, failure.kind()));
    }

    static void write(Endpoint endpoint, BackendException failure, ByteSink out) {
        write(failure, parameter(endpoint, failure), out);
    }

    private static void write(BackendException failure, Optional<String> parameter, ByteSink out) {
        Form form = form(failure.kind());
        Optional<String> code = failure.code().or(() -> Optional.ofNullable(form.code));
        write(failure.getMessage(), form.type, parameter, code, out);
    }

    private static void write(
            String message, String type, Optional<String> parameter, Optional<String> code, ByteSink out) {
        inner(message, type, parameter, code, out.raw("{\"error\":"));
        out.raw("}");
    }

    private static void inner(
            String message, String type, Optional<String> parameter, Optional<String> code, ByteSink out) {
        out.raw("{\"message\":").string(message);
        out.raw(",\"type\":").string(type);
        stringOrNull(out.raw(",\"param\":"), parameter);
        stringOrNull(out.raw(",\"code\":"), code);
        out.raw("}");
    }

    /// Appends the members of a response's `error` event: flat, as the protocol has them, and once more
    /// as the object that clients take for a failure wherever they find it.
    static void writeOfResponse(BackendException failure, ByteSink out) {
        Optional<String> parameter = parameter(Endpoint.RESPONSES, failure);
        String code = code(failure);
        out.raw(",\"code\":").string(code);
        out.raw(",\"message\":").string(failure.getMessage());
        stringOrNull(out.raw(",\"param\":"), parameter);
        inner(failure.getMessage(), form(failure.kind()).type, parameter, Optional.of(code), out.raw(",\"error\":"));
    }

    private static void stringOrNull(ByteSink out, Optional<String> value) {
        value.ifPresentOrElse(out::string, () -> out.raw("null"));
    }

    private static Form form(Transport fault) {
        return switch (fault) {
            case INVALID_API_KEY -> new Form(401, INVALID_REQUEST, "invalid_api_key");
            case UNKNOWN_PATH -> new Form(404, INVALID_REQUEST, null);
            case WRONG_METHOD -> new Form(405, INVALID_REQUEST, null);
            case BODY_TOO_LARGE -> new Form(413, INVALID_REQUEST, "request_too_large");
            case WRONG_MEDIA_TYPE -> new Form(415, INVALID_REQUEST, null);
        };
    }

    private static Form form(BackendException.Kind kind) {
        return switch (kind) {
            case INVALID_REQUEST -> new Form(400, INVALID_REQUEST, null);
            case UNSUPPORTED -> new Form(400, INVALID_REQUEST, "unsupported_value");
            case CONTEXT_LENGTH_EXCEEDED -> new Form(400, INVALID_REQUEST, "context_length_exceeded");
            case MODEL_NOT_FOUND -> new Form(404, INVALID_REQUEST, "model_not_found");
            case OVERLOADED -> new Form(429, "rate_limit_error", "slow_down");
            case LOADING -> new Form(503, UNAVAILABLE, "model_loading");
            case SHUTTING_DOWN -> new Form(503, UNAVAILABLE, "shutting_down");
            case TIMED_OUT -> new Form(504, SERVER_ERROR, "timed_out");
            case UPSTREAM -> new Form(502, SERVER_ERROR, UpstreamFault.FAILED.code());
            case CLOSED -> new Form(499, SERVER_ERROR, null); // for logs: nobody is there to read it
            case INTERNAL -> new Form(500, SERVER_ERROR, null);
        };
    }

    /// The parameter that is to blame wherever the failure names none.
    private static Optional<String> blamed(Endpoint endpoint, BackendException.Kind kind) {
        if (kind == BackendException.Kind.CONTEXT_LENGTH_EXCEEDED) {
            return Optional.of(
                    switch (endpoint) {
                        case CHAT -> "messages";
                        case TEXT -> "prompt";
                        case RESPONSES -> "input";
                    });
        }
        return kind == BackendException.Kind.MODEL_NOT_FOUND ? Optional.of("model") : Optional.empty();
    }

    /// Clients try again on their own after 429 and from 500 on. What took too long once would do so three
    /// times.
    private static boolean mayBeTriedAgain(BackendException failure) {
        return failure.kind() != BackendException.Kind.TIMED_OUT
                && !failure.code().map(PERMANENT::contains).orElse(false);
    }
}
