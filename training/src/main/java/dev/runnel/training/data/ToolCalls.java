package dev.runnel.training.data;

import dev.runnel.core.Message;
import dev.runnel.core.Tool;
import dev.runnel.core.ToolCall;
import dev.runnel.core.Tools;
import dev.runnel.training.data.Arithmetic.Sum;
import java.util.ArrayList;
import java.util.List;

/// Calling the tool that is plainly meant, answering from its result, and leaving tools alone where none is.
final class ToolCalls implements Lesson {

    private static final Phrasebook BOOK = Phrasebook.load("tools");
    private static final Phrasebook BEYOND = Phrasebook.load("beyond");

    /// What a tool is for: its section of names, that of its parameter, and that of its questions.
    private enum Kind {
        CALCULATOR("calculator", "expression"),
        WEATHER("weather", "city"),
        TIME("time", "city"),
        SEARCH("search", "query");

        private final String names;
        private final String parameters;

        Kind(String names, String parameters) {
            this.names = names;
            this.parameters = parameters;
        }
    }

    /// A tool that takes one text.
    private record Offer(Kind kind, Tool tool, String parameter) {

        static Offer of(Draw draw, Kind kind) {
            List<String> line = Text.split(draw.phrase(BOOK.section("any " + kind.names)), '|');
            String parameter = draw.of(BOOK.section("any " + kind.parameters)
                    .lines(Split.TRAINING)
                    .getFirst()
                    .split(" "));
            String about = draw.chance(0.4)
                    ? ""
                    : ", \"description\": " + Json.quoted(draw.of("The " + parameter, parameter, "Text"));
            String schema = "{\"type\": \"object\", \"properties\": {%s: {\"type\": \"string\"%s}}, \"required\": [%s]}"
                    .formatted(Json.quoted(parameter), about, Json.quoted(parameter));
            String description = draw.chance(0.9) ? line.getLast() : "";
            return new Offer(kind, new Tool(line.getFirst(), description, schema, false), parameter);
        }

        String arguments(String value) {
            return "{%s: %s}".formatted(Json.quoted(parameter), Json.quoted(value));
        }
    }

    @Override
    public String name() {
        return "tool calls";
    }

    @Override
    public Conversation make(Draw draw) {
        List<Kind> kinds = new ArrayList<>(List.of(Kind.values()));
        Kind meant = draw.chance(0.55) ? Kind.CALCULATOR : draw.of(kinds);
        kinds.remove(meant);
        Offer offer = Offer.of(draw, meant);
        List<Tool> offered = new ArrayList<>(List.of(offer.tool()));
        while (!kinds.isEmpty() && draw.chance(0.3)) {
            Kind other = draw.of(kinds);
            kinds.remove(other);
            offered.add(draw.between(0, 1), Offer.of(draw, other).tool());
        }
        Tools tools = Tools.auto(offered);
        if (draw.chance(0.18)) {
            return withoutCall(draw, tools);
        }
        return switch (meant) {
            case CALCULATOR -> calculator(draw, offer, tools);
            case WEATHER -> city(draw, offer, tools, "weatherask");
            case TIME -> city(draw, offer, tools, "timeask");
            case SEARCH -> search(draw, offer, tools);
        };
    }

    private Conversation calculator(Draw draw, Offer offer, Tools tools) {
        Sum sum = Arithmetic.sum(draw);
        String question = draw.asked(Arithmetic.question(draw, sum));
        return conversation(draw, tools, offer, question, expression(sum), String.valueOf(sum.result()), "");
    }

    /// As a calculator reads it.
    private static String expression(Sum sum) {
        String sign = switch (sum.operation()) {
            case PLUS -> "+";
            case MINUS -> "-";
            case TIMES -> "*";
            case DIVIDED -> "/";
        };
        return sum.a() + sign + sum.b();
    }

    private Conversation city(Draw draw, Offer offer, Tools tools, String section) {
        String city = draw.of(BOOK.words(draw.language(), "cities"));
        String question = draw.isChinese() && draw.chance(0.6)
                ? Text.wide(draw.phrase(BOOK, section).replace("{c}", city))
                : draw.phrase(BOOK, section).replace("{c}", city);
        String result = offer.kind() == Kind.TIME
                ? "%d:%02d".formatted(draw.between(0, 23), draw.between(10, 59))
                : draw.of(BOOK.words(draw.language(), "weatherresult"));
        return conversation(draw, tools, offer, question, city, result, city + ": ");
    }

    private Conversation search(Draw draw, Offer offer, Tools tools) {
        String thing = draw.word(BEYOND.words(draw.language(), "things"));
        String question = draw.phrase(BOOK, "searchask").replace("{t}", thing);
        return call(draw, tools, offer, question, thing);
    }

    private Conversation call(Draw draw, Tools tools, Offer offer, String question, String value) {
        return new Conversation(
                name(),
                draw.language(),
                List.of(new Message.User(question)),
                tools,
                new Answer.Call(offer.tool().name(), offer.arguments(value)));
    }

    /// The call, or the turn after it: the result, with `before` in front.
    private Conversation conversation(
            Draw draw, Tools tools, Offer offer, String question, String value, String result, String before) {
        if (draw.chance(0.65)) {
            return call(draw, tools, offer, question, value);
        }
        ToolCall call = new ToolCall("call_1", offer.tool().name(), offer.arguments(value));
        String given = draw.chance(0.3) ? "{\"result\": %s}".formatted(Json.quoted(result)) : result;
        return new Conversation(
                name(),
                draw.language(),
                List.of(
                        new Message.User(question),
                        new Message.Assistant("", "", List.of(call)),
                        new Message.ToolResult("call_1", given)),
                tools,
                new Answer.Exact(before + result));
    }

    /// Tools are there, and the question is about none of them.
    private static Conversation withoutCall(Draw draw, Tools tools) {
        Lesson lesson =
                draw.of(List.of(new Repeating(), new Topics("smalltalk"), new Topics("itself"), new Sequences()));
        Conversation asked = lesson.make(draw);
        return new Conversation("tool calls", asked.language(), asked.messages(), tools, asked.answer());
    }
}
