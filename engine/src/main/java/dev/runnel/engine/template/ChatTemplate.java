package dev.runnel.engine.template;

import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A model's chat template, compiled. Never changes; renderings may run at once.
///
/// It knows nothing of messages or tools: variables are plain Java values, passed on as they are, so any field of
/// a message and any further variable gets through. Templates are written for what Hugging Face's
/// `apply_chat_template` gives them:
///
/// ```java
/// variables.putAll(templateKwargs);                        // first: they replace nothing below
/// variables.put("messages", List.of(
///         Map.of("role", new Trusted("user"), "content", "Weather in Oslo?"),
///         Map.of("role", new Trusted("assistant"), "content", "", "reasoning_content", "…", "tool_calls",
///                 List.of(Map.of("id", "call_1", "type", "function", "function",
///                         Map.of("name", "weather", "arguments", Map.of("city", "Oslo"))))),
///         Map.of("role", new Trusted("tool"), "tool_call_id", "call_1", "name", "weather", "content", "4 °C")));
/// variables.put("tools", List.of(                          // left out where there are none, as are "documents"
///         Map.of("type", "function", "function",
///                 Map.of("name", "weather", "description", "…", "parameters", schema))));
/// variables.put("add_generation_prompt", true);
/// variables.put("bos_token", new Trusted("<s>"));
/// variables.put("eos_token", new Trusted("</s>"));
/// List<Segment> prompt = template.renderSegments(variables);
/// ```
///
/// A message of several parts has a list as its `content`: `{"type": "text", "text": …}`. Where templates show a
/// map as JSON they show its keys in their order: a `LinkedHashMap`'s is the one they were put in.
public final class ChatTemplate {

    /// Longest source in characters; models' templates stay below 20 000.
    static final int SOURCE = 1_000_000;

    private final String name;
    private final List<Statement> statements;
    private final Clock clock;

    private ChatTemplate(String name, List<Statement> statements, Clock clock) {
        this.name = name;
        this.statements = statements;
        this.clock = clock;
    }

    /// @param name of the model or file, for messages
    /// @param source Jinja2
    /// @throws TemplateException if the source isn't a template
    public static ChatTemplate compile(String name, String source) {
        return compile(name, source, Clock.system(ZoneId.systemDefault()));
    }

    /// @param clock what `strftime_now` reads
    /// @throws TemplateException if the source isn't a template
    public static ChatTemplate compile(String name, String source, Clock clock) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(clock, "clock");
        if (source.length() > SOURCE) {
            throw new TemplateException(
                    name, 1, "the source has %d characters, expected at most %d".formatted(source.length(), SOURCE));
        }
        return new ChatTemplate(name, Parser.parse(name, source), clock);
    }

    /// The prompt as plain text. Only for people to read: control tokens in user text can't be told from the
    /// template's.
    ///
    /// @param variables as for [#renderSegments]
    public String render(Map<String, ? extends @Nullable Object> variables) {
        return text(variables, new Budget()).chars();
    }

    /// The prompt, and who wrote what of it. Neighbours have different origins.
    ///
    /// @param variables what the template may read: `messages`, `add_generation_prompt`, `bos_token` and so
    ///     on. Values are `String`, [Trusted], `Boolean`, `Integer`, `Long`, `BigInteger`, `Double`, null,
    ///     and `List`s and `Map`s with string keys of these; a map's order is kept. A `String` counts as
    ///     user text wherever it gets to, unless it is [Trusted], which control tokens and the names of
    ///     roles should be.
    /// @throws ConversationRefusedException if the template refuses the conversation
    /// @throws TemplateException if the rendering fails, or takes more than it may
    public List<Segment> renderSegments(Map<String, ? extends @Nullable Object> variables) {
        return text(variables, new Budget()).segments();
    }

    Text text(Map<String, ? extends @Nullable Object> variables, Budget budget) {
        Renderer renderer = new Renderer(budget);
        try {
            Scope scope = Globals.scope(clock);
            variables.forEach((variable, value) -> scope.set(variable, Values.of(value, budget)));
            return renderer.render(statements, scope);
        } catch (Fault fault) {
            throw new TemplateException(name, renderer.line(), Objects.requireNonNull(fault.getMessage()));
        }
    }
}
