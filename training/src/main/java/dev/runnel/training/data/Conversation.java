package dev.runnel.training.data;

import dev.runnel.core.Message;
import dev.runnel.core.Tools;
import java.util.ArrayList;
import java.util.List;

/// Something asked, and its answer.
///
/// @param messages up to the question, which is the last
public record Conversation(String lesson, Language language, List<Message> messages, Tools tools, Answer answer) {

    public Conversation {
        messages = List.copyOf(messages);
    }

    static Conversation of(String lesson, Language language, String question, Answer answer) {
        return new Conversation(lesson, language, List.of(new Message.User(question)), Tools.NONE, answer);
    }

    /// With instructions in front.
    Conversation under(String system) {
        List<Message> all = new ArrayList<>();
        all.add(new Message.System(system));
        all.addAll(messages);
        return new Conversation(lesson, language, all, tools, answer);
    }

    /// Behind earlier turns.
    Conversation after(List<Message> earlier) {
        List<Message> all = new ArrayList<>(earlier);
        all.addAll(messages);
        return new Conversation(lesson, language, all, tools, answer);
    }

    Conversation named(String lesson) {
        return new Conversation(lesson, language, messages, tools, answer);
    }

    public String question() {
        return messages.getLast().text();
    }

    boolean isPlain() {
        return messages.size() == 1 && tools.offered().isEmpty();
    }

    /// With the answer as its last message.
    List<Message> whole() {
        List<Message> all = new ArrayList<>(messages);
        all.add(answer.message());
        return all;
    }

    /// What tells it from others: everything that is read before the answer.
    public String key() {
        StringBuilder key = new StringBuilder();
        tools.offered().forEach(tool -> key.append(tool.name()).append('\n'));
        messages.forEach(message -> key.append(message.text()).append('\n'));
        return key.toString();
    }
}
