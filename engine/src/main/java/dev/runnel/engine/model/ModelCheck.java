package dev.runnel.engine.model;

import dev.runnel.engine.CacheType;
import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.kernel.PageLayout;

/// What can be told of a model without reading its weights.
public final class ModelCheck {

    private ModelCheck() {}

    /// Most tokens of a sequence, as far as the model and a cache of so many bytes go.
    ///
    /// @throws ModelFileException if the model can't be run whatever its weights are: the architecture is not
    ///     one of this engine's, its sizes make no sense, or the cache is too small
    public static int contextLength(GgufFile file, long cacheBytes, CacheType cacheType) {
        Hyperparameters model = Hyperparameters.of(file);
        int pages = KvCache.pages(file.name(), model, model.pageFormat(cacheType), cacheBytes);
        return Math.min(model.context(), pages * PageLayout.POSITIONS);
    }
}
