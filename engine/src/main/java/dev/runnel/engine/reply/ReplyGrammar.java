package dev.runnel.engine.reply;

import static dev.runnel.engine.constraint.Grammar.UNBOUNDED;
import static dev.runnel.engine.constraint.Grammar.anyText;
import static dev.runnel.engine.constraint.Grammar.literal;
import static dev.runnel.engine.constraint.Grammar.optional;
import static dev.runnel.engine.constraint.Grammar.repeat;
import static dev.runnel.engine.constraint.Grammar.sequence;
import static dev.runnel.engine.constraint.Grammar.textUntil;
import static dev.runnel.engine.constraint.Grammar.textWithout;
import static dev.runnel.engine.constraint.Grammar.token;

import dev.runnel.core.OutputFormat;
import dev.runnel.core.Tool;
import dev.runnel.core.Tools;
import dev.runnel.engine.constraint.Grammar;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// What a reply may be, in a dialect: the language that [ReplyReader] reads without ever having to doubt it.
///
/// Reasoning stays free. An answer is what the output format says, a call has arguments that its tool's schema
/// admits, and a tool that is not allowed can't be called. Where the model must call, it does nothing else.
public final class ReplyGrammar {

    private static final Grammar LINE_BREAK = optional(literal("\n"));

    private final ReplyFormat format;
    private final Tools tools;
    private final OutputFormat answer;
    private final Function<Tool, Grammar> arguments;

    /// @param arguments what a tool takes
    private ReplyGrammar(ReplyFormat format, Tools tools, OutputFormat answer, Function<Tool, Grammar> arguments) {
        this.format = format;
        this.tools = tools;
        this.answer = answer;
        this.arguments = arguments;
    }

    /// The grammar of a reply; empty where it may be anything.
    ///
    /// @param arguments what a tool takes
    public static Optional<Grammar> of(
            ReplyFormat format, Tools tools, OutputFormat answer, Function<Tool, Grammar> arguments) {
        boolean isFree = answer instanceof OutputFormat.Free && tools.use() == Tools.Use.NONE;
        return isFree ? Optional.empty() : Optional.of(new ReplyGrammar(format, tools, answer, arguments).reply());
    }

    private Grammar reply() {
        Grammar reply = format.dialect().calls() instanceof CallSyntax.Channels
                ? messages()
                : sequence(reasoning(), answerOrCalls());
        // The space before the first word, which is the tokenizer's and no part of the reply.
        return format.dropsLeadingSpace() ? sequence(optional(literal(" ")), reply) : reply;
    }

    /// Reasoning as the dialect has it, which may be none.
    private Grammar reasoning() {
        Optional<Dialect.Reasoning> reasoning = format.dialect().reasoning();
        if (reasoning.isEmpty()) {
            return sequence();
        }
        Grammar rest = sequence(upTo(reasoning.get().close()), repeat(literal("\n"), 0, 2));
        return format.startsReasoning()
                ? rest
                : optional(sequence(marker(reasoning.get().open()), rest));
    }

    private Grammar answerOrCalls() {
        return switch (tools.use()) {
            case NONE -> whole();
            case REQUIRED, NAMED -> calls();
            case AUTO ->
                switch (answer) {
                    case OutputFormat.Free _ -> textAndCalls();
                    case OutputFormat.JsonObject _, OutputFormat.JsonSchema _, OutputFormat.Grammar _ ->
                        either(List.of(whole(), calls()));
                };
        };
    }

    /// The answer, where no tool is called.
    private Grammar whole() {
        return switch (answer) {
            case OutputFormat.Free _ -> anyText();
            case OutputFormat.JsonObject _ -> Grammar.jsonObject();
            case OutputFormat.JsonSchema schema ->
                Grammar.jsonSchema(schema.schema(), "response_format.json_schema.schema");
            case OutputFormat.Grammar(var gbnf) -> Grammar.gbnf(gbnf, "grammar");
        };
    }

    /// Text as it comes, in which calls may stand.
    private Grammar textAndCalls() {
        int most = tools.parallel() ? UNBOUNDED : 1;
        return switch (format.dialect().calls()) {
            case CallSyntax.Bare _ -> either(List.of(calls(), textThatBeginsWithNoBrace()));
            case CallSyntax.Enclosed enclosed ->
                enclosed.isArray()
                        ? textWith(enclosed.open(), calls(), 1)
                        : textWith(enclosed.open(), call(enclosed), most);
            case CallSyntax.Named(var open, var _, var _) -> textWith(open, calls(), 1);
            case CallSyntax.Titled(var open, var _, var _) -> textWith(open, calls(), 1);
            case CallSyntax.Channels _, CallSyntax.Unknown _ -> anyText();
        };
    }

