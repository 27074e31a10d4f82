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
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reaching into a value: `value.name`, `value[key]`, `value[start:stop:step]`.
final class Members {

    /// Longest name that is quoted: asking for what is missing must be cheap.
    private static final int NAME = 60;

    private Members() {}

    /// `target.name`: a method or attribute first, then an element of that key.
    static Value attribute(Value target, String name) {
        Operators.refuseUndefined(target);
        Value found = ownAttribute(target, name);
        if (found == null && target instanceof Dict dict) {
            found = dict.find(name);
        }
        return found != null ? found : missing(target, name);
    }

    /// `target[key]`: an element first, then a method or attribute of that name.
    static Value item(Value target, Value key, Budget budget) {
        Operators.refuseUndefined(target);
        Value found = switch (target) {
            case Dict dict -> key instanceof Array || key instanceof Dict ? null : dict.find(key, budget);
            case Text text -> Numbers.number(key) instanceof Int index ? character(text, index, budget) : null;
            case Sequence sequence -> Numbers.number(key) instanceof Int index ? element(sequence, index) : null;
            case Undefined _, None _, Bool _, Int _, Real _, Namespace _, Function _, Loop _ -> null;
        };
        if (found == null && key instanceof Text name) {
            found = ownAttribute(target, name.chars());
        }
        return found != null ? found : missing(target, Printer.str(key, budget).chars());
    }

    /// A path of attributes and indices such as `function.arguments.0`, as filters take it.
    static Value path(Value target, Value path, Budget budget) {
        if (!(path instanceof Text names)) {
            return item(target, path, budget);
        }
        budget.text(names.length());
        Value value = target;
        for (String name : names.chars().split("\\.", -1)) {
            Value index = name.matches("[0-9]{1,9}") ? Int.of(Integer.parseInt(name)) : Text.user(name);
            value = item(value, index, budget);
        }
        return value;
    }

    private static @Nullable Value ownAttribute(Value target, String name) {
        return switch (target) {
            case Text text -> TextMethods.find(text, name);
            case Array array -> CollectionMethods.find(array, name);
            case Tuple tuple -> CollectionMethods.find(tuple, name);
            case Dict dict -> CollectionMethods.find(dict, name);
            case Namespace(var attributes) -> attributes.get(name);
            case Loop loop -> loop.attribute(name);
            case Undefined _, None _, Bool _, Int _, Real _, Function _ -> null;
        };
    }

    private static Undefined missing(Value target, String name) {
        String shown = name.length() > NAME ? name.substring(0, NAME) + "…" : name;
        String owner = target instanceof None ? "None" : Values.typeName(target) + " object";
        return new Undefined("'%s' has no attribute '%s'".formatted(owner, shown));
    }

    private static @Nullable Value element(Sequence sequence, Int index) {
        int size = sequence.items().size();
        int at = Numbers.toInt(index);
        at = at < 0 ? at + size : at;
        return at >= 0 && at < size ? sequence.items().get(at) : null;
    }

    private static @Nullable Value character(Text text, Int index, Budget budget) {
        budget.search(text.length(), 1);
        int size = text.size();
        int at = Numbers.toInt(index);
        at = at < 0 ? at + size : at;
        if (at < 0 || at >= size) {
            return null;
        }
        int from = text.chars().offsetByCodePoints(0, at);
        return text.slice(from, text.chars().offsetByCodePoints(from, 1));
    }

    /// @param start null for the end where the slice begins; `stop` likewise, and `step` for 1
    static Value slice(Value target, @Nullable Value start, @Nullable Value stop, @Nullable Value step, Budget budget) {
        Operators.refuseUndefined(target);
        return switch (target) {
            case Text text -> {
                budget.text(text.length());
                yield slice(text, Range.of(text.size(), start, stop, step), budget);
            }
            case Array(var items) -> new Array(slice(items, Range.of(items.size(), start, stop, step), budget));
            case Tuple(var items) -> new Tuple(slice(items, Range.of(items.size(), start, stop, step), budget));
            case Undefined _, None _, Bool _, Int _, Real _, Dict _, Namespace _, Function _, Loop _ ->
                throw new Fault("'" + Values.typeName(target) + "' object can't be sliced");
        };
    }

    private static Text slice(Text text, Range range, Budget budget) {
        if (range.step() == 1) {
            int from = text.chars().offsetByCodePoints(0, range.first());
            return text.slice(from, text.chars().offsetByCodePoints(from, range.count()));
        }
        List<Value> characters = Values.iterate(text, budget);
        TextBuilder picked = new TextBuilder(budget);
        for (int i = 0; i < range.count(); i++) {
            picked.append((Text) characters.get(range.at(i)));
        }
        return picked.toText();
    }

    private static List<Value> slice(List<Value> items, Range range, Budget budget) {
        budget.elements(range.count());
        List<Value> picked = new ArrayList<>(range.count());
        for (int i = 0; i < range.count(); i++) {
            picked.add(items.get(range.at(i)));
        }
        return picked;
    }

    /// The indices that a slice picks, all within the sequence.
    private record Range(int first, int count, int step) {

        static Range of(int size, @Nullable Value start, @Nullable Value stop, @Nullable Value step) {
            int stride = step == null ? 1 : Numbers.toInt(step);
            if (stride == 0) {
                throw new Fault("slice step cannot be zero");
            }
            int lowest = stride > 0 ? 0 : -1;
            int highest = stride > 0 ? size : size - 1;
            int first = start == null ? (stride > 0 ? lowest : highest) : within(start, size, lowest, highest);
            int end = stop == null ? (stride > 0 ? highest : lowest) : within(stop, size, lowest, highest);
            long distance = stride > 0 ? (long) end - first : (long) first - end;
            long stretch = Math.abs((long) stride);
            int count = (int) Math.max(0, (distance + stretch - 1) / stretch);
            return new Range(count == 0 ? 0 : first, count, stride);
        }

        private static int within(Value bound, int size, int lowest, int highest) {
            long index = Numbers.toInt(bound);
            return Math.clamp(index < 0 ? index + size : index, lowest, highest);
        }

        int at(int i) {
            return first + i * step;
        }
    }
}
