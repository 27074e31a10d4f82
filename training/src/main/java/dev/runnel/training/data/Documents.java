package dev.runnel.training.data;

import dev.runnel.core.Message;
import dev.runnel.core.Tool;
import dev.runnel.core.ToolCall;
import dev.runnel.engine.ModelText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Conversations as tokens, by the engine's own template and tokenizer: what is trained is what is served.
public final class Documents {

    /// A conversation as tokens.
    ///
    /// @param weights what each counts as something to predict: nothing outside of the assistant's turns
    @SuppressWarnings("ArrayRecordComponent") // made for one batch, and read once
    public record Document(int[] tokens, float[] weights) {}

    private static final int FULL_WEIGHT_TOKENS = 8;

    private final ModelText text;
    private final int start;
    private final int end;
    private final int[] assistant; // how the assistant's turn begins, behind `start`

    public Documents(ModelText text) {
        this.text = text;
        start = special("<|im_start|>");
        end = special("<|im_end|>");
        assistant = text.tokenize("assistant\n", false, false);
    }

    private int special(String name) {
        int[] ids = text.tokenize(name, false, true);
        if (ids.length != 1) {
            throw new IllegalArgumentException(name + " is %d tokens, expected one".formatted(ids.length));
        }
        return ids[0];
    }

    /// A conversation with its answers.
    public Document document(Conversation conversation) {
        int[] tokens = text.tokenize(render(conversation.whole(), conversation, false), false, true);
        return new Document(tokens, weights(tokens));
    }

    /// A conversation up to where the assistant answers.
    public int[] prompt(Conversation conversation) {
        return text.tokenize(render(conversation.messages(), conversation, true), false, true);
    }

    public int endToken() {
        return end;
    }

    private String render(List<Message> messages, Conversation conversation, boolean asks) {
        Map<String, Object> variables = new LinkedHashMap<>();
        variables.put("messages", messages.stream().map(Documents::variable).toList());
        List<Tool> tools = conversation.tools().offered();
        if (!tools.isEmpty()) {
            variables.put("tools", tools.stream().map(Documents::variable).toList());
        }
        variables.put("add_generation_prompt", asks);
        return text.render(variables);
    }

    private static Map<String, Object> variable(Message message) {
        Map<String, Object> variable = new LinkedHashMap<>();
        variable.put(
                "role",
                switch (message) {
                    case Message.System _, Message.Developer _ -> "system";
                    case Message.User _ -> "user";
                    case Message.Assistant _ -> "assistant";
                    case Message.ToolResult _ -> "tool";
                });
        variable.put("content", message.text());
        if (message instanceof Message.Assistant reply && !reply.toolCalls().isEmpty()) {
            variable.put(
                    "tool_calls",
                    reply.toolCalls().stream().map(Documents::variable).toList());
        }
        return variable;
    }

    private static Map<String, Object> variable(ToolCall call) {
        return Map.of(
                "id",
                call.id(),
                "type",
                "function",
                "function",
                Map.of("name", call.name(), "arguments", call.arguments()));
    }

    private static Map<String, Object> variable(Tool tool) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", tool.name());
        if (!tool.description().isEmpty()) {
            function.put("description", tool.description());
        }
        function.put("parameters", JsonObjects.parsed(tool.parameters()));
        Map<String, Object> variable = new LinkedHashMap<>();
        variable.put("type", "function");
        variable.put("function", function);
        return variable;
    }

    /// A long answer would drown the short ones: its tokens count less, `√(8 / length)`, but its end counts in full,
    /// for
    /// when to stop is the hardest to learn.
    private float[] weights(int[] tokens) {
        float[] weights = new float[tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            if (tokens[i] != start || !beginsAssistant(tokens, i + 1)) {
                continue;
            }
            int from = i + 1 + assistant.length;
            int to = from;
            while (to < tokens.length && tokens[to] != end) {
                to++;
            }
            float weight = (float) Math.min(1, Math.sqrt((double) FULL_WEIGHT_TOKENS / (to - from + 1)));
            for (int at = from; at < to; at++) {
                weights[at] = weight;
            }
            if (to < tokens.length) {
                weights[to] = 1;
            }
        }
        return weights;
    }

    private boolean beginsAssistant(int[] tokens, int at) {
        for (int i = 0; i < assistant.length; i++) {
            if (at + i >= tokens.length || tokens[at + i] != assistant[i]) {
                return false;
            }
        }
        return true;
    }

    /// The conversations' parts that a tokenizer is made from.
    public static List<String> texts(Conversation conversation) {
        List<String> texts = new ArrayList<>();
        for (Message message : conversation.whole()) {
            texts.add(message.text());
            if (message instanceof Message.Assistant reply) {
                reply.toolCalls()
                        .forEach(call -> texts.add(
                                "{\"name\": \"%s\", \"arguments\": %s}".formatted(call.name(), call.arguments())));
            }
        }
        conversation
                .tools()
                .offered()
                .forEach(tool -> texts.add(
                        "{\"type\": \"function\", \"function\": {\"name\": \"%s\", \"description\": \"%s\", \"parameters\": %s}}"
                                .formatted(tool.name(), tool.description(), tool.parameters())));
        return texts;
    }
}
