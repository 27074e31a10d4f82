package dev.runnel.engine;

import dev.runnel.core.BackendException;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.ReasoningEffort;
import dev.runnel.core.Tool;
import dev.runnel.core.ToolCall;
import dev.runnel.core.Tools;
import dev.runnel.engine.json.JsonSyntaxException;
import dev.runnel.engine.json.JsonTree;
import dev.runnel.engine.reply.CallSyntax;
import dev.runnel.engine.reply.Dialect;
import dev.runnel.engine.template.ChatTemplate;
import dev.runnel.engine.template.ConversationRefusedException;
import dev.runnel.engine.template.Segment;
import dev.runnel.engine.template.TemplateException;
import dev.runnel.engine.template.Trusted;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Conversations as a model's chat template writes them.
///
/// The template alone may write control tokens; what a message says is text. A template that knows tools is
/// told of them in the way that Hugging Face's are: `tools` as they came, a call's arguments as an object (as
/// text, where the template can't take that), a result with the name of its tool. A model whose template knows
/// none, or whose way to call them isn't known here, is told of them in the system message, or in the user's
/// first where it takes no system message, and calls them as Hermes does.
final class ChatPrompts {

    /// A conversation, written.
    ///
    /// @param dialect in which the model replies to it
    /// @param startsReasoning whether it ends within the reply's reasoning
    record Rendered(List<Segment> segments, Dialect dialect, boolean startsReasoning) {}

    private static final String NEEDLE = "needle_of_the_probe";

    private final ChatTemplate template;
    private final Dialect dialect;
    private final boolean knowsTools;
    private final boolean knowsDevelopers;
    private final boolean wantsShortIds;
    private final Map<String, Trusted> tokens;
    private volatile @Nullable Boolean wantsArgumentsAsText;
    private volatile @Nullable Boolean takesSystem;

    /// @param source of `template`
    /// @param tokens the texts of the model's own tokens that templates may write: `bos_token`, `eos_token`
    ChatPrompts(ChatTemplate template, String source, Map<String, Trusted> tokens) {
        this.template = template;
        this.tokens = Map.copyOf(tokens);
        dialect = Dialect.of(source);
        knowsTools = source.contains("tools") && !(dialect.calls() instanceof CallSyntax.Unknown);
        knowsDevelopers = source.contains("developer");
        // Mistral's templates refuse others.
        wantsShortIds = source.contains("length 9");
    }

    /// @throws BackendException if the template refuses the conversation
    Rendered render(Prompt.Chat chat) {
        boolean mayCall = chat.tools().use() != Tools.Use.NONE;
        boolean explains = mayCall && !knowsTools;
        List<Object> messages = new ArrayList<>();
        if (explains || !knowsTools) {
            List<Message> told = explains ? explained(chat) : ToolInstructions.spell(chat.messages());
            told.forEach(message -> messages.add(variable(message, Map.of())));
        } else {
            Map<String, String> toolOfCall = toolsOfCalls(chat.messages());
            chat.messages().forEach(message -> messages.add(variable(message, toolOfCall)));
        }
        Map<String, @Nullable Object> variables = new LinkedHashMap<>(tokens);
        variables.put("add_generation_prompt", true);
        if (mayCall && knowsTools) {
            variables.put(
                    "tools",
                    chat.tools().offered().stream().map(ChatPrompts::variable).toList());
        }
        chat.effort().ifPresent(effort -> putEffort(effort, variables));
        variables.putAll(parsed("chat_template_kwargs", chat.templateArguments()));
        variables.put("messages", messages);
        List<Segment> segments = segments(variables);
        Dialect replies = explains ? new Dialect(dialect.reasoning(), CallSyntax.HERMES) : dialect;
        return new Rendered(segments, replies, endsInReasoning(segments));
    }

    private List<Message> explained(Prompt.Chat chat) {
        return takesSystem()
                ? ToolInstructions.putInSystem(chat.tools(), chat.messages())
                : ToolInstructions.putInUser(chat.tools(), chat.messages());
    }

    private List<Segment> segments(Map<String, @Nullable Object> variables) {
        try {
            return template.renderSegments(variables);
        } catch (ConversationRefusedException | TemplateException refused) {
            throw BackendException.invalidRequest("messages", String.valueOf(refused.getMessage()));
        }
    }

    private boolean endsInReasoning(List<Segment> segments) {
        Optional<Dialect.Reasoning> reasoning = dialect.reasoning();
        if (reasoning.isEmpty() || segments.isEmpty()) {
            return false;
        }
        Segment last = segments.getLast();
        return switch (last.origin()) {
            case TEMPLATE ->
                last.text().stripTrailing().endsWith(reasoning.get().open());
            case USER -> false;
        };
    }

    /// Templates have three names for it.
    private static void putEffort(ReasoningEffort effort, Map<String, @Nullable Object> variables) {
        variables.put("enable_thinking", effort != ReasoningEffort.NONE);
        variables.put("thinking", effort != ReasoningEffort.NONE);
        ReasoningEffort known = switch (effort) {
            case NONE, MINIMAL, LOW -> ReasoningEffort.LOW;
            case MEDIUM -> ReasoningEffort.MEDIUM;
            case HIGH, XHIGH, MAX -> ReasoningEffort.HIGH;
        };
        variables.put("reasoning_effort", new Trusted(known.name().toLowerCase(Locale.ROOT)));
    }

