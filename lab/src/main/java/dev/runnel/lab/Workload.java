package dev.runnel.lab;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import java.util.ArrayList;
import java.util.List;

/// What is asked: the requests of a data set one after another, and again from its first when it is over. The model
/// that a request names is replaced by the [Target]'s.
///
/// @param requests at least one
/// @param unique whether each prompt begins with a number of its own, so that no cache of prompts has any of
///     it, also where several targets are one server; a prompt of tokens stays as it is
public record Workload(List<CompletionRequest> requests, boolean unique) {

    public Workload {
        requests = List.copyOf(requests);
        if (requests.isEmpty()) {
            throw new IllegalArgumentException("there is nothing to ask: the data set is empty");
        }
    }

    /// @param index counted from 0 through a whole bench
    /// @param target which of the targets is asked, from 0
    CompletionRequest request(int index, int target, int targets) {
        CompletionRequest request = requests.get(index % requests.size());
        return unique
                ? request.withPrompt(numbered(request.prompt(), "[" + number(index, target, targets) + "] "))
                : request;
    }

    /// A number that no other request has, of as many digits for one target as for the others, so that none reads
    /// more than they do. Of a single target it is the index.
    private static String number(int index, int target, int targets) {
        long first = (long) index * targets;
        String own = String.valueOf(first + target);
        String longest = String.valueOf(first + targets - 1);
        return "0".repeat(longest.length() - own.length()) + own;
    }

    private static Prompt numbered(Prompt prompt, String number) {
        return switch (prompt) {
            case Prompt.Chat chat -> {
                List<Message> messages = new ArrayList<>(chat.messages());
                messages.set(0, numbered(messages.getFirst(), number));
                yield new Prompt.Chat(messages, chat.tools(), chat.effort(), chat.templateArguments());
            }
            case Prompt.Text(var text) -> new Prompt.Text(number + text);
            case Prompt.Gap(var prefix, var suffix) -> new Prompt.Gap(number + prefix, suffix);
            case Prompt.Tokens tokens -> tokens;
        };
    }

    private static Message numbered(Message message, String number) {
        return switch (message) {
            case Message.System(var text) -> new Message.System(number + text);
            case Message.Developer(var text) -> new Message.Developer(number + text);
            case Message.User(var text) -> new Message.User(number + text);
            case Message.Assistant(var text, var thinking, var calls) ->
                new Message.Assistant(number + text, thinking, calls);
            case Message.ToolResult(var id, var text) -> new Message.ToolResult(id, number + text);
        };
    }
}
