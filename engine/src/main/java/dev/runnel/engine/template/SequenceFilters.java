package dev.runnel.engine.template;

import static java.util.Map.entry;

import dev.runnel.engine.template.Expression.Operator;
import dev.runnel.engine.template.Filters.Filter;
import dev.runnel.engine.template.Value.Array;
import dev.runnel.engine.template.Value.Int;
import dev.runnel.engine.template.Value.Tuple;
import dev.runnel.engine.template.Value.Undefined;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Jinja2's filters for what can be looped over. Where Python gives a generator, they give a list.
final class SequenceFilters {

    private static final Map<String, Filter> FILTERS = Map.ofEntries(
            entry("batch", SequenceFilters::batch),
            entry("count", (input, arguments, budget) -> Int.of(Values.size(input))),
            entry("dictsort", SequenceFilters::sortDict),
            entry("first", (input, arguments, budget) -> {
                List<Value> items = Values.iterate(input, budget);
                return items.isEmpty() ? empty() : items.getFirst();
            }),
            entry("groupby", SequenceFilters::group),
            entry("items", SequenceFilters::items),
            entry("join", SequenceFilters::join),
            entry("last", (input, arguments, budget) -> {
                List<Value> items = Values.iterate(input, budget);
                return items.isEmpty() ? empty() : items.getLast();
            }),
            entry("length", (input, arguments, budget) -> Int.of(Values.size(input))),
            entry("list", (input, arguments, budget) -> new Array(copy(input, budget))),
            entry("map", SequenceFilters::map),
            entry("max", (input, arguments, budget) -> extreme(input, arguments, budget, 1)),
            entry("min", (input, arguments, budget) -> extreme(input, arguments, budget, -1)),
            entry("reject", (input, arguments, budget) -> select(input, arguments, false, budget)),
            entry("rejectattr", (input, arguments, budget) -> selectByAttribute(input, arguments, false, budget)),
            entry("reverse", (input, arguments, budget) -> {
                List<Value> items = copy(input, budget);
                Collections.reverse(items);
                return input instanceof Text ? TextMethods.join(Text.EMPTY, items, budget) : new Array(items);
            }),
            entry("select", (input, arguments, budget) -> select(input, arguments, true, budget)),
            entry("selectattr", (input, arguments, budget) -> selectByAttribute(input, arguments, true, budget)),
            entry("slice", SequenceFilters::slice),
            entry("sort", SequenceFilters::sort),
            entry("sum", SequenceFilters::sum),
            entry("unique", SequenceFilters::unique));

    private SequenceFilters() {}

    static @Nullable Filter find(String name) {
        return FILTERS.get(name);
    }

    private static List<Value> copy(Value input, Budget budget) {
        List<Value> items = Values.iterate(input, budget);
        budget.elements(items.size());
        return new ArrayList<>(items);
    }

    private static Undefined empty() {
        return new Undefined("the sequence was empty");
    }

    private static Value items(Value input, Arguments arguments, Budget budget) {
        arguments.none("items");
        if (input instanceof Undefined) {
            return new Array(new ArrayList<>());
        }
        if (input instanceof Dict dict) {
            return Values.items(dict, budget);
        }
        throw new Fault("can only get item pairs from a mapping, not " + Values.typeName(input));
    }

    private static Value join(Value input, Arguments arguments, Budget budget) {
        var bound = arguments.bind("join", 0, "d", "attribute");
        Text separator = Printer.str(bound.or(0, Text.EMPTY), budget);
        List<Value> parts = new ArrayList<>();
        for (Value item : Values.iterate(input, budget)) {
            budget.elements(1);
            parts.add(Printer.str(bound.has(1) ? Members.path(item, bound.get(1), budget) : item, budget));
        }
        return TextMethods.join(separator, parts, budget);
    }

    private static Value map(Value input, Arguments arguments, Budget budget) {
        UnaryOperator<Value> change;
        if (arguments.positional().isEmpty()) {
            var bound = arguments.bind("map", 1, "attribute", "default");
            change = item -> {
                Value found = Members.path(item, bound.get(0), budget);
                return found instanceof Undefined ? bound.or(1, found) : found;
            };
        } else {
            String filter = name("map", arguments.positional().getFirst());
            Arguments rest = withoutFirst(arguments, 1);
            change = item -> Filters.apply(filter, item, rest, budget);
        }
        List<Value> changed = new ArrayList<>();
        for (Value item : iterateIfTrue(input, budget)) {
            budget.enter();
            budget.elements(1);
            changed.add(change.apply(item));
            budget.leave();
        }
        return new Array(changed);
    }

