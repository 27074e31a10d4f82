package dev.runnel.engine;

/// How the cache stores keys and values. Arithmetic is in floats whatever they are stored as.
public enum CacheType {
    /// As floats: nothing is lost.
    F32,
    /// As halves: half of the memory, and about three digits of each number.
    F16,
    /// As bytes, with a scale for each key and each value: less than a third of the memory, and about two
    /// digits.
    Q8
}
