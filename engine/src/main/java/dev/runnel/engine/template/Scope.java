package dev.runnel.engine.template;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Names and their values. A scope sees those around it; what it sets stays inside.
final class Scope {

    private final @Nullable Scope outer;
    private final Map<String, Value> names = new HashMap<>();

    /// The outermost scope.
    Scope() {
        this.outer = null;
    }

    private Scope(Scope outer) {
        this.outer = outer;
    }

    Scope inner() {
        return new Scope(this);
    }

    void set(String name, Value value) {
        names.put(name, value);
    }

    @Nullable
    Value find(String name) {
        for (Scope scope = this; scope != null; scope = scope.outer) {
            Value value = scope.names.get(name);
            if (value != null) {
                return value;
            }
        }
        return null;
    }
}