    private static Value select(Value input, Arguments arguments, boolean wanted, Budget budget) {
        return selected(input, test(arguments, 0, budget), wanted, budget);
    }

    private static Value selectByAttribute(Value input, Arguments arguments, boolean wanted, Budget budget) {
        if (arguments.positional().isEmpty()) {
            throw new Fault("selectattr and rejectattr need the name of an attribute");
        }
        Value path = arguments.positional().getFirst();
        Predicate<Value> test = test(arguments, 1, budget);
        return selected(input, item -> test.test(Members.path(item, path, budget)), wanted, budget);
    }

    private static Value selected(Value input, Predicate<Value> test, boolean wanted, Budget budget) {
        List<Value> selected = new ArrayList<>();
        for (Value item : iterateIfTrue(input, budget)) {
            budget.step();
            if (test.test(item) == wanted) {
                budget.elements(1);
                selected.add(item);
            }
        }
        return new Array(selected);
    }

    /// Mapping and selecting take None, which nothing else iterates over, for nothing.
    private static List<Value> iterateIfTrue(Value input, Budget budget) {
        return Values.isTrue(input) ? Values.iterate(input, budget) : List.of();
    }

    /// The test that the arguments name from `index` on; whether a value is true if they name none.
    private static Predicate<Value> test(Arguments arguments, int index, Budget budget) {
        if (arguments.positional().size() <= index) {
            return Values::isTrue;
        }
        String name = name("a selection", arguments.positional().get(index));
        Arguments rest = withoutFirst(arguments, index + 1);
        return value -> Tests.holds(name, value, rest, budget);
    }

    private static String name(String callee, Value value) {
        if (value instanceof Text name) {
            return name.chars();
        }
        throw new Fault("%s: the name of a filter or test is of type '%s', expected a string"
                .formatted(callee, Values.typeName(value)));
    }

    private static Arguments withoutFirst(Arguments arguments, int count) {
        List<Value> positional = arguments.positional();
        return new Arguments(positional.subList(count, positional.size()), arguments.named());
    }

    private static Value sort(Value input, Arguments arguments, Budget budget) {
        var bound = arguments.bind("sort", 0, "reverse", "case_sensitive", "attribute");
        List<Value> paths = bound.get(2) instanceof Text names
                ? Stream.of(names.chars().split(",", -1)).<Value>map(Text::user).toList()
                : bound.has(2) ? List.of(bound.get(2)) : List.of();
        UnaryOperator<Value> key = item -> paths.isEmpty()
                ? comparable(item, bound.flag(1, false), budget)
                : new Tuple(paths.stream()
                        .map(path -> comparable(Members.path(item, path, budget), bound.flag(1, false), budget))
                        .toList());
        return new Array(sorted(Values.iterate(input, budget), key, bound.flag(0, false), budget));
    }

    private static Value sortDict(Value input, Arguments arguments, Budget budget) {
        var bound = arguments.bind("dictsort", 0, "case_sensitive", "by", "reverse");
        if (!(input instanceof Dict dict)) {
            throw new Fault("dictsort needs a mapping, not " + Values.typeName(input));
        }
        String by = bound.text(1, Text.template("key")).chars();
        int part = switch (by) {
            case "key" -> 0;
            case "value" -> 1;
            default -> throw new Fault("dictsort: 'by' is '%s', expected 'key' or 'value'".formatted(by));
        };
        UnaryOperator<Value> key = pair -> comparable(((Tuple) pair).items().get(part), bound.flag(0, false), budget);
        return new Array(sorted(Values.items(dict, budget).items(), key, bound.flag(2, false), budget));
    }

    /// A sorted copy; equals keep their order.
    private static List<Value> sorted(List<Value> items, UnaryOperator<Value> key, boolean reverse, Budget budget) {
        record Keyed(Value key, Value item) {}
        Comparator<Keyed> order = (left, right) -> Operators.compare(left.key(), right.key(), budget);
        budget.elements(2L * items.size());
        List<Value> sorted = new ArrayList<>(items.size());
        items.stream()
                .map(item -> new Keyed(key.apply(item), item))
                .sorted(reverse ? order.reversed() : order)
                .forEach(keyed -> sorted.add(keyed.item()));
        return sorted;
    }

    private static Value comparable(Value value, boolean caseSensitive, Budget budget) {
        return value instanceof Text text && !caseSensitive ? TextMethods.lower(text, budget) : value;
    }

