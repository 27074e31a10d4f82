package dev.runnel.engine.model;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A page of the cache: the keys and values of neighbouring tokens of a sequence, in all layers and heads.
///
/// A page in the [PrefixTree] is full and never written again, so any number of sequences may hold it. One
/// that is not is held by one sequence alone.
final class Page {

    final MemorySegment memory;

    /// Sequences that hold it.
    int holders;

    // Its place in the tree, where it has one.

    @Nullable
    Page parent;

    int[] tokens = {};

    /// The pages that continue this one, by their tokens.
    final NavigableMap<int[], Page> children = new TreeMap<>(Arrays::compare);

    Page(MemorySegment memory) {
        this.memory = memory;
    }

    boolean isInTree() {
        return tokens.length > 0;
    }
}
