package dev.runnel.engine.template;

import static java.util.Map.entry;

import dev.runnel.engine.template.Value.Array;
import dev.runnel.engine.template.Value.Bool;
import dev.runnel.engine.template.Value.Function;
import dev.runnel.engine.template.Value.Int;
import dev.runnel.engine.template.Value.Tuple;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// The methods of Python's `str`.
final class TextMethods {

    @FunctionalInterface
    private interface Method {
        Value call(Text text, Arguments arguments, Budget budget);
    }

    private static final Text SPACE = Text.template(" ");

    private static final Map<String, Method> METHODS = Map.ofEntries(
            entry("capitalize", plain(TextMethods::capitalize)),
            entry("center", (text, arguments, budget) -> {
                var bound = arguments.bind("center", 1, "width", "fillchar");
                return center(text, bound.integer(0, 0), bound.text(1, SPACE), budget);
            }),
            entry("count", (text, arguments, budget) -> {
                Text part = arguments.bind("count", 1, "sub").text(0);
                return Int.of(
                        part.isEmpty()
                                ? text.size() + 1
                                : pieces(text, part, -1, budget).size() - 1);
            }),
            entry("endswith", (text, arguments, budget) -> {
                Value suffix = arguments.bind("endswith", 1, "suffix").get(0);
                return Bool.of(alternatives("endswith", suffix, budget).stream().anyMatch(text.chars()::endsWith));
            }),
            entry("find", (text, arguments, budget) -> {
                Text part = arguments.bind("find", 1, "sub").text(0);
                budget.search(text.length(), part.length());
                return index(text, text.chars().indexOf(part.chars()));
            }),
            entry("format", Formatting::braces),
            entry("isalnum", test(c -> Character.isLetter(c) || Character.isDigit(c))),
            entry("isalpha", test(Character::isLetter)),
            entry("isdigit", test(Character::isDigit)),
            entry("islower", plain((text, budget) -> Bool.of(isLower(text)))),
            entry("isspace", test(Characters::isSpace)),
            entry("isupper", plain((text, budget) -> Bool.of(isUpper(text)))),
            entry("join", (text, arguments, budget) -> {
                Value parts = arguments.bind("join", 1, "iterable").get(0);
                return join(text, Values.iterate(parts, budget), budget);
            }),
            entry("ljust", (text, arguments, budget) -> {
                var bound = arguments.bind("ljust", 1, "width", "fillchar");
                return pad(text, 0, bound.integer(0, 0) - text.size(), bound.text(1, SPACE), budget);
            }),
            entry("lower", plain(TextMethods::lower)),
            entry("lstrip", (text, arguments, budget) -> strip(text, stripped(arguments), true, false, budget)),
            entry("partition", (text, arguments, budget) -> {
                Text separator = arguments.bind("partition", 1, "sep").text(0);
                budget.search(text.length(), separator.length());
                int at = text.chars().indexOf(separator.chars());
                return at < 0 ? tuple(text, Text.EMPTY, Text.EMPTY) : parted(text, at, separator.length());
            }),
            entry("removeprefix", (text, arguments, budget) -> {
                Text prefix = arguments.bind("removeprefix", 1, "prefix").text(0);
                return text.chars().startsWith(prefix.chars()) ? text.slice(prefix.length(), text.length()) : text;
            }),
            entry("removesuffix", (text, arguments, budget) -> {
                Text suffix = arguments.bind("removesuffix", 1, "suffix").text(0);
                return text.chars().endsWith(suffix.chars()) ? text.slice(0, text.length() - suffix.length()) : text;
            }),
            entry("replace", (text, arguments, budget) -> {
                var bound = arguments.bind("replace", 2, "old", "new", "count");
                return replace(text, bound.text(0), bound.text(1), bound.integer(2, -1), budget);
            }),
            entry("rfind", (text, arguments, budget) -> {
                Text part = arguments.bind("rfind", 1, "sub").text(0);
                budget.search(text.length(), part.length());
                return index(text, text.chars().lastIndexOf(part.chars()));
            }),
            entry("rjust", (text, arguments, budget) -> {
                var bound = arguments.bind("rjust", 1, "width", "fillchar");
                return pad(text, bound.integer(0, 0) - text.size(), 0, bound.text(1, SPACE), budget);
            }),
            entry("rpartition", (text, arguments, budget) -> {
                Text separator = arguments.bind("rpartition", 1, "sep").text(0);
                budget.search(text.length(), separator.length());
                int at = text.chars().lastIndexOf(separator.chars());
                return at < 0 ? tuple(Text.EMPTY, Text.EMPTY, text) : parted(text, at, separator.length());
            }),
            entry("rsplit", (text, arguments, budget) -> {
                var bound = arguments.bind("rsplit", 0, "sep", "maxsplit");
                return bound.has(0)
                        ? new Array(piecesFromEnd(text, bound.text(0), bound.integer(1, -1), budget))
                        : new Array(wordsFromEnd(text, bound.integer(1, -1), budget));
            }),
            entry("rstrip", (text, arguments, budget) -> strip(text, stripped(arguments), false, true, budget)),
            entry("split", (text, arguments, budget) -> {
                var bound = arguments.bind("split", 0, "sep", "maxsplit");
                return bound.has(0)
                        ? new Array(pieces(text, bound.text(0), bound.integer(1, -1), budget))
                        : new Array(words(text, bound.integer(1, -1), budget));
            }),
            entry("splitlines", (text, arguments, budget) -> {
                boolean keepEnds = arguments.bind("splitlines", 0, "keepends").flag(0, false);
                return new Array(new ArrayList<>(lines(text, keepEnds, budget)));
            }),
            entry("startswith", (text, arguments, budget) -> {
                Value prefix = arguments.bind("startswith", 1, "prefix").get(0);
                return Bool.of(
                        alternatives("startswith", prefix, budget).stream().anyMatch(text.chars()::startsWith));
            }),
            entry("strip", (text, arguments, budget) -> strip(text, stripped(arguments), true, true, budget)),
            entry("title", plain((text, budget) -> title(text, Character::isLetter, budget))),
            entry("upper", plain(TextMethods::upper)),
            entry("zfill", (text, arguments, budget) -> {
                int missing = arguments.bind("zfill", 1, "width").integer(0, 0) - text.size();
                boolean signed = text.chars().startsWith("-") || text.chars().startsWith("+");
                return new TextBuilder(budget)
                        .append(text, 0, signed ? 1 : 0)
                        .repeat('0', missing, text.origin())
                        .append(text, signed ? 1 : 0, text.length())
                        .toText();
            }));

