package dev.runnel.engine.constraint;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/// What came of the grammars compiled last, constraints and refusals: a client sends the same schema with
/// every request. For any number of threads; two that want the same new one at once may both compile it.
public final class ConstraintCache {

    private final ConstraintVocabulary vocabulary;
    private final Map<Grammar, Supplier<Constraint>> recent; // that of a refusal throws it

    /// @param capacity how many are kept; the least recently used goes first
    public ConstraintCache(ConstraintVocabulary vocabulary, int capacity) {
        this.vocabulary = vocabulary;
        recent = new LinkedHashMap<>(16, 0.75f, true) {

            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Grammar, Supplier<Constraint>> eldest) {
                return size() > capacity;
            }
        };
    }

    /// @throws ConstraintException if the grammar can't be enforced
    public Constraint get(Grammar grammar) {
        Supplier<Constraint> known;
        synchronized (recent) {
            known = recent.get(grammar);
        }
        if (known == null) {
            known = compile(grammar);
            synchronized (recent) {
                recent.put(grammar, known);
            }
        }
        return known.get();
    }

    private Supplier<Constraint> compile(Grammar grammar) {
        try {
            Constraint compiled = Constraint.compile(grammar, vocabulary);
            return () -> compiled;
        } catch (ConstraintException refusal) {
            return () -> {
                throw refusal;
            };
        }
    }
}
