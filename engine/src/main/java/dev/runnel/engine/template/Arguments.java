package dev.runnel.engine.template;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a filter, test, method or function is called with.
record Arguments(List<Value> positional, Map<String, Value> named) {

    static final Arguments NONE = new Arguments(List.of(), Map.of());

    /// Gives the arguments to parameters.
    ///
    /// @param callee for messages
    /// @param required how many of the parameters must have an argument
    /// @param parameters in order, by the names that callers may use
    Bound bind(String callee, int required, String... parameters) {
        if (positional.size() > parameters.length) {
            throw new Fault("%s takes at most %d argument(s), found %d"
                    .formatted(callee, parameters.length, positional.size()));
        }
        Set<String> unknown = new HashSet<>(named.keySet());
        @Nullable Value[] values = new Value[parameters.length];
        for (int i = 0; i < parameters.length; i++) {
            values[i] = i < positional.size() ? positional.get(i) : named.get(parameters[i]);
            if (i >= positional.size()) {
                unknown.remove(parameters[i]);
            }
            if (i < required && values[i] == null) {
                throw new Fault("%s needs the argument '%s'".formatted(callee, parameters[i]));
            }
        }
        if (!unknown.isEmpty()) {
            throw new Fault("%s got an unexpected argument '%s'"
                    .formatted(callee, unknown.iterator().next()));
        }
        return new Bound(callee, parameters, values);
    }

    /// Refuses any argument.
    void none(String callee) {
        bind(callee, 0);
    }

    /// Arguments in the order of their parameters.
    static final class Bound {

        private final String callee;
        private final String[] parameters;
        private final @Nullable Value[] values;

        private Bound(String callee, String[] parameters, @Nullable Value[] values) {
            this.callee = callee;
            this.parameters = parameters;
            this.values = values;
        }

        /// Whether there is an argument other than None.
        boolean has(int index) {
            return values[index] != null && !(values[index] instanceof Value.None);
        }

        @Nullable
        Value find(int index) {
            return values[index];
        }

        /// @param index of a required parameter
        Value get(int index) {
            return or(index, Value.None.NONE);
        }

        Value or(int index, Value otherwise) {
            Value value = values[index];
            return value == null ? otherwise : value;
        }

        boolean flag(int index, boolean otherwise) {
            Value value = values[index];
            return value == null ? otherwise : Values.isTrue(value);
        }

        int integer(int index, int otherwise) {
            return has(index) ? Numbers.toInt(get(index)) : otherwise;
        }

        Text text(int index) {
            if (get(index) instanceof Text text) {
                return text;
            }
            throw new Fault("%s: '%s' is of type '%s', expected a string"
                    .formatted(callee, parameters[index], Values.typeName(get(index))));
        }

        Text text(int index, Text otherwise) {
            return has(index) ? text(index) : otherwise;
        }
    }
}
