package dev.runnel.engine.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Python's `dict`: keeps the order of its keys, and takes `1`, `1.0` and `True` for one key.
final class Dict implements Value {

    /// A key as it was first written, and its value.
    record Entry(Value key, Value value) {}

    /// By what [#identity] makes of the key.
    private final Map<Object, Entry> entries = new LinkedHashMap<>();

    int size() {
        return entries.size();
    }

    Collection<Entry> entries() {
        return entries.values();
    }

    List<Value> keys() {
        return new ArrayList<>(entries.values().stream().map(Entry::key).toList());
    }

    @Nullable
    Value find(String key) {
        Entry entry = entries.get(key);
        return entry == null ? null : entry.value();
    }

    @Nullable
    Value find(Value key, Budget budget) {
        Entry entry = entries.get(identity(key, budget));
        return entry == null ? null : entry.value();
    }

    void put(Value key, Value value, Budget budget) {
        budget.elements(1);
        entries.merge(
                identity(key, budget), new Entry(key, value), (old, added) -> new Entry(old.key(), added.value()));
    }

    @Nullable
    Value remove(Value key, Budget budget) {
        Entry removed = entries.remove(identity(key, budget));
        return removed == null ? null : removed.value();
    }

    void clear() {
        entries.clear();
    }

    /// A Java object that equals another's exactly if Python takes the two for the same key.
    private static Object identity(Value key, Budget budget) {
        return switch (key) {
            case Text text -> {
                budget.search(text.length(), 1);
                yield text.chars();
            }
            case Bool(var value) -> value ? BigInteger.ONE : BigInteger.ZERO;
            case Int(var value) -> value;
            case Real(var value) -> {
                boolean whole = value == Math.rint(value) && !Double.isInfinite(value);
                yield whole ? new BigDecimal(value).toBigInteger() : (Object) value;
            }
            case Tuple(var items) -> {
                budget.enter();
                budget.elements(items.size());
                List<Object> identities = new ArrayList<>(items.size());
                for (Value item : items) {
                    identities.add(identity(item, budget));
                }
                budget.leave();
                yield identities;
            }
            case None none -> none;
            case Undefined _ -> Undefined.class;
            case Array _, Dict _, Namespace _, Function _, Loop _ ->
                throw new Fault("unhashable type: '" + Values.typeName(key) + "'");
        };
    }
}
