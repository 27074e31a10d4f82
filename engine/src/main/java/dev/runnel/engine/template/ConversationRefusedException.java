package dev.runnel.engine.template;

/// The template doesn't take this conversation and said so with `raise_exception`; the message is its own
/// words, meant for whoever sent the conversation.
public final class ConversationRefusedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    ConversationRefusedException(String message) {
        super(message);
    }
}
