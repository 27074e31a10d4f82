package dev.runnel.engine.constraint;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;
/// A set of strings of code points, as a deterministic automaton without dead ends: from each of its
/// states some string leads to acceptance. Surrogates are in no string.

interface StringLanguage {

    int NONE = -1;

    /// [#NONE] if there is no string in it.
    int start();

    /// The state behind a code point, or [#NONE].
    int step(int state, int codePoint);

    boolean accepts(int state);

    /// Whether some code point of a range leads on.
    ///
    /// @param last included
    boolean hasAny(int state, int first, int last);

    /// Whether from here everything is accepted.
    boolean isUniversal(int state);

    /// All strings of some lengths in code points. A state is how many must come and how many may.
    ///
    /// @param max at most [#LONGEST], or [#UNBOUNDED]
    record Lengths(int min, int max) implements StringLanguage {

        static final int LONGEST = (1 << 14) - 1;
        static final int UNBOUNDED = LONGEST + 1;

        static final Lengths ANY = new Lengths(0, UNBOUNDED);

        static int need(int state) {
            return state >>> 15;
        }

        static int room(int state) {
            return state & 0x7FFF;
        }

        static int state(int need, int room) {
            return need << 15 | room;
        }

        @Override
        public int start() {
            return min > max ? NONE : state(min, max);
        }

        @Override
        public int step(int state, int codePoint) {
            int room = room(state);
            if (room == 0 || isSurrogate(codePoint)) {
                return NONE;
            }
            return state(Math.max(0, need(state) - 1), room == UNBOUNDED ? room : room - 1);
        }

        @Override
        public boolean accepts(int state) {
            return need(state) == 0;
        }

        @Override
        public boolean hasAny(int state, int first, int last) {
            return room(state) > 0 && first <= last && !(isSurrogate(first) && isSurrogate(last));
        }

        @Override
        public boolean isUniversal(int state) {
            return state == UNBOUNDED;
        }
    }

    /// The strings of an automaton that have some lengths. A state is the automaton's times the count of
    /// code points.
    final class Limited implements StringLanguage {

        private static final int MAX_STATES = 1 << 21;

        private final CharDfa dfa;
        private final int min;
        private final int max;
        private final BitSet viable; // (count, state): acceptance can be reached

        /// @param max or [Lengths#UNBOUNDED]
        private Limited(CharDfa dfa, int min, int max, int[][] successors) {
            this.dfa = dfa;
            this.min = min;
            this.max = max;
            int counts = counts(min, max);
            viable = new BitSet(counts * dfa.size());
            int last = counts - 1;
            if (max == Lengths.UNBOUNDED) { // counting stops here, and the automaton has no dead ends
                viable.set(last * dfa.size(), counts * dfa.size());
                last--;
            }
            for (int count = last; count >= 0; count--) {
                for (int state = 0; state < dfa.size(); state++) {
                    boolean isViable = isEnd(count, state) || leadsOn(count, successors[state]);
                    viable.set(count * dfa.size() + state, isViable);
                }
            }
        }

        private static int counts(int min, int max) {
            return (max == Lengths.UNBOUNDED ? min : max) + 1;
        }

        /// @param budget of the schemas that it is for
        /// @return null if that takes too many states
        static @Nullable StringLanguage of(CharDfa dfa, int min, int max, Budget budget) {
            if (min == 0 && max == Lengths.UNBOUNDED) {
                return dfa;
            }
            long states = (long) counts(min, max) * dfa.size();
            if (states > MAX_STATES || !budget.holds(states / Byte.SIZE) || !budget.takes(dfa.bytes())) {
                return null;
            }
            int[][] successors = dfa.successors();
            long edges =
                    Arrays.stream(successors).mapToLong(each -> each.length).sum();
            return budget.takes(states + counts(min, max) * edges) ? new Limited(dfa, min, max, successors) : null;
        }

        private boolean isEnd(int count, int state) {
            return count >= min && dfa.accepts(state);
        }

        private boolean leadsOn(int count, int[] successors) {
            int next = next(count);
            if (next != NONE) {
                for (int to : successors) {
                    if (viable.get(next * dfa.size() + to)) {
                        return true;
                    }
                }
            }
            return false;
        }

        private int next(int count) {
            return max == Lengths.UNBOUNDED ? Math.min(min, count + 1) : count < max ? count + 1 : NONE;
        }

        @Override
        public int start() {
            return dfa.start() == NONE || min > max || !viable.get(dfa.start()) ? NONE : dfa.start();
        }

        @Override
        public int step(int state, int codePoint) {
            int next = next(state / dfa.size());
            int to = next == NONE ? NONE : dfa.step(state % dfa.size(), codePoint);
            if (to == NONE) {
                return NONE;
            }
            int at = next * dfa.size() + to;
            return viable.get(at) ? at : NONE;
        }

        @Override
        public boolean accepts(int state) {
            return isEnd(state / dfa.size(), state % dfa.size());
        }

        @Override
        public boolean hasAny(int state, int first, int last) {
            int next = next(state / dfa.size());
            return next != NONE && dfa.hasAnyInto(state % dfa.size(), first, last, viable, next * dfa.size());
        }

        @Override
        public boolean isUniversal(int state) {
            return max == Lengths.UNBOUNDED && state / dfa.size() == min && dfa.isUniversal(state % dfa.size());
        }
    }

    static boolean isSurrogate(int codePoint) {
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    }
}
