package dev.runnel.engine.template;

import static java.util.Map.entry;

import dev.runnel.engine.template.Value.Int;
import dev.runnel.engine.template.Value.Numeric;
import dev.runnel.engine.template.Value.Real;
import dev.runnel.engine.template.Value.Undefined;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Jinja2's filters, `value | name`: those for strings, numbers and any value here, those for sequences in
/// [SequenceFilters].
final class Filters {

    @FunctionalInterface
    interface Filter {
        Value apply(Value input, Arguments arguments, Budget budget);
    }

    /// A filter that reads its input as a string.
    @FunctionalInterface
    private interface TextFilter {
        Value apply(Text input, Arguments arguments, Budget budget);
    }

    private static final Pattern WORD = Pattern.compile("\\w++", Pattern.UNICODE_CHARACTER_CLASS);

    private static final Map<String, Filter> FILTERS = Map.ofEntries(
            entry("abs", (input, arguments, budget) -> Numbers.absolute(number(input))),
            entry("capitalize", plain(TextMethods::capitalize)),
            entry("center", of((text, arguments, budget) -> {
                int width = arguments.bind("center", 0, "width").integer(0, 80);
                return TextMethods.center(text, width, Text.template(" "), budget);
            })),
            entry("d", Filters::otherwise),
            entry("default", Filters::otherwise),
            entry("e", plain(Filters::escape)),
            entry("escape", plain(Filters::escape)),
            entry("float", Filters::toReal),
            entry("format", of(Filters::format)),
            entry("indent", of(Filters::indent)),
            entry("int", Filters::toInteger),
            entry("lower", plain(TextMethods::lower)),
            entry("replace", of((text, arguments, budget) -> {
                var bound = arguments.bind("replace", 2, "old", "new", "count");
                Text old = Printer.str(bound.get(0), budget);
                Text replacement = Printer.str(bound.get(1), budget);
                return TextMethods.replace(text, old, replacement, bound.integer(2, -1), budget);
            })),
            entry("round", Filters::round),
            entry("safe", plain((text, budget) -> text)),
            entry("string", plain((text, budget) -> text)),
            entry("title", plain((text, budget) -> TextMethods.title(text, Filters::isInWord, budget))),
            entry("tojson", Filters::json),
            entry("trim", of((text, arguments, budget) -> {
                var bound = arguments.bind("trim", 0, "chars");
                return TextMethods.strip(text, bound.has(0) ? bound.text(0) : null, true, true, budget);
            })),
            entry("truncate", of(Filters::truncate)),
            entry("upper", plain(TextMethods::upper)),
            entry(
                    "wordcount",
                    plain((text, budget) ->
                            Int.of(WORD.matcher(text.chars()).results().count()))));

    private Filters() {}

    static @Nullable Filter find(String name) {
        Filter filter = FILTERS.get(name);
        return filter != null ? filter : SequenceFilters.find(name);
    }

    /// Applies a filter. A string as input is paid for here: a result no longer than that costs nothing more.
    ///
    /// @throws Fault if there is no such filter
    static Value apply(String name, Value input, Arguments arguments, Budget budget) {
        Filter filter = find(name);
        if (filter == null) {
            throw new Fault("no filter named '" + name + "'");
        }
        if (input instanceof Text text) {
            budget.text(text.length());
        }
        return filter.apply(input, arguments, budget);
    }

    private static Filter of(TextFilter filter) {
        return (input, arguments, budget) -> filter.apply(Printer.str(input, budget), arguments, budget);
    }

    /// A filter without arguments.
    private static Filter plain(BiFunction<Text, Budget, Value> filter) {
        return (input, arguments, budget) -> {
            arguments.none("the filter");
            return filter.apply(Printer.str(input, budget), budget);
        };
    }

    private static boolean isInWord(int c) {
        return !Characters.isSpace(c) && "-({[<".indexOf(c) < 0;
    }

    private static Numeric number(Value value) {
        Numeric number = Numbers.number(value);
        if (number == null) {
            throw new Fault("a number is required, not " + Values.typeName(value));
        }
        return number;
    }

    private static Value otherwise(Value input, Arguments arguments, Budget budget) {
        var bound = arguments.bind("default", 0, "default_value", "boolean");
        boolean replace = input instanceof Undefined || (bound.flag(1, false) && !Values.isTrue(input));
        return replace ? bound.or(0, Text.EMPTY) : input;
    }

    private static Value escape(Text text, Budget budget) {
        return text.map(
                chars -> chars.replace("&", "&amp;")
                        .replace("<", "&lt;")
                        .replace(">", "&gt;")
                        .replace("\"", "&#34;")
                        .replace("'", "&#39;"),
                budget);
    }

    private static Value format(Text text, Arguments arguments, Budget budget) {
        if (arguments.named().isEmpty()) {
            return Formatting.percent(text, new Value.Tuple(arguments.positional()), budget);
        }
        Dict named = new Dict();
        arguments.named().forEach((name, value) -> named.put(Text.template(name), value, budget));
        return Formatting.percent(text, named, budget);
    }

