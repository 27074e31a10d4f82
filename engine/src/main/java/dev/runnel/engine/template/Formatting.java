package dev.runnel.engine.template;

import dev.runnel.engine.template.Segment.Origin;
import dev.runnel.engine.template.Value.Array;
import dev.runnel.engine.template.Value.Int;
import dev.runnel.engine.template.Value.Numeric;
import dev.runnel.engine.template.Value.Real;
import dev.runnel.engine.template.Value.Tuple;
import dev.runnel.engine.template.Value.Undefined;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Python's two ways of putting values into a string: `'%s' % value` and `'{}'.format(value)`.
final class Formatting {

    private static final Pattern PERCENT = Pattern.compile(
            "%(?:\\((?<key>[^)]*+)\\))?(?<flags>[-+ 0#]*+)(?<width>[0-9]{0,9}+)"
                    + "(?:\\.(?<precision>[0-9]{0,3}+))?(?<type>.)",
            Pattern.DOTALL);
    private static final Pattern BRACES =
            Pattern.compile("\\{\\{|\\}\\}|\\{(?<field>[A-Za-z0-9_]*+)(?:!(?<conversion>[rs]))?\\}|[{}]");

    private Formatting() {}

    /// `format % given`, for the types s, r, d, i, u, f, x, X and o.
    static Text percent(Text format, Value given, Budget budget) {
        List<Value> values = given instanceof Tuple(var items) ? items : List.of(given);
        TextBuilder out = new TextBuilder(budget);
        Matcher field = PERCENT.matcher(format.chars());
        int from = 0;
        int used = 0;
        boolean keyed = false;
        for (int at = format.chars().indexOf('%'); at >= 0; at = format.chars().indexOf('%', from)) {
            if (!field.region(at, format.length()).lookingAt()) {
                throw new Fault("incomplete format");
            }
            if (field.group("type").equals("%")) {
                out.append(format, from, at + 1);
                from = field.end();
                continue;
            }
            out.append(format, from, at);
            Value value;
            if (field.group("key") != null) {
                keyed = true;
                value = Members.item(given, Text.user(field.group("key")), budget);
            } else if (used < values.size()) {
                value = values.get(used++);
            } else {
                throw new Fault("not enough arguments for format string");
            }
            percent(field, value, out, budget);
            from = field.end();
        }
        boolean all = keyed || used == values.size() || given instanceof Dict || given instanceof Array;
        if (!all) {
            throw new Fault("not all arguments converted during string formatting");
        }
        return out.append(format, from, format.length()).toText();
    }

    private static void percent(Matcher field, Value value, TextBuilder out, Budget budget) {
        String flags = field.group("flags");
        boolean numeric = !"sr".contains(field.group("type"));
        Text text = percent(field, value, budget);
        if (numeric && !text.chars().startsWith("-") && (flags.contains("+") || flags.contains(" "))) {
            text = Text.template((flags.contains("+") ? "+" : " ") + text.chars());
        }
        int width = field.group("width").isEmpty() ? 0 : Integer.parseInt(field.group("width"));
        int missing = width - text.size();
        if (flags.contains("-")) {
            out.append(text).repeat(' ', missing, Origin.TEMPLATE);
        } else if (numeric && flags.contains("0")) {
            int sign = "-+ ".indexOf(text.chars().charAt(0)) >= 0 ? 1 : 0;
            out.append(text, 0, sign).repeat('0', missing, Origin.TEMPLATE).append(text, sign, text.length());
        } else {
            out.repeat(' ', missing, Origin.TEMPLATE).append(text);
        }
    }

    private static Text percent(Matcher field, Value value, Budget budget) {
        String type = field.group("type");
        String precision = field.group("precision");
        int places = precision == null ? 6 : precision.isEmpty() ? 0 : Integer.parseInt(precision);
        return switch (type) {
            case "s", "r" -> {
                Text text = type.equals("s") ? Printer.str(value, budget) : Printer.repr(value, budget);
                int shown = precision == null ? text.size() : Math.min(places, text.size());
                yield text.slice(0, text.chars().offsetByCodePoints(0, shown));
            }
            case "d", "i", "u" -> Text.template(integer(type, value).toString());
            case "x" -> Text.template(integer(type, value).toString(16));
            case "X" -> Text.template(integer(type, value).toString(16).toUpperCase(Locale.ROOT));
            case "o" -> Text.template(integer(type, value).toString(8));
            case "f" -> Text.template(fixed(value, places));
            default -> throw new Fault("unsupported format character '" + type + "'");
        };
    }

    private static BigInteger integer(String type, Value value) {
        Numeric number = Numbers.number(value);
        if (number instanceof Int(var integer)) {
            return integer;
        }
        if (number instanceof Real(var real) && Double.isFinite(real) && "diu".contains(type)) {
            return new BigDecimal(real).toBigInteger();
        }
        throw new Fault("%%%s format: a number is required, not %s".formatted(type, Values.typeName(value)));
    }

    private static String fixed(Value value, int places) {
        Numeric number = Numbers.number(value);
        if (number == null) {
            throw new Fault("must be real number, not " + Values.typeName(value));
        }
        double real = Numbers.toDouble(number);
        return Double.isFinite(real)
                ? new BigDecimal(real).setScale(places, RoundingMode.HALF_EVEN).toPlainString()
                : Numbers.toString(real);
    }

    /// `format.format(…)`, for fields without a format of their own: `{}`, `{0}`, `{name}`, `{name!r}`.
    static Text braces(Text format, Arguments arguments, Budget budget) {
        TextBuilder out = new TextBuilder(budget);
        Matcher field = BRACES.matcher(format.chars());
        int from = 0;
        int next = 0;
        while (field.find(from)) {
            String found = field.group();
            if (found.equals("{{") || found.equals("}}")) {
                out.append(format, from, field.start() + 1);
            } else if (field.group("field") == null) {
                throw new Fault("a field of a format string is '{}', '{0}' or '{name}', without a format of its own");
            } else {
                out.append(format, from, field.start());
                String name = field.group("field");
                Value value = argument(arguments, name.isEmpty() ? String.valueOf(next++) : name);
                boolean repr = "r".equals(field.group("conversion"));
                out.append(repr ? Printer.repr(value, budget) : Printer.str(value, budget));
            }
            from = field.end();
        }
        return out.append(format, from, format.length()).toText();
    }

    private static Value argument(Arguments arguments, String field) {
        if (field.matches("[0-9]{1,9}")) {
            int index = Integer.parseInt(field);
            if (index < arguments.positional().size()) {
                return arguments.positional().get(index);
            }
            throw new Fault("the format string has no argument " + field);
        }
        Value value = arguments.named().getOrDefault(field, new Undefined("'" + field + "' is undefined"));
        if (value instanceof Undefined) {
            throw new Fault("the format string has no argument '" + field + "'");
        }
        return value;
    }
}
