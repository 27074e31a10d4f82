package dev.runnel.engine.template;

import dev.runnel.engine.template.Value.Bool;
import dev.runnel.engine.template.Value.Function;
import dev.runnel.engine.template.Value.Int;
import dev.runnel.engine.template.Value.Tuple;
import dev.runnel.engine.template.Value.Undefined;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The `loop` that a loop's body sees.
final class Loop implements Value {

    /// May change while the loop runs.
    private final List<Value> items;

    /// How many recursive loops this one is inside.
    private final int depth;

    /// Runs the loop again over something else; null unless the loop is recursive.
    private final @Nullable Function again;

    private int index = -1;
    private @Nullable Value lastSeen;

    Loop(List<Value> items, int depth, @Nullable Function again) {
        this.items = items;
        this.depth = depth;
        this.again = again;
    }

    /// Goes to the next element and returns it; null after the last.
    @Nullable
    Value next() {
        return ++index < items.size() ? items.get(index) : null;
    }

    /// Counts from 1.
    int index() {
        return index + 1;
    }

    int length() {
        return items.size();
    }

    Value call(Arguments arguments, Budget budget) {
        if (again == null) {
            throw new Fault("'loop' was called, but the loop is not marked 'recursive'");
        }
        return again.body().call(arguments, budget);
    }

    @Nullable
    Value attribute(String name) {
        int length = items.size();
        return switch (name) {
            case "index" -> Int.of(index + 1);
            case "index0" -> Int.of(index);
            case "revindex" -> Int.of(length - index);
            case "revindex0" -> Int.of(length - index - 1);
            case "first" -> Bool.of(index == 0);
            case "last" -> Bool.of(index == length - 1);
            case "length" -> Int.of(length);
            case "depth" -> Int.of(depth + 1);
            case "depth0" -> Int.of(depth);
            case "previtem" -> index > 0 ? items.get(index - 1) : new Undefined("there is no previous item");
            case "nextitem" -> index < length - 1 ? items.get(index + 1) : new Undefined("there is no next item");
            case "cycle" -> new Function("cycle", (arguments, budget) -> cycle(arguments));
            case "changed" -> new Function("changed", (arguments, budget) -> changed(arguments, budget));
            default -> null;
        };
    }

    private Value cycle(Arguments arguments) {
        List<Value> values = arguments.positional();
        if (values.isEmpty()) {
            throw new Fault("'loop.cycle' needs something to cycle through");
        }
        return values.get(index % values.size());
    }

    private Value changed(Arguments arguments, Budget budget) {
        Value seen = new Tuple(arguments.positional());
        boolean changed = lastSeen == null || !Operators.equal(lastSeen, seen, budget);
        lastSeen = seen;
        return Bool.of(changed);
    }
}
