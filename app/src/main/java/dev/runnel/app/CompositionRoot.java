package dev.runnel.app;

import dev.runnel.core.Backend;
import dev.runnel.core.TokenCodec;
import dev.runnel.engine.Engine;
import dev.runnel.engine.EngineOptions;
import dev.runnel.engine.FolderOptions;
import dev.runnel.engine.LoadingListener;
import dev.runnel.engine.ModelFolder;
import dev.runnel.engine.ModelLogits;
import dev.runnel.engine.ModelSummary;
import dev.runnel.engine.ModelText;
import dev.runnel.relay.Upstream;
import dev.runnel.relay.UpstreamOptions;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/// Puts the rooms together.
class CompositionRoot implements Rooms {

    @Override
    public LoadedModel load(Optional<Path> file, EngineOptions options, LoadingListener listener) {
        Engine engine =
                file.isPresent() ? Engine.open(file.get(), options, listener) : Engine.embedded(options, listener);
        return new LoadedModel(engine, engine.summary(), file.isEmpty());
    }

    @Override
    public Backend folder(Path folder, EngineOptions options, FolderOptions folderOptions) {
        return ModelFolder.open(folder, options, folderOptions);
    }

    @Override
    public Backend relay(URI upstream, Optional<String> key, UpstreamOptions options) {
        return Upstream.open(upstream, key, options);
    }

    @Override
    public void rehearse() {
        Rehearsal.play();
    }

    @Override
    public TokenCodec codec(Optional<Path> file) {
        return file.isPresent() ? ModelText.open(file.get()) : ModelText.embedded();
    }

    @Override
    public ModelLogits logits(Path file, EngineOptions options, LoadingListener listener) {
        return ModelLogits.open(file, options, listener);
    }

    @Override
    public ModelSummary inspect(Path file) {
        return Engine.inspect(file);
    }
}
