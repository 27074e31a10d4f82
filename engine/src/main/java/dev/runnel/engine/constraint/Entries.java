package dev.runnel.engine.constraint;

import java.util.Arrays;

/// The nodes of a [TokenTrie] at which a frame of the stack is entered, ascending: the bytes up to a node have been
/// read above it. Equal by content.
record Entries(int[] nodes, int hash) {

    static Entries of(int... nodes) {
        return new Entries(nodes, Arrays.hashCode(nodes));
    }

    boolean isEmpty() {
        return nodes.length == 0;
    }

    int first() {
        return nodes[0];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Entries(int[] more, int code) && code == hash && Arrays.equals(nodes, more);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
