package dev.runnel.app;

import dev.runnel.core.Backend;
import dev.runnel.core.TokenCodec;
import dev.runnel.engine.EngineOptions;
import dev.runnel.engine.FolderOptions;
import dev.runnel.engine.LoadingListener;
import dev.runnel.engine.ModelLogits;
import dev.runnel.engine.ModelSummary;
import dev.runnel.relay.UpstreamOptions;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/// The doors of the other rooms that commands go through; a test puts scripts behind them.
interface Rooms {

    /// Opens a model that generates in this process.
    ///
    /// @param file empty: the demonstration model that the program carries
    LoadedModel load(Optional<Path> file, EngineOptions options, LoadingListener listener);

    /// Opens a folder of models, which are loaded when they are asked for.
    ///
    /// @param options of each model
    Backend folder(Path folder, EngineOptions options, FolderOptions folderOptions);

    /// Opens a relay.
    ///
    /// @throws IllegalArgumentException if `upstream` is no address of a server
    Backend relay(URI upstream, Optional<String> key, UpstreamOptions options);

    /// Gets what will ask a relay's upstream ready to be measured by.
    default void rehearse() {}

    /// Opens a model's vocabulary and chat template without its weights.
    ///
    /// @param file empty: those of the demonstration model that the program carries
    TokenCodec codec(Optional<Path> file);

    /// Opens a model whose logits are wanted and nothing else.
    ModelLogits logits(Path file, EngineOptions options, LoadingListener listener);

    /// Reads what a model file says of itself.
    ModelSummary inspect(Path file);
}
