package dev.runnel.engine.model;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufFile;

/// What can be told of a model without reading its weights.
public final class ModelCheck {

    private ModelCheck() {}

    /// Refuses what can't be run whatever its weights are.
    ///
    /// @throws ModelFileException if the architecture is not one of this engine's or its sizes make no sense
    public static void requireKnown(GgufFile file) {
        Hyperparameters.of(file);
    }
}
