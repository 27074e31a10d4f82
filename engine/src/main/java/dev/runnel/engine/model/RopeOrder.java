package dev.runnel.engine.model;

/// Which two elements of a head the rotary embedding turns together, of the `n` that it turns at all.
enum RopeOrder implements Trait {
    /// Elements `2i` and `2i + 1`: what a converter makes of Llama's weights.
    NEIGHBOURS,
    /// Elements `i` and `i + n/2`: what most other families keep.
    HALVES;

    /// The first element of pair `i`.
    int first(int i) {
        return this == NEIGHBOURS ? 2 * i : i;
    }

    /// From the first to the second element of a pair.
    int distance(int n) {
        return this == NEIGHBOURS ? 1 : n / 2;
    }
}
