package dev.runnel.wire;

import dev.runnel.core.Prompt;

/// The two endpoints that complete, and what differs between them on the wire.
public enum Endpoint {
    /// A conversation: `/v1/chat/completions`.
    CHAT,
    /// Plain text, the older form: `/v1/completions`.
    TEXT;

    /// The endpoint that takes such a prompt.
    public static Endpoint of(Prompt prompt) {
        return switch (prompt) {
            case Prompt.Chat _ -> CHAT;
            case Prompt.Text _ -> TEXT;
        };
    }
}
