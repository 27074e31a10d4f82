package dev.runnel.core;

import java.util.List;

/// What the model is asked to continue.
public sealed interface Prompt {

    /// A conversation, rendered by the model's own chat template; the reply is the assistant's next turn.
    ///
    /// @param messages at least one
    record Chat(List<Message> messages) implements Prompt {
        public Chat {
            messages = List.copyOf(messages);
            if (messages.isEmpty()) {
                throw new IllegalArgumentException("a conversation has at least one message");
            }
        }
    }

    /// Text to continue as it stands, without a template.
    record Text(String text) implements Prompt {}
}
