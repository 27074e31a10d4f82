package dev.runnel.engine.constraint;

import dev.runnel.engine.constraint.Configuration.Way;
import dev.runnel.engine.constraint.State.TokenEdge;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What a frame of the stack, entered at some nodes of the trie, does to the vocabulary: which tokens it
/// allows by itself, and at which nodes it ends, so that the frame below decides about the tokens that go
/// on.
///
/// @param exits nodes; the roots if the frame can end before it has read anything
/// @param steps what it takes to find out
record Frame(TokenMask allowed, Entries exits, long steps) {

    /// How often a mask may go through the trie. A grammar that is meant to be used does so once.
    private static final int MAX_WALKS = 20;

    /// What a mask may take however small the trie is; a step takes some ten nanoseconds.
    private static final int FEW_STEPS = 1_000_000;

    /// @param steps of all frames of a mask
    /// @throws ConstraintException if they are too many: all sequences wait for a mask
    static void check(long steps, TokenTrie trie) {
        long most = Math.max(FEW_STEPS, (long) MAX_WALKS * trie.size());
        if (steps > most) {
            throw new ConstraintException(
                    "the grammar",
                    "is too ambiguous: it takes more than %d steps to find the tokens that may come next"
                            .formatted(most));
        }
    }

    int sizeBytes() {
        return 128 + allowed.sizeBytes() + exits.nodes().length * Integer.BYTES;
    }

    /// Walks the trie.
    static final class Walk {

        private final TokenTrie trie;
        private final long[] allowed;
        private int[] exits = new int[64];
        private int exitCount;
        private long steps;

        // Of each depth of the walk: a state by itself where that is enough, the configuration otherwise.
        private final @Nullable State[] states;
        private final Invocation[] within;
        private final Configuration[] configurations;

        Walk(TokenTrie trie, int words) {
            this.trie = trie;
            allowed = new long[words];
            states = new State[trie.maxDepth() + 1];
            within = new Invocation[trie.maxDepth() + 1];
            configurations = new Configuration[trie.maxDepth() + 1];
        }

        Frame of(State state, Entries entries) {
            Configuration start = Configuration.of(state, Invocation.UNKNOWN);
            boolean ends = start.reachesEnd();
            for (int node : entries.nodes()) {
                if (node == trie.shortRoot()) {
                    for (Way way : start.closure()) {
                        for (TokenEdge edge : way.state().tokens()) {
                            allow(edge.id());
                        }
                    }
                }
                if (ends) {
                    exit(node);
                }
                walk(node, state, start);
            }
            int[] sorted = Arrays.copyOf(exits, exitCount);
            Arrays.sort(sorted);
            int distinct = 0;
            for (int i = 0; i < sorted.length; i++) {
                if (i == 0 || sorted[i] != sorted[i - 1]) {
                    sorted[distinct++] = sorted[i];
                }
            }
            return new Frame(TokenMask.of(allowed), Entries.of(Arrays.copyOf(sorted, distinct)), steps);
        }

        private void walk(int root, State state, Configuration start) {
            int base = trie.depth(root);
            enter(0, state, Invocation.UNKNOWN, start);
            int end = trie.end(root);
            for (int node = root + 1; node < end; ) {
                check(++steps, trie);
                int above = trie.depth(node) - base - 1;
                int value = trie.edge(node);
                State simple = states[above];
                boolean ends;
                if (simple != null) {
                    State next = simple.next(value);
                    if (next == State.DEAD) {
                        node = trie.end(node);
                        continue;
                    }
                    ends = enter(above + 1, next, within[above], null);
                } else {
                    Configuration next = configurations[above].step(value);
                    if (next == null) {
                        node = trie.end(node);
                        continue;
                    }
                    Way first = next.kernel().getFirst();
                    ends = next.kernel().size() == 1
                            ? enter(above + 1, first.state(), first.within(), next)
                            : enter(above + 1, next);
                }
                for (int token = trie.token(node); token != TokenTrie.NONE; token = trie.sameText(token)) {
                    allow(token);
                }
                if (ends && !trie.isLeaf(node)) {
                    exit(node);
                }
                node++;
            }
        }

        /// @return whether the frame can end here
        private boolean enter(int depth, State state, Invocation where, @Nullable Configuration whole) {
            boolean isLast = where == Invocation.UNKNOWN;
            if (state.calls().isEmpty() && (isLast || !state.accepts())) {
                states[depth] = state;
                within[depth] = where;
                return isLast && state.accepts();
            }
            return enter(depth, whole == null ? Configuration.of(state, where) : whole);
        }

        private boolean enter(int depth, Configuration configuration) {
            states[depth] = null;
            configurations[depth] = configuration;
            steps += configuration.closure().size();
            return configuration.reachesEnd();
        }

        private void allow(int token) {
            allowed[token >> 6] |= 1L << token;
        }

        private void exit(int node) {
            if (exitCount == exits.length) {
                exits = Arrays.copyOf(exits, exitCount * 2);
            }
            exits[exitCount++] = node;
        }
    }
}
