package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.UpstreamFault;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// Reads an upstream's refusals and failures. Lenient: whatever an upstream says in place of an answer is a
/// failure.
public final class ErrorReader {

    private static final int LONGEST_QUOTE = 200;

    /// What an upstream says of a failure.
    private record Report(String message, Optional<String> parameter, Optional<String> code) {

        static Report of(String message) {
            return new Report(message, Optional.empty(), Optional.empty());
        }
    }

    private ErrorReader() {}

    /// @param header gives a response header's value by its lower-case name
    /// @param body whatever came; it need not be JSON
    public static BackendException read(int status, Function<String, Optional<String>> header, byte[] body) {
        if (status == 401 || status == 403) {
            // What it says may quote the key.
            return UpstreamFault.UNAUTHORIZED.failure("the upstream refused this server's key, with status " + status);
        }
        Report report = report(body);
        Kind kind = report.code.flatMap(ErrorReader::kind).orElseGet(() -> kind(status));
        String message = "the upstream answered with status %d: %s".formatted(status, report.message);
        UpstreamFault fault = status == 200 ? UpstreamFault.NOT_SSE : UpstreamFault.REFUSED;
        return failure(kind, message, report, retryAfter(header), fault);
    }

    /// The failure that an upstream reports in place of a chunk or of a whole reply: `{"error":{…}}`, or
    /// the inner object alone.
    static BackendException failure(Node body) {
        Report report = report(body.json());
        Kind kind = report.code.flatMap(ErrorReader::kind).orElse(Kind.UPSTREAM);
        return failure(kind, "the upstream failed: " + report.message, report, Optional.empty(), UpstreamFault.FAILED);
    }

    /// @param fault what it is where neither its kind nor the upstream has a word for it
    private static BackendException failure(
            Kind kind, String message, Report report, Optional<Duration> retryAfter, UpstreamFault fault) {
        BackendException failure = switch (kind) {
            case INVALID_REQUEST ->
                report.parameter
                        .map(path -> BackendException.invalidRequest(path, message))
                        .orElseGet(() -> new BackendException(kind, message));
            case UNSUPPORTED ->
                report.parameter
                        .map(path -> BackendException.unsupported(path, message))
                        .orElseGet(() -> new BackendException(kind, message));
            case OVERLOADED ->
                retryAfter
                        .map(wait -> BackendException.overloaded(message, wait))
                        .orElseGet(() -> new BackendException(kind, message));
            case CONTEXT_LENGTH_EXCEEDED,
                    MODEL_NOT_FOUND,
                    LOADING,
                    SHUTTING_DOWN,
                    TIMED_OUT,
                    UPSTREAM,
                    CLOSED,
                    INTERNAL -> new BackendException(kind, message);
        };
        Optional<String> word =
                kind == Kind.UPSTREAM || kind == Kind.TIMED_OUT ? Optional.of(fault.code()) : Optional.empty();
        return report.code.or(() -> word).map(failure::withCode).orElse(failure);
    }

    private static Optional<Kind> kind(String code) {
        return Optional.ofNullable(
                switch (code) {
                    case "context_length_exceeded" -> Kind.CONTEXT_LENGTH_EXCEEDED;
                    case "model_not_found" -> Kind.MODEL_NOT_FOUND;
                    case "unsupported_parameter", "unsupported_value" -> Kind.UNSUPPORTED;
                    case "slow_down", "rate_limit_exceeded", "server_is_overloaded" -> Kind.OVERLOADED;
                    case "model_loading" -> Kind.LOADING;
                    case "timed_out" -> Kind.TIMED_OUT;
                    case "insufficient_quota" -> Kind.UPSTREAM; // ours to pay, not the client's to wait for
                    default -> UpstreamFault.of(code).map(UpstreamFault::kind).orElse(null);
                });
    }

    private static Kind kind(int status) {
        return switch (status) {
            case 400, 413, 422 -> Kind.INVALID_REQUEST;
            case 429, 503 -> Kind.OVERLOADED;
            case 408, 504 -> Kind.TIMED_OUT;
            default -> Kind.UPSTREAM;
        };
    }

    private static Optional<Duration> retryAfter(Function<String, Optional<String>> header) {
        return header.apply("retry-after-ms")
                .flatMap(millis -> wait(millis, 1))
                .or(() -> header.apply("retry-after").flatMap(seconds -> wait(seconds, 1000)))
                .or(() -> header.apply("retry-after")
                        .flatMap(ErrorReader::date)
                        .flatMap(then -> header.apply("date")
                                .flatMap(ErrorReader::date)
                                .map(now -> Duration.between(now, then))
                                .map(wait -> wait.isNegative() ? Duration.ZERO : wait)));
    }

    /// A point in time is one of the upstream's clock, which the same answer tells, and not of ours.
    private static Optional<Instant> date(String text) {
        try {
            return Optional.of(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text, Instant::from));
        } catch (DateTimeParseException _) {
            return Optional.empty();
        }
    }

    /// @return nothing for what is no number
    private static Optional<Duration> wait(String number, int unitMillis) {
        try {
            double millis = Double.parseDouble(number) * unitMillis;
            return millis >= 0 && millis <= Integer.MAX_VALUE
                    ? Optional.of(Duration.ofMillis((long) Math.ceil(millis)))
                    : Optional.empty();
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    private static Report report(byte[] body) {
        try {
            return report(JsonReader.read(body));
        } catch (JsonReader.MalformedException _) {
            return Report.of(quote(new String(body, UTF_8)));
        }
    }

    private static Report report(Json body) {
        return switch (body) {
            case Json.Obj(var members) -> reported(members.getOrDefault("error", body));
            case Json.Arr(var elements) when !elements.isEmpty() -> report(elements.getFirst()); // Google's form
            case Json.Str _, Json.Arr _, Json.Num _, Json.Bool _, Json.Null _ -> reported(body);
        };
    }

    private static Report reported(Json error) {
        return switch (error) {
            case Json.Obj(var members) ->
                new Report(
                        quote(string(members, "message")
                                .or(() -> detail(members))
                                .orElse("")),
                        string(members, "param"),
                        string(members, "code"));
            case Json.Str(var message) -> Report.of(quote(WholeText.repaired(message)));
            case Json.Arr _, Json.Num _, Json.Bool _, Json.Null _ -> Report.of(quote(""));
        };
    }

    /// FastAPI's word for a reason: a sentence, or a list of what is wrong where, which is quoted as it stands.
    private static Optional<String> detail(Map<String, Json> members) {
        return string(members, "detail")
                .or(() -> members.get("detail") instanceof Json.Arr list
                                && !list.elements().isEmpty()
                        ? Optional.of(list.text())
                        : Optional.empty());
    }

    private static Optional<String> string(Map<String, Json> members, String name) {
        return members.get(name) instanceof Json.Str(var text) && !text.isEmpty()
                ? Optional.of(WholeText.repaired(text))
                : Optional.empty();
    }

    /// One line, of bearable length.
    private static String quote(String message) {
        String line = message.strip().replaceAll("\\s+", " ");
        if (line.isEmpty()) {
            return "no reason given";
        }
        return line.codePointCount(0, line.length()) <= LONGEST_QUOTE
                ? line
                : line.substring(0, line.offsetByCodePoints(0, LONGEST_QUOTE)) + "…";
    }
}
