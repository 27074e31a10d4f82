package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.Prompt;

/// The endpoints that complete, and how their replies are marked.
public enum Endpoint {
    /// A conversation: `/v1/chat/completions`.
    CHAT("/chat/completions", "chatcmpl-", "chat.completion", "chat.completion.chunk"),
    /// Plain text, the older form: `/v1/completions`. It knows neither reasoning nor tools.
    TEXT("/completions", "cmpl-", "text_completion", "text_completion"),
    /// A conversation in another form: `/v1/responses`.
    RESPONSES("/responses", "resp_", "response", "response");

    private final String path;

    final String idPrefix;

    /// `object` of a whole reply.
    final String wholeObject;

    /// `object` of each chunk of a streamed reply.
    final String chunkObject;

    Endpoint(String path, String idPrefix, String wholeObject, String chunkObject) {
        this.path = path;
        this.idPrefix = idPrefix;
        this.wholeObject = wholeObject;
        this.chunkObject = chunkObject;
    }

    /// Where it is, behind `/v1`.
    public String path() {
        return path;
    }

    /// The endpoint of an upstream that takes such a prompt.
    public static Endpoint of(Prompt prompt) {
        return switch (prompt) {
            case Prompt.Chat _ -> CHAT;
            case Prompt.Text _, Prompt.Tokens _, Prompt.Gap _ -> TEXT;
        };
    }

    /// @throws BackendException if this endpoint has no place for `what`
    void requireChat(String what) {
        if (this == TEXT) {
            throw new BackendException(
                    BackendException.Kind.INTERNAL,
                    "a backend answered a text completion with " + what + ", which only a chat completion can carry");
        }
    }
}
