package dev.runnel.training.data;

import dev.runnel.core.Message;
import dev.runnel.core.Tool;
import dev.runnel.core.ToolCall;
import dev.runnel.core.Tools;
import dev.runnel.training.data.Arithmetic.Operation;
import dev.runnel.training.data.Arithmetic.Sum;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Calling the tool that is plainly meant, answering from its result, and leaving tools alone where none is.
///
/// Names of tools and parameters are often letters that nobody has seen: they have to be copied, not remembered.
final class ToolCalls implements Lesson {

    private static final String NAME = "tool calls";
    private static final Phrasebook BOOK = Phrasebook.load("tools");
    private static final Phrasebook WORDS = Phrasebook.load("words");
    private static final Phrasebook DECORATIONS = Phrasebook.load("decorations");

    /// How often something is put around a question in training that must not get into the arguments.
    private static final double DECORATED = 0.25;

    /// What a question about things of this world has, if it may be one about the weather or the time.
    private static final Pattern WEATHER_OR_TIME = Pattern.compile(
            "(?i).*(weather|temperature|forecast|rain|snow|sunny|warm|cold|wind|humid|hot|time|hour|date|day"
                    + "|天气|几点|时|雨|雪|气温|度|热|冷|风|今天|几号).*",
            Pattern.DOTALL);

    /// What a tool is for: its section of names, and that of its parameter.
    private enum Kind {
        CALCULATOR("calculator", "expression"),
        WEATHER("weather", "city"),
        TIME("time", "city"),
        SEARCH("search", "query"),
        /// Anything else. Its lines hold all there is to say of a tool.
        MADE("made", "");

        private final String names;
        private final String parameters;

        Kind(String names, String parameters) {
            this.names = names;
            this.parameters = parameters;
        }
    }

    /// @param kind a letter: what it stands for in the question, such as `n`, a number
    private record Parameter(String name, String kind) {

        String schema(Draw draw) {
            String about = draw.chance(0.6)
                    ? ""
                    : ", \"description\": " + Json.quoted(draw.of("The " + name, name, "Text", "Value of " + name));
            return "%s: {\"type\": \"%s\"%s}".formatted(Json.quoted(name), isNumber() ? "integer" : "string", about);
        }

        String argument(String value) {
            return Json.quoted(name) + ": " + (isNumber() ? value : Json.quoted(value));
        }

        private boolean isNumber() {
            return kind.equals("n");
        }
    }

    /// A tool on offer.
    ///
    /// @param question of a made tool: what calls for it, with its parameters' letters in braces
    private record Offer(Kind kind, Tool tool, List<Parameter> parameters, String question) {

        static Offer of(Draw draw, Kind kind) {
            List<String> line = Text.split(draw.phrase(BOOK.section("any " + kind.names)), '|');
            boolean isMade = kind == Kind.MADE;
            List<Parameter> parameters = isMade
                    ? Text.split(line.get(4), ',').stream()
                            .map(pair -> Text.split(pair, ':'))
                            .map(pair -> new Parameter(parameter(draw, pair.getFirst()), pair.getLast()))
                            .toList()
                    : List.of(new Parameter(parameter(draw, parameterOf(draw, kind)), "text"));
            String name = line.getFirst();
            boolean isStrange = draw.trains() && draw.chance(0.35);
            boolean tells = isMade || isStrange || draw.chance(0.9);
            Tool tool = new Tool(
                    isStrange ? identifier(draw) : name, tells ? line.get(1) : "", schema(draw, parameters), false);
            return new Offer(kind, tool, parameters, isMade ? line.get(draw.isChinese() ? 2 : 3) : "");
        }

        private static String parameterOf(Draw draw, Kind kind) {
            List<String> names = BOOK.section("any " + kind.parameters).lines(Split.TRAINING);
            return draw.of(draw.of(names).split(" "));
        }

        private static String parameter(Draw draw, String name) {
            return draw.trains() && draw.chance(0.25) ? identifier(draw) : name;
        }

