package dev.runnel.engine.template;

import static java.util.Map.entry;

import dev.runnel.engine.template.Value.Array;
import dev.runnel.engine.template.Value.Function;
import dev.runnel.engine.template.Value.Int;
import dev.runnel.engine.template.Value.None;
import dev.runnel.engine.template.Value.Sequence;
import dev.runnel.engine.template.Value.Tuple;
import dev.runnel.engine.template.Value.Undefined;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The methods of Python's `list`, `tuple` and `dict`.
final class CollectionMethods {

    @FunctionalInterface
    private interface Method<T> {
        Value call(T self, Arguments arguments, Budget budget);
    }

    /// Of lists and tuples.
    private static final Map<String, Method<List<Value>>> SEQUENCE = Map.of(
            "count",
                    (items, arguments, budget) -> {
                        Value wanted = arguments.bind("count", 1, "value").get(0);
                        return Int.of(items.stream()
                                .filter(item -> Operators.equal(item, wanted, budget))
                                .count());
                    },
            "index",
                    (items, arguments, budget) -> Int.of(
                            indexOf(items, arguments.bind("index", 1, "value").get(0), budget)));

    /// Of lists only.
    private static final Map<String, Method<List<Value>>> ARRAY = Map.of(
            "append",
                    (items, arguments, budget) -> {
                        budget.elements(1);
                        items.add(arguments.bind("append", 1, "object").get(0));
                        return None.NONE;
                    },
            "clear",
                    (items, arguments, budget) -> {
                        items.clear();
                        return None.NONE;
                    },
            "copy",
                    (items, arguments, budget) -> {
                        budget.elements(items.size());
                        return new Array(new ArrayList<>(items));
                    },
            "extend",
                    (items, arguments, budget) -> {
                        List<Value> added = Values.iterate(
                                arguments.bind("extend", 1, "iterable").get(0), budget);
                        budget.elements(added.size());
                        items.addAll(added);
                        return None.NONE;
                    },
            "insert",
                    (items, arguments, budget) -> {
                        var bound = arguments.bind("insert", 2, "index", "object");
                        budget.elements(items.size());
                        int index = bound.integer(0, 0);
                        long at = index < 0 ? (long) index + items.size() : index;
                        items.add((int) Math.clamp(at, 0, (long) items.size()), bound.get(1));
                        return None.NONE;
                    },
            "pop",
                    (items, arguments, budget) -> {
                        int index = arguments.bind("pop", 0, "index").integer(0, -1);
                        int at = index < 0 ? index + items.size() : index;
                        if (at < 0 || at >= items.size()) {
                            throw new Fault("pop from a list of %d at index %d".formatted(items.size(), index));
                        }
                        return remove(items, at, budget);
                    },
            "remove",
                    (items, arguments, budget) -> {
                        Value wanted = arguments.bind("remove", 1, "value").get(0);
                        remove(items, indexOf(items, wanted, budget), budget);
                        return None.NONE;
                    },
            "reverse",
                    (items, arguments, budget) -> {
                        budget.elements(items.size());
                        Collections.reverse(items);
                        return None.NONE;
                    });

    private static final Map<String, Method<Dict>> DICT = Map.ofEntries(
            entry("clear", (dict, arguments, budget) -> {
                dict.clear();
                return None.NONE;
            }),
            entry("copy", (dict, arguments, budget) -> {
                Dict copy = new Dict();
                dict.entries().forEach(each -> copy.put(each.key(), each.value(), budget));
                return copy;
            }),
            entry("get", (dict, arguments, budget) -> {
                var bound = arguments.bind("get", 1, "key", "default");
                Value found = dict.find(bound.get(0), budget);
                return found != null ? found : bound.or(1, None.NONE);
            }),
            entry("items", (dict, arguments, budget) -> Values.items(dict, budget)),
            entry("keys", (dict, arguments, budget) -> new Array(Values.iterate(dict, budget))),
            entry("pop", (dict, arguments, budget) -> {
                var bound = arguments.bind("pop", 1, "key", "default");
                Value removed = dict.remove(bound.get(0), budget);
                Value result = removed != null ? removed : bound.find(1);
                if (result == null) {
                    throw new Fault("pop of a key that the dict doesn't have");
                }
                return result;
            }),
            entry("setdefault", (dict, arguments, budget) -> {
                var bound = arguments.bind("setdefault", 1, "key", "default");
                Value found = dict.find(bound.get(0), budget);
                if (found == null) {
                    dict.put(bound.get(0), bound.or(1, None.NONE), budget);
                }
                return found != null ? found : bound.or(1, None.NONE);
            }),
            entry("update", (dict, arguments, budget) -> {
                arguments.positional().forEach(other -> putAll(dict, other, budget));
                arguments.named().forEach((name, value) -> dict.put(Text.template(name), value, budget));
                return None.NONE;
            }),
            entry("values", (dict, arguments, budget) -> {
                budget.elements(dict.size());
                List<Value> values = new ArrayList<>(dict.size());
                dict.entries().forEach(each -> values.add(each.value()));
                return new Array(values);
            }));

    private CollectionMethods() {}

    /// The method of this name, bound to the array.
    static @Nullable Function find(Array array, String name) {
        Method<List<Value>> method = ARRAY.get(name);
        return method != null ? bound(name, method, array.items()) : findInAny(array, name);
    }

    static @Nullable Function find(Tuple tuple, String name) {
        return findInAny(tuple, name);
    }

    static @Nullable Function find(Dict dict, String name) {
        Method<Dict> method = DICT.get(name);
        return method == null ? null : bound(name, method, dict);
    }

    private static @Nullable Function findInAny(Sequence sequence, String name) {
        Method<List<Value>> method = SEQUENCE.get(name);
        return method == null ? null : bound(name, method, sequence.items());
    }

    private static <T> Function bound(String name, Method<T> method, T self) {
        return new Function(name, (arguments, budget) -> method.call(self, arguments, budget));
    }

    /// Takes an element out, which moves those behind it.
    private static Value remove(List<Value> items, int at, Budget budget) {
        budget.elements(items.size() - at);
        return items.remove(at);
    }

    private static int indexOf(List<Value> items, Value wanted, Budget budget) {
        for (int i = 0; i < items.size(); i++) {
            if (Operators.equal(items.get(i), wanted, budget)) {
                return i;
            }
        }
        throw new Fault("the value is not in the list");
    }

    /// Adds a mapping's entries, or a list's pairs.
    static void putAll(Dict dict, Value other, Budget budget) {
        if (other instanceof Dict source) {
            List<Dict.Entry> entries = new ArrayList<>(source.entries());
            entries.forEach(each -> dict.put(each.key(), each.value(), budget));
            return;
        }
        if (other instanceof Undefined(var why)) {
            throw new Fault(why);
        }
        for (Value pair : Values.iterate(other, budget)) {
            List<Value> keyAndValue = Values.iterate(pair, budget);
            if (keyAndValue.size() != 2) {
                throw new Fault("a dict is made of pairs, found %d elements".formatted(keyAndValue.size()));
            }
            dict.put(keyAndValue.get(0), keyAndValue.get(1), budget);
        }
    }
}
