package dev.runnel.engine.constraint;

/// A grammar compiled for a vocabulary. For any number of sequences and threads at a time, which share
/// what is learnt about its states.
public final class Constraint {

    private static final long FRAME_BYTES = 16L << 20;

    private final ConstraintVocabulary vocabulary;
    private final State start;
    private final FrameCache frames = new FrameCache(FRAME_BYTES);

    private Constraint(ConstraintVocabulary vocabulary, State start) {
        this.vocabulary = vocabulary;
        this.start = start;
    }

    /// Takes up to some tens of milliseconds for a large schema, and seconds where patterns take all that
    /// they may; [ConstraintCache] remembers.
    ///
    /// @throws ConstraintException if the grammar can't be enforced
    public static Constraint compile(Grammar grammar, ConstraintVocabulary vocabulary) {
        Lowering wanted = new Lowering(vocabulary, false);
        try {
            return compile(grammar, wanted, vocabulary);
        } catch (ConstraintException refusal) {
            if (!wanted.hasAlternative()) {
                throw refusal;
            }
            return compile(grammar, new Lowering(vocabulary, true), vocabulary);
        }
    }

    private static Constraint compile(Grammar grammar, Lowering lowering, ConstraintVocabulary vocabulary) {
        Node lowered = lowering.lower(grammar, 0);
        Constraint constraint =
                new Constraint(vocabulary, Nfa.compile(lowered, vocabulary.alphabet(), Lowering.pathOf(grammar)));
        constraint.start().warm();
        return constraint;
    }

    /// The constraint of a new sequence, before its first token.
    public ConstraintState start() {
        return new ConstraintState(this, Configuration.of(start, Invocation.BOTTOM));
    }

    ConstraintVocabulary vocabulary() {
        return vocabulary;
    }

    FrameCache frames() {
        return frames;
    }
}
