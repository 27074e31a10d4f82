package dev.runnel.engine.model;

/// Hears how far the loading of a model is.
@FunctionalInterface
public interface LoadProgress {

    /// Nobody listens.
    LoadProgress UNHEARD = (loaded, total) -> {};

    /// Called on the loading thread, after each tensor.
    void loaded(long bytes, long totalBytes);
}
