package dev.runnel.engine;

import dev.runnel.core.Backend;
import dev.runnel.core.Model;
import dev.runnel.testing.ScriptedContract;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// A folder, whose model is loaded on the way, keeps the contract.
class ModelFolderContractTest extends ScriptedContract {

    private @Nullable ModelFolder folder;

    @Override
    protected Backend open() {
        Model model = new Model(MODEL, Instant.EPOCH, "test", OptionalInt.empty());
        ModelFolder opened = new ModelFolder(
                List.of(new FoundModel(model, Path.of("model.gguf"), 1)),
                _ -> scripted,
                EngineOptions.DEFAULT,
                FolderOptions.ofThisMachine().withMemoryBytes(Long.MAX_VALUE),
                task -> Thread.ofPlatform().daemon().start(task),
                System::nanoTime);
        opened.start();
        folder = opened;
        return opened;
    }

    @Override
    protected int inProgress() {
        return Objects.requireNonNull(folder).inProgress();
    }
}
