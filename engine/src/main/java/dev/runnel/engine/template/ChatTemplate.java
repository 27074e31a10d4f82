package dev.runnel.engine.template;

import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A model's chat template, compiled. Never changes; renderings may run at once.
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