    private static Map<String, String> toolsOfCalls(List<Message> messages) {
        Map<String, String> tools = new LinkedHashMap<>();
        for (Message message : messages) {
            if (message instanceof Message.Assistant reply) {
                reply.toolCalls().forEach(call -> tools.put(call.id(), call.name()));
            }
        }
        return tools;
    }

    private static Map<String, @Nullable Object> variable(Tool tool) {
        Map<String, @Nullable Object> function = new LinkedHashMap<>(); // templates show a tool's keys, in this order
        function.put("name", tool.name());
        if (!tool.description().isEmpty()) {
            function.put("description", tool.description());
        }
        function.put("parameters", parsed("tools", tool.parameters()));
        Map<String, @Nullable Object> variable = new LinkedHashMap<>();
        variable.put("type", new Trusted("function"));
        variable.put("function", function);
        return variable;
    }

    /// @param toolOfCall names of the tools that were called, by the call's id
    private Map<String, @Nullable Object> variable(Message message, Map<String, String> toolOfCall) {
        Map<String, @Nullable Object> variable = new LinkedHashMap<>(); // templates may show its keys, in this order
        switch (message) {
            case Message.System _ -> put(variable, "system", message);
            case Message.Developer _ -> put(variable, knowsDevelopers ? "developer" : "system", message);
            case Message.User _ -> put(variable, "user", message);
            case Message.Assistant reply -> {
                put(variable, "assistant", message);
                if (!reply.thinking().isEmpty()) {
                    variable.put("reasoning_content", reply.thinking());
                }
                if (!reply.toolCalls().isEmpty()) {
                    boolean asText = wantsArgumentsAsText();
                    variable.put(
                            "tool_calls",
                            reply.toolCalls().stream()
                                    .map(call -> variable(call, asText))
                                    .toList());
                }
            }
            case Message.ToolResult result -> {
                put(variable, "tool", message);
                variable.put("tool_call_id", id(result.callId()));
                String name = toolOfCall.get(result.callId());
                if (name != null) {
                    variable.put("name", name);
                }
            }
        }
        return variable;
    }

    private static void put(Map<String, @Nullable Object> variable, String role, Message message) {
        variable.put("role", new Trusted(role));
        variable.put("content", message.text());
    }

    private Map<String, @Nullable Object> variable(ToolCall call, boolean asText) {
        Map<String, @Nullable Object> function = new LinkedHashMap<>();
        function.put("name", call.name());
        function.put("arguments", asText ? call.arguments() : argumentsOf(call.arguments()));
        Map<String, @Nullable Object> variable = new LinkedHashMap<>();
        variable.put("id", id(call.id()));
        variable.put("type", new Trusted("function"));
        variable.put("function", function);
        return variable;
    }

    /// The arguments as an object. What a model wrote earlier need not be one.
    private static Object argumentsOf(String text) {
        try {
            return JsonTree.parseObject(text);
        } catch (JsonSyntaxException _) {
            return text;
        }
    }

    private String id(String id) {
        if (!wantsShortIds || id.matches("[A-Za-z0-9]{9}")) {
            return id;
        }
        String digits = Long.toUnsignedString(0x9E3779B97F4A7C15L * (2L * id.hashCode() + 1), Character.MAX_RADIX);
        return ("00000000" + digits).substring(digits.length() - 1);
    }

    /// Whether the template can't write arguments that are an object, found out by trying.
    private boolean wantsArgumentsAsText() {
        Boolean known = wantsArgumentsAsText;
        if (known == null) {
            known = !showsArguments(false) && showsArguments(true);
            wantsArgumentsAsText = known;
        }
        return known;
    }

    private boolean showsArguments(boolean asText) {
        ToolCall call = new ToolCall("call00000", "probe", "{\"%s\": 1}".formatted(NEEDLE));
        Map<String, @Nullable Object> reply = new LinkedHashMap<>();
        reply.put("role", "assistant");
        reply.put("content", "");
        reply.put("tool_calls", List.of(variable(call, asText)));
        Map<String, @Nullable Object> variables = new LinkedHashMap<>();
        variables.put("messages", List.of(Map.of("role", "user", "content", "x"), reply));
        variables.put("tools", List.of(variable(new Tool("probe", "", "{}", false))));
        return shows("\"%s\": 1".formatted(NEEDLE), variables);
    }

    /// Whether the template shows a conversation's system message, found out by trying.
    private boolean takesSystem() {
        Boolean known = takesSystem;
        if (known == null) {
            Map<String, String> system = Map.of("role", "system", "content", NEEDLE);
            Map<String, String> user = Map.of("role", "user", "content", "x");
            known = shows(NEEDLE, Map.of("messages", List.of(system, user)));
            takesSystem = known;
        }
        return known;
    }

    /// Whether the template writes `text` when it is given these variables.
    private boolean shows(String text, Map<String, ? extends @Nullable Object> probe) {
        Map<String, @Nullable Object> variables = new LinkedHashMap<>(tokens);
        variables.putAll(probe);
        variables.put("add_generation_prompt", false);
        try {
            return template.render(variables).contains(text);
        } catch (ConversationRefusedException | TemplateException _) {
            return false;
        }
    }

    private static Map<String, @Nullable Object> parsed(String parameter, String object) {
        try {
            return JsonTree.parseObject(object);
        } catch (JsonSyntaxException fault) {
            throw BackendException.invalidRequest(parameter, parameter + " " + fault.getMessage());
        }
    }
}
