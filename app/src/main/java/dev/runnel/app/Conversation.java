package dev.runnel.app;

import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import java.util.ArrayList;
import java.util.List;

/// What has been said so far, which a model is told again with each turn.
final class Conversation {

    private String instructions;
    private final List<Message> turns = new ArrayList<>();

    /// @param instructions that the model reads first; may be empty
    Conversation(String instructions) {
        this.instructions = instructions;
    }

    String instructions() {
        return instructions;
    }

    void instruct(String newInstructions) {
        instructions = newInstructions;
    }

    /// The whole conversation with `text` as its next turn.
    Prompt.Chat asking(String text) {
        List<Message> messages = new ArrayList<>();
        if (!instructions.isEmpty()) {
            messages.add(new Message.System(instructions));
        }
        messages.addAll(turns);
        messages.add(new Message.User(text));
        return new Prompt.Chat(messages);
    }

    /// Both are part of the conversation from here on.
    void add(String text, String reply) {
        turns.add(new Message.User(text));
        turns.add(new Message.Assistant(reply));
    }

    void clear() {
        turns.clear();
    }
}
