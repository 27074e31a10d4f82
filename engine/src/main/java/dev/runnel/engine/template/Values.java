package dev.runnel.engine.template;

import dev.runnel.engine.template.Value.Array;
import dev.runnel.engine.template.Value.Bool;
import dev.runnel.engine.template.Value.Function;
import dev.runnel.engine.template.Value.Int;
import dev.runnel.engine.template.Value.Namespace;
import dev.runnel.engine.template.Value.None;
import dev.runnel.engine.template.Value.Real;
import dev.runnel.engine.template.Value.Sequence;
import dev.runnel.engine.template.Value.Tuple;
import dev.runnel.engine.template.Value.Undefined;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What holds for values of every type, and the way in for Java's.
final class Values {

    /// How deep a variable's lists and maps may nest.
    private static final int NESTING = 100;

    private Values() {}

    /// A copy of a plain Java value; strings become user text, [Trusted] ones the template's.
    static Value of(@Nullable Object java, Budget budget) {
        return of(java, 0, budget);
    }

    private static Value of(@Nullable Object java, int depth, Budget budget) {
        if (depth > NESTING) {
            throw new Fault("a variable nests deeper than " + NESTING + " levels");
        }
        return switch (java) {
            case null -> None.NONE;
            case String text -> Text.user(text);
            case Trusted(var text) -> Text.template(text);
            case Boolean truth -> Bool.of(truth);
            case Integer number -> Int.of(number);
            case Long number -> Int.of(number);
            case BigInteger number -> new Int(number);
            case Double number -> new Real(number);
            case List<?> list -> {
                budget.elements(list.size());
                List<Value> items = new ArrayList<>(list.size());
                for (Object item : list) {
                    items.add(of(item, depth + 1, budget));
                }
                yield new Array(items);
            }
            case Map<?, ?> map -> {
                Dict dict = new Dict();
                map.forEach((key, value) -> {
                    if (!(key instanceof String name)) {
                        throw new IllegalArgumentException("a map's key is " + key + ", expected a string");
                    }
                    dict.put(Text.user(name), of(value, depth + 1, budget), budget);
                });
                yield dict;
            }
            default ->
                throw new IllegalArgumentException(
                        "a variable is of " + java.getClass() + ", which templates don't know");
        };
    }

    /// Python's name of the value's type.
    static String typeName(Value value) {
        return switch (value) {
            case Undefined _ -> "Undefined";
            case None _ -> "NoneType";
            case Bool _ -> "bool";
            case Int _ -> "int";
            case Real _ -> "float";
            case Text _ -> "str";
            case Array _ -> "list";
            case Tuple _ -> "tuple";
            case Dict _ -> "dict";
            case Namespace _ -> "Namespace";
            case Function _ -> "function";
            case Loop _ -> "LoopContext";
        };
    }

    static boolean isTrue(Value value) {
        return switch (value) {
            case Undefined _, None _ -> false;
            case Bool(var truth) -> truth;
            case Int(var number) -> number.signum() != 0;
            case Real(var number) -> number != 0;
            case Text text -> !text.isEmpty();
            case Sequence sequence -> !sequence.items().isEmpty();
            case Dict dict -> dict.size() > 0;
            case Namespace _, Function _, Loop _ -> true;
        };
    }

    @SuppressWarnings("ReferenceEquality") // being the same object is the question
    static boolean isSame(Value left, Value right) {
        return left == right;
    }

    /// What a loop over the value gives. A list is given as it is, so a template may change it meanwhile.
    static List<Value> iterate(Value value, Budget budget) {
        return switch (value) {
            case Undefined _ -> List.of();
            case Text text -> {
                budget.elements(text.length());
                List<Value> characters = new ArrayList<>(text.length());
                for (int at = 0; at < text.length(); ) {
                    int next = text.chars().offsetByCodePoints(at, 1);
                    characters.add(text.slice(at, next));
                    at = next;
                }
                yield characters;
            }
            case Sequence sequence -> sequence.items();
            case Dict dict -> {
                budget.elements(dict.size());
                yield dict.keys();
            }
            case None _, Bool _, Int _, Real _, Namespace _, Function _, Loop _ ->
                throw new Fault("'" + typeName(value) + "' object is not iterable");
        };
    }

    /// Elements, or a string's code points.
    static int size(Value value) {
        return switch (value) {
            case Undefined _ -> 0;
            case Text text -> text.size();
            case Sequence sequence -> sequence.items().size();
            case Dict dict -> dict.size();
            case None _, Bool _, Int _, Real _, Namespace _, Function _, Loop _ ->
                throw new Fault("object of type '" + typeName(value) + "' has no length");
        };
    }

    /// The pairs of a mapping, as tuples.
    static Array items(Dict dict, Budget budget) {
        budget.elements(3L * dict.size());
        return new Array(dict.entries().stream()
                .map(entry -> (Value) new Tuple(List.of(entry.key(), entry.value())))
                .collect(Collectors.toCollection(ArrayList::new)));
    }
}
