package dev.runnel.engine.model;

/// How queries and keys are normalized before they are turned by their positions.
enum HeadNorms implements Trait {
    NONE,
    /// Each head by itself, all with the same weights.
    EACH,
    /// The heads as one vector.
    TOGETHER
}