    /// Free text, then perhaps calls, which begin with a marker that free text doesn't hold.
    private Grammar textWith(String open, Grammar calls, int most) {
        if (hasToken(open)) {
            return sequence(anyText(), repeat(sequence(calls, anyText()), 0, most));
        }
        return sequence(textWithout(open), repeat(sequence(calls, textWithout(open)), 0, most));
    }

    /// One call between its markers.
    private Grammar call(CallSyntax.Enclosed syntax) {
        return sequence(
                marker(syntax.open()),
                LINE_BREAK,
                either(objects(syntax.arguments())),
                LINE_BREAK,
                marker(syntax.close()));
    }

    private static Grammar textThatBeginsWithNoBrace() {
        return Grammar.gbnf("root ::= [ \\t\\r\\n]* ([^ \\t\\r\\n{] .*)?", "tools");
    }

    /// At least one call and nothing else.
    private Grammar calls() {
        int more = tools.parallel() ? UNBOUNDED : 0;
        return switch (format.dialect().calls()) {
            case CallSyntax.Enclosed enclosed ->
                enclosed.isArray() ? array(enclosed, more) : separated(call(enclosed), more);
            case CallSyntax.Bare(var _, var arguments) -> {
                Grammar object = either(objects(arguments));
                yield sequence(object, repeat(sequence(literal("; "), object), 0, more));
            }
            case CallSyntax.Named(var open, var afterName, var close) ->
                separated(
                        either(each(tool -> sequence(
                                literal(open + tool.name() + afterName), arguments.apply(tool), literal(close)))),
                        more);
            case CallSyntax.Titled(var open, var _, var argumentsMarker) ->
                separated(
                        either(each(tool -> sequence(
                                marker(open), literal(tool.name()), marker(argumentsMarker), arguments.apply(tool)))),
                        more);
            case CallSyntax.Channels _ -> messages();
            case CallSyntax.Unknown _ -> throw new IllegalStateException("tools are called in no known way");
        };
    }

    /// All calls in one array.
    private Grammar array(CallSyntax.Enclosed syntax, int more) {
        Grammar object = either(objects(syntax.arguments()));
        return sequence(
                marker(syntax.open()),
                literal("["),
                object,
                repeat(sequence(literal(", "), object), 0, more),
                literal("]"),
                marker(syntax.close()));
    }

    private static Grammar separated(Grammar call, int more) {
        return sequence(call, repeat(sequence(LINE_BREAK, call), 0, more));
    }

    /// `{"name": "f", "arguments": {…}}` of each tool that is allowed.
    private List<Grammar> objects(String argumentsKey) {
        return each(tool -> sequence(
                literal("{\"name\": \"%s\", \"%s\": ".formatted(tool.name(), argumentsKey)),
                arguments.apply(tool),
                literal("}")));
    }

    private List<Grammar> each(Function<Tool, Grammar> call) {
        List<Grammar> calls = new ArrayList<>();
        for (Tool tool : tools.offered()) {
            if (tools.allows(tool.name())) {
                calls.add(call.apply(tool));
            }
        }
        return calls;
    }

    private static Grammar either(List<Grammar> options) {
        return options.size() == 1 ? options.getFirst() : new Grammar.Alternatives(options);
    }

    /// The messages of gpt-oss: reasoning, then a call or the answer.
    private Grammar messages() {
        Grammar analysis = sequence(
                marker("<|channel|>"),
                literal("analysis"),
                marker("<|message|>"),
                upTo("<|end|>"),
                marker("<|start|>"),
                literal("assistant"));
        List<Grammar> lasts = new ArrayList<>();
        if (tools.use() == Tools.Use.NONE || tools.use() == Tools.Use.AUTO) {
            lasts.add(sequence(marker("<|channel|>"), literal("final"), marker("<|message|>"), whole()));
        }
        lasts.addAll(each(tool -> sequence(
                marker("<|channel|>"),
                literal("commentary to=functions." + tool.name() + " "),
                marker("<|constrain|>"),
                literal("json"),
                marker("<|message|>"),
                arguments.apply(tool))));
        return sequence(optional(analysis), either(lasts));
    }

    private boolean hasToken(String marker) {
        return format.tokens().applyAsInt(marker) != ReplyFormat.NO_TOKEN;
    }

    private Grammar marker(String text) {
        if (text.isEmpty()) {
            return sequence();
        }
        return hasToken(text) ? token(format.tokens().applyAsInt(text)) : literal(text);
    }

    /// Text up to a marker and with it.
    private Grammar upTo(String marker) {
        return hasToken(marker) ? sequence(anyText(), marker(marker)) : textUntil(marker);
    }
}
