package dev.runnel.wire;

import dev.runnel.core.Message;
import dev.runnel.core.ToolCall;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Reads a conversation. For one conversation.
final class MessagesReader {

    private static final List<String> TEXT_PARTS = List.of("text");
    private static final List<String> REPLY_PARTS = List.of("text", "refusal");

    /// Ids of the calls so far: a result answers one of them.
    private final Set<String> calls = new HashSet<>();

    List<Message> read(Node array) {
        List<Message> messages = new ArrayList<>();
        for (Node message : array.nonEmpty()) {
            messages.add(message(message));
        }
        return messages;
    }

    private Message message(Node message) {
        Node role = message.get("role");
        return switch (role.text()) {
            case "system" -> new Message.System(content(message.get("content"), TEXT_PARTS));
            case "developer" -> new Message.Developer(content(message.get("content"), TEXT_PARTS));
            case "user" -> new Message.User(content(message.get("content"), TEXT_PARTS));
            case "assistant" -> assistant(message);
            case "tool" -> toolResult(message);
            case "function" -> throw role.unsupportedValue("'function'");
            default -> throw role.expected("system, developer, user, assistant or tool");
        };
    }

    /// An earlier reply. What the model said in refusing is part of what it said.
    private Message assistant(Node message) {
        message.refuse("function_call");
        message.refuse("audio");
        List<ToolCall> toolCalls = new ArrayList<>();
        message.find("tool_calls").ifPresent(array -> array.elements().forEach(call -> toolCalls.add(toolCall(call))));
        Optional<Node> content = message.find("content");
        Optional<Node> refusal = message.find("refusal");
        if (content.isEmpty() && refusal.isEmpty() && toolCalls.isEmpty()) {
            throw message.missing("content");
        }
        String thinking = message.find("reasoning_content")
                .or(() -> message.find("reasoning"))
                .map(Node::text)
                .orElse("");
        return new Message.Assistant(
                content.map(said -> content(said, REPLY_PARTS)).orElse("")
                        + refusal.map(Node::text).orElse(""),
                thinking,
                toolCalls);
    }

    /// The arguments stay text: a model may have written what is no JSON.
    private ToolCall toolCall(Node call) {
        call.find("type").ifPresent(type -> {
            switch (type.text()) {
                case "function" -> {}
                case "custom" -> throw type.unsupportedValue("'custom'");
                default -> throw type.expected("function");
            }
        });
        String id = call.get("id").notBlank();
        calls.add(id);
        Node function = call.get("function");
        return new ToolCall(
                id, function.get("name").notBlank(), function.get("arguments").text());
    }

    private Message toolResult(Node message) {
        Node id = message.get("tool_call_id");
        if (!calls.contains(id.text())) {
            throw id.invalid("%s is '%s', expected the id of a call in an assistant message before it"
                    .formatted(id.path(), Node.shortened(id.text())));
        }
        return new Message.ToolResult(id.text(), content(message.get("content"), TEXT_PARTS));
    }

    /// @param readable the types of parts that are text; each holds it under its type's name
    private static String content(Node content, List<String> readable) {
        return switch (content.json()) {
            case Json.Str _ -> content.text();
            case Json.Arr _ -> {
                StringBuilder text = new StringBuilder();
                for (Node part : content.nonEmpty()) {
                    text.append(part(part, readable));
                }
                yield text.toString();
            }
            case Json.Obj _, Json.Num _, Json.Bool _, Json.Null _ ->
                throw content.wrongType("a string or an array of parts");
        };
    }

    private static String part(Node part, List<String> readable) {
        Node type = part.get("type");
        if (readable.contains(type.text())) {
            return part.get(type.text()).text();
        }
        throw switch (type.text()) {
            case "image_url", "input_audio", "file" -> part.unsupportedValue("a part of type " + type.text());
            default -> type.expected(String.join(" or ", readable));
        };
    }
}