        private static String schema(Draw draw, List<Parameter> parameters) {
            List<String> properties = new ArrayList<>(
                    parameters.stream().map(each -> each.schema(draw)).toList());
            if (draw.trains() && draw.chance(0.12)) {
                String optional = draw.of(BOOK.section("any optional")
                        .lines(Split.TRAINING)
                        .getFirst()
                        .split(" "));
                properties.add(new Parameter(optional, "text").schema(draw));
            }
            String required =
                    parameters.stream().map(each -> Json.quoted(each.name())).collect(Collectors.joining(", "));
            return "{\"type\": \"object\", \"properties\": {%s}, \"required\": [%s]}"
                    .formatted(String.join(", ", properties), required);
        }

        /// Whether a question about any thing might be one for this tool.
        boolean takesThings() {
            return kind == Kind.SEARCH
                    || parameters.stream().anyMatch(each -> each.kind().equals("t"));
        }

        String arguments(List<String> values) {
            StringBuilder arguments = new StringBuilder();
            for (int i = 0; i < parameters.size(); i++) {
                arguments.append(i == 0 ? "" : ", ").append(parameters.get(i).argument(values.get(i)));
            }
            return "{" + arguments + "}";
        }
    }

    /// A name in code: letters, or words that happen to stand beside each other.
    private static String identifier(Draw draw) {
        List<String> words = WORDS.words(Language.ENGLISH, "words");
        String first = draw.of(words).toLowerCase(Locale.ROOT);
        String second = draw.of(words).toLowerCase(Locale.ROOT);
        return switch (draw.between(0, 4)) {
            case 0 -> draw.letters(3, 8);
            case 1 -> draw.letters(2, 4) + "_" + draw.letters(2, 5);
            case 2 -> first + "_" + second;
            case 3 -> first + Text.capital(second);
            default -> first + draw.of("", "_", "_v") + draw.between(1, 99);
        };
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Conversation make(Draw draw) {
        Offer meant = Offer.of(draw, kind(draw));
        List<Offer> offered = offered(draw, meant);
        Conversation last = question(draw, meant, offered);
        List<Message> earlier = new ArrayList<>();
        for (int left = draw.trains() && draw.chance(0.4) ? draw.between(1, 2) : 0; left > 0; left--) {
            earlier.addAll(answered(draw, question(draw, draw.of(offered), offered)));
        }
        return last.after(earlier);
    }

    /// Something that is asked where tools are offered: what one of them is for, or none.
    private static Conversation question(Draw draw, Offer meant, List<Offer> offered) {
        Tools tools = tools(offered);
        return draw.chance(draw.trains() ? 0.32 : 0.18) ? withoutCall(draw, tools, offered) : about(draw, meant, tools);
    }

    /// A question, its answer, and where that is a call, what comes of it.
    private static List<Message> answered(Draw draw, Conversation asked) {
        List<Message> messages = asked.whole();
        if (asked.answer() instanceof Answer.Call) {
            String result = draw.of("ok", "done", "true", "found", "42");
            messages.add(new Message.ToolResult("call_1", result));
            messages.add(new Message.Assistant(result));
        }
        return messages;
    }

    private static Kind kind(Draw draw) {
        return draw.chance(0.4)
                ? Kind.CALCULATOR
                : draw.chance(draw.trains() ? 0.5 : 0.25)
                        ? Kind.MADE
                        : draw.of(Kind.WEATHER, Kind.TIME, Kind.SEARCH, Kind.WEATHER, Kind.TIME);
    }

    private static Tools tools(List<Offer> offered) {
        return Tools.auto(offered.stream().map(Offer::tool).toList());
    }

    private static Conversation about(Draw draw, Offer offer, Tools tools) {
        return switch (offer.kind()) {
            case CALCULATOR -> calculator(draw, offer, tools);
            case WEATHER -> city(draw, offer, tools, "weatherask");
            case TIME -> city(draw, offer, tools, "timeask");
            case SEARCH -> search(draw, offer, tools);
            case MADE -> made(draw, offer, tools);
        };
    }

    /// Calls one after another, of the same tools: what is copied is worth more tokens than what tells of the tools.
    static Conversation several(Draw draw, int questions) {
        List<Offer> offered = offered(draw, Offer.of(draw, kind(draw)));
        Tools tools = tools(offered);
        List<Message> earlier = new ArrayList<>();
        for (int left = questions; left > 1; left--) {
            earlier.addAll(answered(draw, about(draw, draw.of(offered), tools)));
        }
        return about(draw, draw.of(offered), tools).after(earlier);
    }

    /// The tool that is meant, among up to three others that are for something else.
    private static List<Offer> offered(Draw draw, Offer meant) {
        Map<String, Offer> others = new LinkedHashMap<>();
        while (others.size() < 3 && draw.chance(draw.trains() ? 0.45 : 0.3)) {
            Offer other = Offer.of(draw, draw.of(Kind.values()));
            boolean isOther = other.kind() != meant.kind()
                    && !other.tool().name().equals(meant.tool().name())
                    && others.values().stream().noneMatch(each -> each.kind() == other.kind());
            if (isOther) {
                others.putIfAbsent(other.tool().name(), other);
            }
        }
        List<Offer> all = new ArrayList<>(others.values());
        all.add(draw.between(0, all.size()), meant);
        return all;
    }

    private static Conversation calculator(Draw draw, Offer offer, Tools tools) {
        if (draw.trains() && draw.chance(0.15)) {
            return longSum(draw, offer, tools);
        }
        Sum sum = draw.trains() && draw.chance(0.45) ? largeSum(draw) : Arithmetic.sum(draw);
        String question = draw.chance(0.75)
                ? Arithmetic.question(draw, sum)
                : draw.phrase(BOOK, "calcask").replace("{e}", Arithmetic.expression(draw, sum));
        String result = String.valueOf(sum.result());
        return conversation(draw, tools, offer, draw.asked(question), List.of(expression(sum)), result, "");
    }

    /// What the model could not do by itself.
    private static Sum largeSum(Draw draw) {
        int most = draw.of(300, 999, 9999, 20_000);
        int b = draw.between(2, most);
        return switch (draw.of(Operation.values())) {
            case PLUS -> new Sum(draw.between(2, most), Operation.PLUS, b);
            case MINUS -> new Sum(draw.between(b, 2 * most), Operation.MINUS, b);
            case TIMES -> new Sum(draw.between(2, most), Operation.TIMES, b);
            case DIVIDED -> new Sum(b * draw.between(2, 99), Operation.DIVIDED, b);
        };
    }

    /// Several signs, brackets or decimals.
    private static Conversation longSum(Draw draw, Offer offer, Tools tools) {
        String a = String.valueOf(draw.between(2, draw.of(20, 200, 2000)));
        String b = draw.between(2, 99) + (draw.chance(0.4) ? "." + draw.between(1, 9) : "");
        String c = String.valueOf(draw.between(2, 50));
        List<String> parts = draw.of(
                List.of(a, draw.of("+", "-", "*"), b, draw.of("+", "-", "*", "/"), c),
                List.of("(" + a, draw.of("+", "-"), b + ")", draw.of("*", "/"), c),
                List.of(a, draw.of("+", "-", "*", "/"), b));
        String written = String.join(draw.of("", " "), parts);
        Phrasebook book = draw.chance(0.5) ? Arithmetic.BOOK : BOOK;
        String question = draw.phrase(book, book == BOOK ? "calcask" : "ask").replace("{e}", written);
        return call(draw, tools, offer, draw.asked(question), List.of(String.join("", parts)));
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

    private static Conversation city(Draw draw, Offer offer, Tools tools, String section) {
        String city = value(draw, "c");
        String question = asked(draw, decorated(draw, draw.phrase(BOOK, section).replace("{c}", city), false));
        String result = offer.kind() == Kind.TIME
                ? "%d:%02d".formatted(draw.between(0, 23), draw.between(10, 59))
                : draw.of(BOOK.words(draw.language(), "weatherresult"));
        return conversation(draw, tools, offer, question, List.of(city), result, city + ": ");
    }

    private static Conversation search(Draw draw, Offer offer, Tools tools) {
        String thing = Beyond.thing(draw);
        String question = draw.phrase(BOOK, "searchask").replace("{t}", thing);
        return call(draw, tools, offer, asked(draw, decorated(draw, question, false)), List.of(thing));
    }

    private static Conversation made(Draw draw, Offer offer, Tools tools) {
        String question = draw.noisy(offer.question());
        boolean isOpen = question.strip().endsWith("{w}");
        List<String> values = new ArrayList<>();
        for (Parameter parameter : offer.parameters()) {
            String value = value(draw, parameter.kind());
            values.add(value);
            question = question.replace("{" + parameter.kind() + "}", value);
        }
        String result = draw.chance(0.5) ? draw.of("ok", "done", "true", "found") : value(draw, draw.of("n", "i", "t"));
        return conversation(draw, tools, offer, asked(draw, decorated(draw, question, isOpen)), values, result, "");
    }

    /// Something to be copied into the arguments.
    private static String value(Draw draw, String kind) {
        return switch (kind) {
            case "n" -> String.valueOf(draw.between(1, draw.of(12, 60, 200, 999)));
            case "c" -> draw.trains() && draw.chance(0.2) ? Beyond.thing(draw) : word(draw, "cities");
            case "p" -> draw.trains() && draw.chance(0.2) ? Text.capital(draw.letters(3, 7)) : word(draw, "people");
            case "d" -> word(draw, "days");
            case "i" ->
                draw.trains() && draw.chance(0.25)
                        ? String.valueOf(draw.between(1, draw.of(99, 9999, 999_999)))
                        : draw.letters(1, 4) + draw.of("", "-", "_") + draw.between(1, 999);
            case "t" -> Beyond.thing(draw);
            case "w" -> saying(draw);
            default -> throw new IllegalArgumentException("no value is called '%s'".formatted(kind));
        };
    }

    static String place(Draw draw) {
        return word(draw, "cities");
    }

    private static String word(Draw draw, String section) {
        return draw.of(BOOK.words(draw.language(), section)).replace('_', ' ');
    }

    private static String saying(Draw draw) {
        String saying;
        do {
            saying = Repeating.saying(draw);
        } while (saying.length() > 30);
        return saying;
    }

    /// Something around it, or nothing: what stands unmarked at the end stays there.
    private static String decorated(Draw draw, String question, boolean isOpen) {
        return draw.trains() && !isOpen && draw.chance(DECORATED)
                ? draw.phrase(DECORATIONS.section(draw.language().code())).replace("{q}", question)
                : question;
    }

    /// Not in lower case, and not with wide signs in a list, as arguments are copied from it.
    private static String asked(Draw draw, String question) {
        return draw.isChinese() && draw.chance(0.6) && !question.contains(", ") ? Text.wide(question) : question;
    }

    private static Conversation call(Draw draw, Tools tools, Offer offer, String question, List<String> values) {
        return new Conversation(
                NAME,
                draw.language(),
                List.of(new Message.User(question)),
                tools,
                new Answer.Call(offer.tool().name(), offer.arguments(values)));
    }

    /// The call, or the turn after it: the result, with `before` in front.
    private static Conversation conversation(
            Draw draw, Tools tools, Offer offer, String question, List<String> values, String result, String before) {
        if (draw.chance(0.65)) {
            return call(draw, tools, offer, question, values);
        }
        ToolCall call = new ToolCall("call_1", offer.tool().name(), offer.arguments(values));
        String key = draw.trains() ? draw.of("result", "result", "value", "output", "answer", "data") : "result";
        String given = draw.chance(0.3) ? "{%s: %s}".formatted(Json.quoted(key), Json.quoted(result)) : result;
        return new Conversation(
                NAME,
                draw.language(),
                List.of(
                        new Message.User(question),
                        new Message.Assistant("", "", List.of(call)),
                        new Message.ToolResult("call_1", given)),
                tools,
                new Answer.Exact(before + result));
    }

    /// What another tool would be for.
    private static String elsewhere(Draw draw) {
        return draw.phrase(BOOK, draw.of("weatherask", "timeask")).replace("{c}", value(draw, "c"));
    }

    /// What none of these tools is for; a search is not among them, as it would find anything.
    private static String forNone(Draw draw, List<Offer> offered) {
        List<Kind> kinds = offered.stream().map(Offer::kind).toList();
        List<String> sections = new ArrayList<>();
        if (!kinds.contains(Kind.WEATHER)) {
            sections.add("weatherask");
        }
        if (!kinds.contains(Kind.TIME)) {
            sections.add("timeask");
        }
        if (!kinds.contains(Kind.CALCULATOR)) {
            sections.add("sum");
        }
        if (offered.stream().noneMatch(Offer::takesThings)) {
            sections.add("about");
            sections.add("about");
        }
        if (!kinds.contains(Kind.MADE)) {
            sections.add("made");
        }
        String section = draw.of(sections);
        return switch (section) {
            case "about" -> worldly(draw);
            case "sum" -> tooLarge(draw);
            case "made" -> {
                Conversation made = about(draw, Offer.of(draw, Kind.MADE), Tools.NONE);
                yield made.messages().getFirst().text();
            }
            default -> decorated(draw, draw.phrase(BOOK, section).replace("{c}", value(draw, "c")), false);
        };
    }

    /// A sum that the model can't do without a calculator.
    private static String tooLarge(Draw draw) {
        while (true) {
            int a = draw.between(250, 9999);
            int b = draw.between(250, 9999);
            if (draw.mayUse(a + " " + b)) {
                Operation operation = draw.of(Operation.PLUS, Operation.TIMES, Operation.TIMES);
                return decorated(draw, Arithmetic.question(draw, new Sum(a, operation, b)), false);
            }
        }
    }

    private static String worldly(Draw draw) {
        while (true) {
            String question = Beyond.about(draw);
            if (!WEATHER_OR_TIME.matcher(question).matches()) {
                return decorated(draw, question, false);
            }
        }
    }

    private static Conversation beyond(Draw draw, Tools tools, String question) {
        return new Conversation(
                NAME,
                draw.language(),
                List.of(new Message.User(asked(draw, question))),
                tools,
                Beyond.answer(draw.language()));
    }

    /// Tools are there, and the question is about none of them.
    private static Conversation withoutCall(Draw draw, Tools tools, List<Offer> offered) {
        List<Kind> kinds = offered.stream().map(Offer::kind).toList();
        List<Lesson> lessons = new ArrayList<>(List.of(
                new Repeating(),
                new Topics("smalltalk"),
                new Topics("itself"),
                new Topics("knowledge"),
                new Sequences(),
                new Counting()));
        if (kinds.equals(List.of(Kind.CALCULATOR)) && draw.chance(draw.trains() ? 0.4 : 0.3)) {
            String question = draw.chance(0.5) ? Beyond.about(draw) : elsewhere(draw);
            return beyond(draw, tools, question);
        }
        boolean isMoreAskable =
                !kinds.contains(Kind.SEARCH) && !kinds.containsAll(List.of(Kind.WEATHER, Kind.TIME, Kind.MADE));
        if (draw.trains() && isMoreAskable && draw.chance(0.5)) {
            return beyond(draw, tools, forNone(draw, offered));
        }
        if (!kinds.contains(Kind.CALCULATOR)) {
            // Nothing else is taken for a call so often.
            lessons.addAll(Collections.nCopies(draw.trains() ? 3 : 1, new Arithmetic()));
        }
        Conversation asked = draw.of(lessons).make(draw);
        return new Conversation(NAME, asked.language(), asked.messages(), tools, asked.answer());
    }
}