    private TextMethods() {}

    /// The method of this name, bound to the text.
    static @Nullable Function find(Text text, String name) {
        Method method = METHODS.get(name);
        return method == null
                ? null
                : new Function(name, (arguments, budget) -> {
                    budget.text(text.length());
                    return method.call(text, arguments, budget);
                });
    }

    /// A method without arguments.
    private static Method plain(BiFunction<Text, Budget, Value> method) {
        return (text, arguments, budget) -> {
            arguments.none("the method");
            return method.apply(text, budget);
        };
    }

    /// Whether there are characters, all of a kind.
    private static Method test(IntPredicate holds) {
        return plain((text, budget) ->
                Bool.of(!text.isEmpty() && text.chars().codePoints().allMatch(holds)));
    }

    static boolean isLower(Text text) {
        return text.chars().codePoints().anyMatch(Character::isLowerCase)
                && text.chars().codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
    }

    static boolean isUpper(Text text) {
        return text.chars().codePoints().anyMatch(Character::isUpperCase)
                && text.chars().codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
    }

    static Text lower(Text text, Budget budget) {
        return text.map(chars -> chars.toLowerCase(Locale.ROOT), budget);
    }

    static Text upper(Text text, Budget budget) {
        return text.map(chars -> chars.toUpperCase(Locale.ROOT), budget);
    }

    static Text capitalize(Text text, Budget budget) {
        int first = text.isEmpty() ? 0 : text.chars().offsetByCodePoints(0, 1);
        return new TextBuilder(budget)
                .append(upper(text.slice(0, first), budget))
                .append(lower(text.slice(first, text.length()), budget))
                .toText();
    }

