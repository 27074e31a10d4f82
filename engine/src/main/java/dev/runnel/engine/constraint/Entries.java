package dev.runnel.engine.constraint;

import java.util.Arrays;

/// The nodes of a [TokenTrie] at which a frame of the stack is entered, ascending: the bytes up to a node
/// have been read above it. Equal by content.
final class Entries {

    private final int[] nodes;
    private final int hash;

    private Entries(int[] nodes) {
        this.nodes = nodes;
        hash = Arrays.hashCode(nodes);
    }

    static Entries of(int... nodes) {
        return new Entries(nodes);
    }

    int[] nodes() {
        return nodes;
    }

    boolean isEmpty() {
        return nodes.length == 0;
    }

    int first() {
        return nodes[0];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Entries more && more.hash == hash && Arrays.equals(nodes, more.nodes);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
