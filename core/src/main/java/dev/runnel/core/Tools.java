package dev.runnel.core;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// The tools of a conversation and what the model may do with them.
///
/// @param offered what the model is told of; may be empty
/// @param allowed names of those that it may call: all, unless the caller narrowed them down
/// @param parallel whether one reply may hold several calls
public record Tools(List<Tool> offered, Use use, Set<String> allowed, boolean parallel) {

    /// Whether the model calls tools.
    public enum Use {
        /// It answers in text, whatever is offered.
        NONE,
        /// It decides.
        AUTO,
        /// It calls at least one.
        REQUIRED,
        /// It calls the one that is allowed.
        NAMED
    }

    /// No tools at all.
    public static final Tools NONE = new Tools(List.of(), Use.NONE, Set.of(), true);

    public Tools {
        offered = List.copyOf(offered);
        allowed = Set.copyOf(allowed);
        Set<String> names = offered.stream().map(Tool::name).collect(Collectors.toSet());
        if (names.size() < offered.size()) {
            throw new IllegalArgumentException("two tools have the same name");
        }
        if (!names.containsAll(allowed)) {
            TreeSet<String> missing = new TreeSet<>(allowed);
            missing.removeAll(names);
            throw new IllegalArgumentException("the tool '%s' is not offered".formatted(missing.first()));
        }
        int fewest = use == Use.NONE ? 0 : 1;
        if (allowed.size() < fewest || (use == Use.NAMED && allowed.size() > 1)) {
            throw new IllegalArgumentException("%d tools are allowed under %s".formatted(allowed.size(), use));
        }
    }

    /// All of `offered`, to be called as the model decides.
    public static Tools auto(List<Tool> offered) {
        return offered.isEmpty()
                ? NONE
                : new Tools(offered, Use.AUTO, offered.stream().map(Tool::name).collect(Collectors.toSet()), true);
    }

    /// Whether the model may call the tool of that name.
    public boolean allows(String name) {
        return use != Use.NONE && allowed.contains(name);
    }
}
