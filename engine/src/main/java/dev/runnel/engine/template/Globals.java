package dev.runnel.engine.template;

import dev.runnel.engine.template.Value.Array;
import dev.runnel.engine.template.Value.Function;
import dev.runnel.engine.template.Value.Int;
import dev.runnel.engine.template.Value.Namespace;
import java.time.Clock;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The functions that every template sees: Jinja2's `range`, `dict` and `namespace`, and what model
/// authors' tools add, `raise_exception` and `strftime_now`.
final class Globals {

    /// Most numbers that `range` gives; Jinja2's sandbox has the same limit.
    static final int RANGE = 100_000;

    private Globals() {}

    /// A scope that has the functions.
    ///
    /// @param clock for `strftime_now`
    static Scope scope(Clock clock) {
        Scope scope = new Scope();
        define(scope, "range", Globals::range);
        define(scope, "dict", Globals::dict);
        define(scope, "namespace", (arguments, budget) -> {
            Map<String, Value> attributes = new HashMap<>();
            dict(arguments, budget)
                    .entries()
                    .forEach(entry ->
                            attributes.put(Printer.str(entry.key(), budget).chars(), entry.value()));
            return new Namespace(attributes);
        });
        define(scope, "raise_exception", (arguments, budget) -> {
            Value message = arguments.bind("raise_exception", 1, "message").get(0);
            throw new ConversationRefusedException(Printer.str(message, budget).chars());
        });
        define(scope, "strftime_now", (arguments, budget) -> {
            Text format = arguments.bind("strftime_now", 1, "format").text(0);
            budget.text(64L * format.length());
            return Text.of(Strftime.format(LocalDateTime.now(clock), format.chars()), format.origin());
        });
        return scope;
    }

    private static void define(Scope scope, String name, Function.Body body) {
        scope.set(name, new Function(name, body));
    }

    private static Value range(Arguments arguments, Budget budget) {
        var bound = arguments.bind("range", 1, "start", "stop", "step");
        long start = bound.find(1) == null ? 0 : bound.integer(0, 0);
        long stop = bound.integer(bound.find(1) == null ? 0 : 1, 0);
        long step = bound.integer(2, 1);
        if (step == 0) {
            throw new Fault("range: the step is zero");
        }
        long stretch = Math.abs(step);
        long count = Math.max(0, ((step > 0 ? stop - start : start - stop) + stretch - 1) / stretch);
        if (count > RANGE) {
            throw new Fault("range gives %d numbers, more than %d".formatted(count, RANGE));
        }
        budget.elements(count);
        List<Value> numbers = new ArrayList<>((int) count);
        for (long i = 0; i < count; i++) {
            numbers.add(Int.of(start + i * step));
        }
        return new Array(numbers);
    }

    private static Dict dict(Arguments arguments, Budget budget) {
        Dict dict = new Dict();
        arguments.positional().forEach(other -> CollectionMethods.putAll(dict, other, budget));
        arguments.named().forEach((name, value) -> dict.put(Text.template(name), value, budget));
        return dict;
    }
}