    /// Each word with a capital first letter, and only that.
    ///
    /// @param inWord which characters a word consists of
    static Text title(Text text, IntPredicate inWord, Budget budget) {
        TextBuilder title = new TextBuilder(budget);
        String chars = text.chars();
        boolean[] inside = {false};
        text.forEachRun((from, to, origin) -> {
            StringBuilder run = new StringBuilder(to - from);
            chars.substring(from, to).codePoints().forEach(c -> {
                run.appendCodePoint(inside[0] ? Character.toLowerCase(c) : Character.toTitleCase(c));
                inside[0] = inWord.test(c);
            });
            title.append(run.toString(), origin);
        });
        return title.toText();
    }

    static Text strip(Text text, @Nullable Text characters, boolean start, boolean end, Budget budget) {
        budget.search(text.length(), characters == null ? 1 : characters.length());
        IntPredicate goes = characters == null
                ? Characters::isSpace
                : c -> characters.chars().indexOf(c) >= 0;
        String chars = text.chars();
        int from = 0;
        int to = chars.length();
        while (start && from < to && goes.test(chars.codePointAt(from))) {
            from = chars.offsetByCodePoints(from, 1);
        }
        while (end && to > from && goes.test(chars.codePointBefore(to))) {
            to = chars.offsetByCodePoints(to, -1);
        }
        return text.slice(from, to);
    }

    private static @Nullable Text stripped(Arguments arguments) {
        var bound = arguments.bind("strip", 0, "chars");
        return bound.has(0) ? bound.text(0) : null;
    }

    /// @param count most replacements; negative: all
    static Text replace(Text text, Text old, Text replacement, int count, Budget budget) {
        TextBuilder replaced = new TextBuilder(budget);
        String chars = text.chars();
        int from = 0;
        int left = count < 0 ? Integer.MAX_VALUE : count;
        if (old.isEmpty()) {
            for (; left > 0 && from < chars.length(); left--) {
                int next = chars.offsetByCodePoints(from, 1);
                budget.step();
                replaced.append(replacement).append(text, from, next);
                from = next;
            }
            return (left > 0 ? replaced.append(replacement) : replaced.append(text, from, text.length())).toText();
        }
        budget.search(text.length(), old.length());
        for (int at = chars.indexOf(old.chars()); at >= 0 && left > 0; at = chars.indexOf(old.chars(), from)) {
            budget.step();
            replaced.append(text, from, at).append(replacement);
            from = at + old.length();
            left--;
        }
        return from == 0 ? text : replaced.append(text, from, text.length()).toText();
    }

    /// @param most cuts; negative: all
    private static List<Value> pieces(Text text, Text separator, int most, Budget budget) {
        refuseEmpty(separator);
        budget.search(text.length(), separator.length());
        List<Value> pieces = new ArrayList<>();
        int from = 0;
        int at = text.chars().indexOf(separator.chars());
        while (at >= 0 && (most < 0 || pieces.size() < most)) {
            add(pieces, text, from, at, budget);
            from = at + separator.length();
            at = text.chars().indexOf(separator.chars(), from);
        }
        add(pieces, text, from, text.length(), budget);
        return pieces;
    }

    private static List<Value> piecesFromEnd(Text text, Text separator, int most, Budget budget) {
        refuseEmpty(separator);
        budget.search(text.length(), separator.length());
        List<Value> pieces = new ArrayList<>();
        int to = text.length();
        int at = text.chars().lastIndexOf(separator.chars());
        while (at >= 0 && (most < 0 || pieces.size() < most)) {
            add(pieces, text, at + separator.length(), to, budget);
            to = at;
            at = text.chars().lastIndexOf(separator.chars(), to - separator.length());
        }
        add(pieces, text, 0, to, budget);
        Collections.reverse(pieces);
        return pieces;
    }

    private static void refuseEmpty(Text separator) {
        if (separator.isEmpty()) {
            throw new Fault("empty separator");
        }
    }

