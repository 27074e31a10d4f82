package dev.runnel.engine.constraint;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A list without equal elements. Mostly it is short, and then looking through it is quickest.
final class Distinct<T> {

    private static final int SHORT = 16;

    private final List<T> elements = new ArrayList<>(4);
    private @Nullable Set<T> known; // the same, where they are many

    /// @return whether it wasn't there yet
    boolean add(T element) {
        Set<T> many = known;
        if (many == null && elements.size() == SHORT) {
            many = new HashSet<>(elements);
            known = many;
        }
        boolean isNew = many == null ? !elements.contains(element) : many.add(element);
        if (isNew) {
            elements.add(element);
        }
        return isNew;
    }

    /// In the order in which they came.
    List<T> elements() {
        return elements;
    }
}
