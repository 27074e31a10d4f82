package dev.runnel.engine.constraint;

import java.util.LinkedHashMap;
import java.util.Map;

/// The constraints compiled last, by their grammars: a client sends the same schema with every request.
/// For any number of threads; two that want the same new one at once may both compile it.
public final class ConstraintCache {

    private final ConstraintVocabulary vocabulary;
    private final Map<Grammar, Constraint> recent;

    /// @param capacity how many are kept; the least recently used goes first
    public ConstraintCache(ConstraintVocabulary vocabulary, int capacity) {
        this.vocabulary = vocabulary;
        recent = new LinkedHashMap<>(16, 0.75f, true) {

            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Grammar, Constraint> eldest) {
                return size() > capacity;
            }
        };
    }

    /// @throws ConstraintException if the grammar can't be enforced
    public Constraint get(Grammar grammar) {
        synchronized (recent) {
            Constraint known = recent.get(grammar);
            if (known != null) {
                return known;
            }
        }
        Constraint compiled = Constraint.compile(grammar, vocabulary);
        synchronized (recent) {
            recent.put(grammar, compiled);
        }
        return compiled;
    }
}