    private static Value extreme(Value input, Arguments arguments, Budget budget, int sign) {
        var bound = arguments.bind("min and max", 0, "case_sensitive", "attribute");
        UnaryOperator<Value> key = key(bound.flag(0, false), bound.has(1) ? bound.get(1) : null, budget);
        Value best = null;
        for (Value item : Values.iterate(input, budget)) {
            if (best == null || sign * Operators.compare(key.apply(item), key.apply(best), budget) > 0) {
                best = item;
            }
        }
        return best != null ? best : empty();
    }

    private static UnaryOperator<Value> key(boolean caseSensitive, @Nullable Value path, Budget budget) {
        return item -> comparable(path == null ? item : Members.path(item, path, budget), caseSensitive, budget);
    }

    private static Value unique(Value input, Arguments arguments, Budget budget) {
        var bound = arguments.bind("unique", 0, "case_sensitive", "attribute");
        UnaryOperator<Value> key = key(bound.flag(0, false), bound.has(1) ? bound.get(1) : null, budget);
        Dict firsts = new Dict();
        for (Value item : Values.iterate(input, budget)) {
            Value each = key.apply(item);
            if (firsts.find(each, budget) == null) {
                firsts.put(each, item, budget);
            }
        }
        List<Value> unique = new ArrayList<>();
        firsts.entries().forEach(entry -> unique.add(entry.value()));
        return new Array(unique);
    }

    private static Value group(Value input, Arguments arguments, Budget budget) {
        var bound = arguments.bind("groupby", 1, "attribute", "default", "case_sensitive");
        UnaryOperator<Value> attribute = item -> {
            Value found = Members.path(item, bound.get(0), budget);
            return found instanceof Undefined ? bound.or(1, found) : found;
        };
        UnaryOperator<Value> key = item -> comparable(attribute.apply(item), bound.flag(2, false), budget);
        List<Value> groups = new ArrayList<>();
        List<Value> group = new ArrayList<>();
        for (Value item : sorted(Values.iterate(input, budget), key, false, budget)) {
            if (group.isEmpty() || !Operators.equal(key.apply(item), key.apply(group.getFirst()), budget)) {
                group = new ArrayList<>();
                groups.add(new Tuple(List.of(attribute.apply(item), new Array(group))));
            }
            budget.elements(1);
            group.add(item);
        }
        return new Array(groups);
    }

    private static Value sum(Value input, Arguments arguments, Budget budget) {
        var bound = arguments.bind("sum", 0, "attribute", "start");
        Value sum = bound.or(1, Int.of(0));
        for (Value item : Values.iterate(input, budget)) {
            Value added = bound.has(0) ? Members.path(item, bound.get(0), budget) : item;
            budget.step();
            sum = Operators.arithmetic(Operator.ADD, sum, added, budget);
        }
        return sum;
    }

    /// Rows of so many items.
    private static Value batch(Value input, Arguments arguments, Budget budget) {
        var bound = arguments.bind("batch", 1, "linecount", "fill_with");
        int width = atLeastOne("batch", bound.integer(0, 1));
        List<Value> items = copy(input, budget);
        List<Value> rows = new ArrayList<>();
        for (int from = 0; from < items.size(); from += width) {
            List<Value> row = new ArrayList<>(items.subList(from, Math.min(items.size(), from + width)));
            if (bound.has(1)) {
                budget.elements(width - row.size());
                row.addAll(Collections.nCopies(width - row.size(), bound.get(1)));
            }
            rows.add(new Array(row));
        }
        return new Array(rows);
    }

    /// So many columns, as even as can be.
    private static Value slice(Value input, Arguments arguments, Budget budget) {
        var bound = arguments.bind("slice", 1, "slices", "fill_with");
        int count = atLeastOne("slice", bound.integer(0, 1));
        List<Value> items = copy(input, budget);
        int longer = items.size() % count;
        budget.elements(count);
        List<Value> columns = new ArrayList<>(count);
        int from = 0;
        for (int i = 0; i < count; i++) {
            int to = from + items.size() / count + (i < longer ? 1 : 0);
            List<Value> column = new ArrayList<>(items.subList(from, to));
            if (bound.has(1) && i >= longer) {
                column.add(bound.get(1));
            }
            columns.add(new Array(column));
            from = to;
        }
        return new Array(columns);
    }

    private static int atLeastOne(String filter, int count) {
        if (count < 1) {
            throw new Fault("%s: the number is %d, expected at least 1".formatted(filter, count));
        }
        return count;
    }
}
