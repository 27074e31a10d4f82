package dev.runnel.core;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A completion that was refused or broke off. The message is one sentence for the person who sent the
/// request: what was found and what was expected.
public final class BackendException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /// Most of a model's name that is repeated to whoever sent it.
    private static final int LONGEST_NAME = 200;

    /// What went wrong, as far as someone must act on it differently.
    public enum Kind {
        /// The request is wrong; sending it again won't help. [BackendException#parameter] says where.
        INVALID_REQUEST,
        /// The request is well-formed and asks for something this backend can't do.
        UNSUPPORTED,
        /// The prompt, or the prompt and the asked-for tokens, are longer than the model's context.
        CONTEXT_LENGTH_EXCEEDED,
        /// No such model.
        MODEL_NOT_FOUND,
        /// Too much is waiting; [BackendException#retryAfter] says when it is worth trying again.
        OVERLOADED,
        /// The model is being loaded.
        LOADING,
        /// The backend is being closed.
        SHUTTING_DOWN,
        /// The backend took longer than it may.
        TIMED_OUT,
        /// An upstream refused, broke off or made no sense.
        UPSTREAM,
        /// The reader's side closed the stream.
        CLOSED,
        /// A fault of the backend's own.
        INTERNAL
    }

    private final Kind kind;
    private final @Nullable String parameter;
    private final @Nullable Duration retryAfter;
    private final @Nullable String code;

    public BackendException(Kind kind, String message) {
        this(kind, message, null, null, null, null);
    }

    public BackendException(Kind kind, String message, Throwable cause) {
        this(kind, message, null, null, null, cause);
    }

    private BackendException(
            Kind kind,
            String message,
            @Nullable String parameter,
            @Nullable Duration retryAfter,
            @Nullable String code,
            @Nullable Throwable cause) {
        super(message, cause);
        this.kind = Objects.requireNonNull(kind, "kind");
        this.parameter = parameter;
        this.retryAfter = retryAfter;
        this.code = code;
    }

    /// @param parameter path of the request's field that is wrong, such as `messages[0].content`
    public static BackendException invalidRequest(String parameter, String message) {
        return new BackendException(Kind.INVALID_REQUEST, message, parameter, null, null, null);
    }

    /// @param parameter path of the request's field that asks for what can't be done
    public static BackendException unsupported(String parameter, String message) {
        return new BackendException(Kind.UNSUPPORTED, message, parameter, null, null, null);
    }

    /// @param retryAfter when trying again is likely to succeed
    public static BackendException overloaded(String message, Duration retryAfter) {
        return new BackendException(Kind.OVERLOADED, message, null, retryAfter, null, null);
    }

    /// @param models what there is instead, named in the message
    public static BackendException modelNotFound(String model, List<Model> models) {
        String asked = model.length() > LONGEST_NAME ? model.substring(0, LONGEST_NAME) + "…" : model;
        String served = models.stream().map(Model::id).collect(Collectors.joining(", "));
        return new BackendException(
                Kind.MODEL_NOT_FOUND,
                "the model '%s' does not exist here; this server has %s".formatted(asked, served),
                "model",
                null,
                null,
                null);
    }

    /// `failure` itself if it is a `BackendException`, else an [Kind#INTERNAL] one caused by it, whose message
    /// tells nothing of it. A [CompletionException], which futures wrap what fails before them in, stands for its
    /// cause.
    public static BackendException of(Throwable failure) {
        if (failure instanceof CompletionException && failure.getCause() != null) {
            return of(failure.getCause());
        }
        if (failure instanceof BackendException known) {
            return known;
        }
        return new BackendException(Kind.INTERNAL, "the request failed by a fault on this side", failure);
    }

    /// This failure under a word for programs that is finer than its kind, such as `missing_required_parameter`.
    public BackendException withCode(String code) {
        return new BackendException(kind, getMessage(), parameter, retryAfter, code, getCause());
    }

    /// This failure in the words of someone who knows more about where it happened.
    public BackendException withMessage(String message) {
        return new BackendException(kind, message, parameter, retryAfter, code, getCause());
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    public Kind kind() {
        return kind;
    }

    /// Path of the request's field that is to blame.
    public Optional<String> parameter() {
        return Optional.ofNullable(parameter);
    }

    /// When trying again is worth it, where the backend knows.
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /// A word for programs that is finer than the kind, where there is one.
    public Optional<String> code() {
        return Optional.ofNullable(code);
    }
}
