package dev.runnel.engine.model;

/// What becomes of a cache's pages.
///
/// @param pages there are
/// @param held by sequences
/// @param kept for sequences that begin alike; free to be taken for others
public record CacheUse(int pages, int held, int kept) {}