    private static List<Value> words(Text text, int most, Budget budget) {
        List<Value> words = new ArrayList<>();
        String chars = text.chars();
        int from = afterSpace(chars, 0);
        while (from < chars.length()) {
            int to = from;
            while (to < chars.length() && !Characters.isSpace(chars.charAt(to))) {
                to++;
            }
            boolean last = most >= 0 && words.size() == most;
            add(words, text, from, last ? text.length() : to, budget);
            if (last) {
                break;
            }
            from = afterSpace(chars, to);
        }
        return words;
    }

    private static int afterSpace(String chars, int from) {
        int at = from;
        while (at < chars.length() && Characters.isSpace(chars.charAt(at))) {
            at++;
        }
        return at;
    }

    private static List<Value> wordsFromEnd(Text text, int most, Budget budget) {
        List<Value> words = new ArrayList<>();
        String chars = text.chars();
        int to = beforeSpace(chars, chars.length());
        while (to > 0) {
            int from = to;
            boolean last = most >= 0 && words.size() == most;
            while (from > 0 && (last || !Characters.isSpace(chars.charAt(from - 1)))) {
                from--;
            }
            add(words, text, from, to, budget);
            to = beforeSpace(chars, from);
        }
        Collections.reverse(words);
        return words;
    }

    private static int beforeSpace(String chars, int to) {
        int at = to;
        while (at > 0 && Characters.isSpace(chars.charAt(at - 1))) {
            at--;
        }
        return at;
    }

    static List<Text> lines(Text text, boolean keepEnds, Budget budget) {
        List<Text> lines = new ArrayList<>();
        String chars = text.chars();
        int from = 0;
        while (from < chars.length()) {
            int end = from;
            while (end < chars.length() && !Characters.isLineBreak(chars.charAt(end))) {
                end++;
            }
            int next = Math.min(end + (chars.startsWith("\r\n", end) ? 2 : 1), chars.length());
            budget.elements(1);
            lines.add(text.slice(from, keepEnds ? next : end));
            from = next;
        }
        return lines;
    }

    private static void add(List<Value> pieces, Text text, int from, int to, Budget budget) {
        budget.elements(1);
        pieces.add(text.slice(from, to));
    }

    static Text join(Text separator, List<Value> parts, Budget budget) {
        TextBuilder joined = new TextBuilder(budget);
        for (int i = 0; i < parts.size(); i++) {
            if (!(parts.get(i) instanceof Text part)) {
                throw new Fault("sequence item %d: expected str instance, %s found"
                        .formatted(i, Values.typeName(parts.get(i))));
            }
            joined.append(i == 0 ? Text.EMPTY : separator).append(part);
        }
        return joined.toText();
    }

    static Text center(Text text, int width, Text fill, Budget budget) {
        int missing = Math.max(0, width - text.size());
        int left = missing / 2 + (missing & width & 1);
        return pad(text, left, missing - left, fill, budget);
    }

    private static Text pad(Text text, int left, int right, Text fill, Budget budget) {
        return new TextBuilder(budget)
                .repeat(fill, left)
                .append(text)
                .repeat(fill, right)
                .toText();
    }

    /// A text, or each of a tuple of texts.
    private static List<String> alternatives(String method, Value value, Budget budget) {
        List<Value> values = value instanceof Tuple(var items) ? items : List.of(value);
        return values.stream()
                .map(each -> {
                    if (each instanceof Text text) {
                        budget.search(text.length(), 1);
                        return text.chars();
                    }
                    throw new Fault("%s: expected a string or a tuple of strings, found '%s'"
                            .formatted(method, Values.typeName(each)));
                })
                .toList();
    }

    /// An offset as Python counts it; -1 stays.
    private static Value index(Text text, int offset) {
        return Int.of(offset < 0 ? offset : text.chars().codePointCount(0, offset));
    }

    private static Value parted(Text text, int at, int length) {
        return tuple(text.slice(0, at), text.slice(at, at + length), text.slice(at + length, text.length()));
    }

    private static Tuple tuple(Text... parts) {
        return new Tuple(List.of(parts));
    }
}