    private static Value indent(Text text, Arguments arguments, Budget budget) {
        var bound = arguments.bind("indent", 0, "width", "first", "blank");
        Text indentation = bound.get(0) instanceof Text given
                ? given
                : new TextBuilder(budget)
                        .repeat(Text.template(" "), bound.integer(0, 4))
                        .toText();
        boolean blank = bound.flag(2, false);
        List<Text> lines = TextMethods.lines(
                new TextBuilder(budget).append(text).append(Text.template("\n")).toText(), false, budget);
        TextBuilder indented = new TextBuilder(budget);
        for (int i = 0; i < lines.size(); i++) {
            indented.append(Text.template(i == 0 ? "" : "\n"));
            if (i == 0 ? bound.flag(1, false) : blank || !lines.get(i).isEmpty()) {
                indented.append(indentation);
            }
            indented.append(lines.get(i));
        }
        return indented.toText();
    }

    private static Value truncate(Text text, Arguments arguments, Budget budget) {
        var bound = arguments.bind("truncate", 0, "length", "killwords", "end", "leeway");
        int length = bound.integer(0, 255);
        Text end = bound.text(2, Text.template("..."));
        if (length < end.size()) {
            throw new Fault("truncate: the length is %d, expected at least %d".formatted(length, end.size()));
        }
        if (text.size() <= (long) length + bound.integer(3, 5)) {
            return text;
        }
        Text kept = text.slice(0, text.chars().offsetByCodePoints(0, length - end.size()));
        int space = kept.chars().lastIndexOf(' ');
        boolean wholeWords = !bound.flag(1, false) && space >= 0;
        return new TextBuilder(budget)
                .append(wholeWords ? kept.slice(0, space) : kept)
                .append(end)
                .toText();
    }

    private static Value toInteger(Value input, Arguments arguments, Budget budget) {
        var bound = arguments.bind("int", 0, "default", "base");
        Value otherwise = bound.or(0, Int.of(0));
        if (!(input instanceof Text text)) {
            Operators.refuseUndefined(input);
            Numeric number = Numbers.number(input);
            return number == null ? otherwise : truncated(number, otherwise);
        }
        BigInteger integer = Numbers.parseInteger(text.chars(), bound.integer(1, 10));
        if (integer != null) {
            return new Int(integer);
        }
        Double real = Numbers.parseReal(text.chars());
        return real == null ? otherwise : truncated(new Real(real), otherwise);
    }

    private static Value truncated(Numeric number, Value otherwise) {
        return switch (number) {
            case Int integer -> integer;
            case Real(var real) -> Double.isFinite(real) ? new Int(new BigDecimal(real).toBigInteger()) : otherwise;
        };
    }

    private static Value toReal(Value input, Arguments arguments, Budget budget) {
        Value otherwise = arguments.bind("float", 0, "default").or(0, new Real(0));
        if (input instanceof Text text) {
            Double real = Numbers.parseReal(text.chars());
            return real == null ? otherwise : new Real(real);
        }
        Operators.refuseUndefined(input);
        Numeric number = Numbers.number(input);
        return number == null ? otherwise : new Real(Numbers.toDouble(number));
    }

    private static Value round(Value input, Arguments arguments, Budget budget) {
        var bound = arguments.bind("round", 0, "precision", "method");
        int places = bound.integer(0, 0);
        String method = bound.text(1, Text.template("common")).chars();
        Numeric number = number(input);
        double scale = Math.pow(10, places);
        return switch (method) {
            case "common" -> Numbers.round(number, places);
            case "ceil" -> new Real(Math.ceil(Numbers.toDouble(number) * scale) / scale);
            case "floor" -> new Real(Math.floor(Numbers.toDouble(number) * scale) / scale);
            default -> throw new Fault("round: the method is '%s', expected common, ceil or floor".formatted(method));
        };
    }

    /// As model authors' tools define it: `json.dumps` with `ensure_ascii` off.
    private static Value json(Value input, Arguments arguments, Budget budget) {
        var bound = arguments.bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
        Text indent = null;
        if (bound.has(1)) {
            indent = bound.get(1) instanceof Text text
                    ? text
                    : new TextBuilder(budget)
                            .repeat(Text.template(" "), bound.integer(1, 0))
                            .toText();
        }
        Text afterItem = Text.template(indent == null ? ", " : ",");
        Text afterKey = Text.template(": ");
        if (bound.has(2)) {
            List<Value> separators = Values.iterate(bound.get(2), budget);
            if (separators.size() != 2
                    || !(separators.get(0) instanceof Text item)
                    || !(separators.get(1) instanceof Text key)) {
                throw new Fault("tojson: separators are two strings, one after an item and one after a key");
            }
            afterItem = item;
            afterKey = key;
        }
        var layout = new JsonWriter.Layout(indent, afterItem, afterKey, bound.flag(0, false), bound.flag(3, false));
        return JsonWriter.write(input, layout, budget);
    }
}
