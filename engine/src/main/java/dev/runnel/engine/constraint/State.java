package dev.runnel.engine.constraint;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/// A state of a deterministic automaton over bytes, made when it is first reached. Some end a frame of
/// the matcher's stack ([#accepts]), some call another automaton and go on behind it ([#calls]).
///
/// For any number of threads: what is filled in later is a function of the rest, so that filling it in
/// twice does no harm.
abstract sealed class State permits SubsetState, StringState, State.Dead {

    /// From here nothing is accepted.
    static final State DEAD = new Dead();

    static final List<Call> NO_CALLS = List.of();

    /// @param then where the caller goes on
    record Call(Callee callee, State then) {}

    /// The state behind a token that is taken by its id.
    record TokenEdge(int id, State then) {}

    private final State[] next;

    State(int classes) {
        next = new State[classes];
    }

    /// The state behind a byte from 0 to 255, or [#DEAD].
    final State next(int value) {
        int index = classOf(value);
        State then = next[index];
        if (then == null) {
            then = step(value);
            next[index] = then;
        }
        return then;
    }

    /// Lets go of the states behind this one; they are made again when they are reached.
    final void forgetNext() {
        Arrays.fill(next, null);
    }

    /// Bytes of which some lead on; perhaps too many, never too few.
    abstract ByteSet first();

    /// Whether the frame may end here.
    abstract boolean accepts();

    abstract List<Call> calls();

    abstract List<TokenEdge> tokens();

    /// Whether there is nothing here but the end.
    abstract boolean isEndOnly();

    /// A state that treats all texts of at most [TokenTrie#SHORT] bytes as this one does: itself, or one
    /// that many share.
    State representative() {
        return this;
    }

    /// Whether it belongs to the vocabulary's automata, not to one constraint's.
    abstract boolean isShared();

    /// Bytes of one class lead to the same state, from everywhere in the automaton.
    protected abstract int classOf(int value);

    protected abstract State step(int value);

    /// What can be called.
    static final class Callee {

        private final Supplier<State> start;

        Callee(Supplier<State> start) {
            this.start = start;
        }

        State start() {
            return start.get();
        }
    }

    static final class Dead extends State {

        private Dead() {
            super(1);
        }

        @Override
        ByteSet first() {
            return ByteSet.NONE;
        }

        @Override
        boolean accepts() {
            return false;
        }

        @Override
        List<Call> calls() {
            return NO_CALLS;
        }

        @Override
        List<TokenEdge> tokens() {
            return List.of();
        }

        @Override
        boolean isEndOnly() {
            return false;
        }

        @Override
        boolean isShared() {
            return true;
        }

        @Override
        protected int classOf(int value) {
            return 0;
        }

        @Override
        protected State step(int value) {
            return this;
        }
    }
}
