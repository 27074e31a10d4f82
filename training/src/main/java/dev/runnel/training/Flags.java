package dev.runnel.training;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// A command line of `--name value` and `--name`.
final class Flags {

    private final Map<String, String> values = new HashMap<>();
    private final Set<String> known;

    private Flags(Set<String> known) {
        this.known = known;
    }

    /// Reads a command line, or says what is wrong with it and ends the program.
    ///
    /// @param valued names that take a value
    /// @param bare names that don't
    static Flags orExit(String[] arguments, Set<String> valued, Set<String> bare) {
        try {
            return of(List.of(arguments), valued, bare);
        } catch (IllegalArgumentException fault) {
            System.err.println(fault.getMessage());
            System.exit(2);
            throw fault;
        }
    }

    private static Flags of(List<String> words, Set<String> valued, Set<String> bare) {
        Flags flags = new Flags(valued);
        for (int i = 0; i < words.size(); i++) {
            String name = words.get(i);
            if (bare.contains(name)) {
                flags.values.put(name, "");
            } else if (valued.contains(name) && i + 1 < words.size()) {
                flags.values.put(name, words.get(++i));
            } else {
                throw new IllegalArgumentException("%s: expected one of %s and a value, or one of %s"
                        .formatted(name, new TreeSet<>(valued), new TreeSet<>(bare)));
            }
        }
        return flags;
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    Optional<String> value(String name) {
        if (!known.contains(name)) {
            throw new IllegalArgumentException(name + " takes no value");
        }
        return Optional.ofNullable(values.get(name));
    }

    int number(String name, int otherwise) {
        return value(name).map(Integer::parseInt).orElse(otherwise);
    }
}
