package dev.runnel.core;

import dev.runnel.core.BackendException.Kind;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// The ways in which an upstream fails. Each has a word for programs, so that whoever relays or measures one
/// can count its failures by what they are; the sentence for people is the failure's message.
///
/// A failure has one of these words as its [BackendException#code] unless the upstream gave a word of its
/// own, such as `context_length_exceeded`, or its kind says all there is to know: a request that the
/// upstream finds wrong, a model it doesn't have, a load it can't take.
public enum UpstreamFault {
    /// No connection: no such host, nobody listens, no handshake, a certificate that nobody trusted signed.
    UNREACHABLE(Kind.UPSTREAM),
    /// It doesn't accept the key it was given.
    UNAUTHORIZED(Kind.UPSTREAM),
    /// It answered with a status that is no success, or sends on to elsewhere.
    REFUSED(Kind.UPSTREAM),
    /// What it sends is not HTTP.
    NOT_HTTP(Kind.UPSTREAM),
    /// A success that is something else than a stream of events, such as a page.
    NOT_SSE(Kind.UPSTREAM),
    /// An event that is no chunk of a completion, or one that can't follow those before it.
    MALFORMED_EVENT(Kind.UPSTREAM),
    /// It says in its stream that it has failed.
    FAILED(Kind.UPSTREAM),
    /// Its stream or its connection ended before every choice had finished.
    CLOSED_EARLY(Kind.UPSTREAM),
    /// Not a byte came for too long.
    SILENT(Kind.TIMED_OUT),
    /// Bytes came, and for too long no event: comments without end, or a byte now and then.
    STALLED(Kind.TIMED_OUT),
    /// The usage is missing or contradicts the answer, so that nobody knows what it cost.
    USAGE(Kind.UPSTREAM);

    private final Kind kind;

    UpstreamFault(Kind kind) {
        this.kind = kind;
    }

    /// The fault that has this word.
    public static Optional<UpstreamFault> of(String code) {
        return Arrays.stream(values())
                .filter(fault -> fault.code().equals(code))
                .findFirst();
    }

    /// Such as `upstream_closed_early`.
    public String code() {
        return "upstream_" + name().toLowerCase(Locale.ROOT);
    }

    public Kind kind() {
        return kind;
    }

    public BackendException failure(String message) {
        return new BackendException(kind, message).withCode(code());
    }

    public BackendException failure(String message, Throwable cause) {
        return new BackendException(kind, message, cause).withCode(code());
    }
}
