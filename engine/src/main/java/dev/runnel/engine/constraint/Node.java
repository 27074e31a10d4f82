package dev.runnel.engine.constraint;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A grammar over bytes and control tokens, as trees that meet in [Rule]s. What [Grammar]s are lowered
/// to, and what [Nfa] is built from.
sealed interface Node {

    /// Nothing, successfully.
    Node EMPTY = new Sequence(List.of());

    /// What nothing can match.
    Node NEVER = new Choice(List.of());

    int UNBOUNDED = -1;

    /// The UTF-8 bytes of a text.
    record Text(String text) implements Node {}

    /// One byte of a set.
    record OneByte(ByteSet set) implements Node {}

    /// One token by its id, whatever its bytes.
    record Token(int id) implements Node {}

    record Sequence(List<Node> parts) implements Node {}

    record Choice(List<Node> options) implements Node {}

    /// @param max at least `min`, or [#UNBOUNDED]
    record Repeat(Node body, int min, int max) implements Node {}

    /// A JSON string, with its quotes.
    record JsonString(StringState start) implements Node {}

    /// Nodes as the edges of an automaton: what would take exponential room as a tree.
    record Graph(int states, BitSet accepting, List<Edge> edges) implements Node {

        /// @param label null for a step that costs nothing
        record Edge(int from, @Nullable Node label, int to) {}
    }

    /// A node with a name, for others to refer to before it is complete: recursion.
    final class Rule implements Node {

        final String name;
        Node body = NEVER;

        Rule(String name) {
            this.name = name;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Node sequence(Node... parts) {
        return new Sequence(List.of(parts));
    }

    static Node choice(Node... options) {
        return new Choice(List.of(options));
    }

    static Node optional(Node body) {
        return new Repeat(body, 0, 1);
    }

    /// A [Graph] while it is drawn; its first state, 0, is where it starts.
    final class Drawing {

        private final List<Graph.Edge> edges = new ArrayList<>();
        private final BitSet accepting = new BitSet();
        private int states = 1;

        int state() {
            return states++;
        }

        void edge(int from, Node label, int to) {
            edges.add(new Graph.Edge(from, label, to));
        }

        void skip(int from, int to) {
            edges.add(new Graph.Edge(from, null, to));
        }

        void accept(int state) {
            accepting.set(state);
        }

        Graph graph() {
            return new Graph(states, accepting, List.copyOf(edges));
        }
    }
}
