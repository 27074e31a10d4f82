package dev.runnel.engine;

import dev.runnel.core.Message;
import dev.runnel.core.Tool;
import dev.runnel.core.ToolCall;
import dev.runnel.core.Tools;
import java.util.ArrayList;
import java.util.List;

/// Tools told in words, to models whose chat template knows nothing of them. The format is the one of the
/// Hermes models, which many others have seen in training: schemas in `<tools>`, calls in `<tool_call>`,
/// results in `<tool_response>`.
final class ToolInstructions {

    private ToolInstructions() {}

    /// The conversation with the tools explained in its system message, and nothing in it but text.
    static List<Message> putInSystem(Tools tools, List<Message> messages) {
        List<Message> told = new ArrayList<>();
        List<Message> spelled = spell(messages);
        boolean hasSystem = !spelled.isEmpty()
                && (spelled.getFirst() instanceof Message.System || spelled.getFirst() instanceof Message.Developer);
        String before = hasSystem ? spelled.getFirst().text() + "\n\n" : "";
        told.add(new Message.System(before + explanation(tools)));
        told.addAll(hasSystem ? spelled.subList(1, spelled.size()) : spelled);
        return told;
    }

    /// The conversation with the tools explained before what the user says first, and nothing in it but text.
    static List<Message> putInUser(Tools tools, List<Message> messages) {
        List<Message> told = spell(messages);
        for (int i = 0; i < told.size(); i++) {
            if (told.get(i) instanceof Message.User(var text)) {
                told.set(i, new Message.User(explanation(tools) + "\n\n" + text));
                return told;
            }
        }
        told.addFirst(new Message.User(explanation(tools)));
        return told;
    }

    /// The conversation with its calls and their results as text.
    static List<Message> spell(List<Message> messages) {
        List<Message> spelled = new ArrayList<>();
        StringBuilder results = new StringBuilder();
        for (Message message : messages) {
            if (message instanceof Message.ToolResult result) {
                results.append(results.isEmpty() ? "" : "\n")
                        .append("<tool_response>\n")
                        .append(result.text())
                        .append("\n</tool_response>");
                continue;
            }
            if (!results.isEmpty()) {
                spelled.add(new Message.User(results.toString()));
                results.setLength(0);
            }
            spelled.add(message instanceof Message.Assistant reply ? spell(reply) : message);
        }
        if (!results.isEmpty()) {
            spelled.add(new Message.User(results.toString()));
        }
        return spelled;
    }

    private static Message spell(Message.Assistant reply) {
        if (reply.toolCalls().isEmpty()) {
            return reply;
        }
        StringBuilder text = new StringBuilder(reply.text());
        for (ToolCall call : reply.toolCalls()) {
            text.append(text.isEmpty() ? "" : "\n")
                    .append("<tool_call>\n{\"name\": ")
                    .append(quoted(call.name()))
                    .append(", \"arguments\": ")
                    .append(call.arguments().isBlank() ? "{}" : call.arguments())
                    .append("}\n</tool_call>");
        }
        return new Message.Assistant(text.toString(), reply.thinking(), List.of());
    }

    private static String explanation(Tools tools) {
        StringBuilder text = new StringBuilder("# Tools\n\nThese functions can be called to help the user:\n<tools>");
        for (Tool tool : tools.offered()) {
            text.append("\n{\"type\": \"function\", \"function\": {\"name\": ").append(quoted(tool.name()));
            if (!tool.description().isEmpty()) {
                text.append(", \"description\": ").append(quoted(tool.description()));
            }
            text.append(", \"parameters\": ").append(tool.parameters()).append("}}");
        }
        return text.append("\n</tools>\n\nTo call one, write its name and its arguments as JSON between these tags:\n")
                .append("<tool_call>\n{\"name\": <function's name>, \"arguments\": <JSON object>}\n</tool_call>")
                .toString();
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> quoted.append('\\').append(c);
                case '\n' -> quoted.append("\\n");
                default -> {
                    if (c < ' ') {
                        quoted.append("\\u%04x".formatted((int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }
}
