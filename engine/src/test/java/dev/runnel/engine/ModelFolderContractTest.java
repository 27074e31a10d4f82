package dev.runnel.engine;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Model;
import dev.runnel.core.Prompt;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.testing.BackendContract;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// A folder, whose model is loaded on the way, keeps the contract.
class ModelFolderContractTest extends BackendContract {

    private static final Script SHORT = Script.saying("model", "Hel", "lo", " 你好", "!");
    private static final Script ENDLESS =
            Script.saying("model", Collections.nCopies(1_000_000, "tick ").toArray(String[]::new));

    private @Nullable ModelFolder folder;

    @Override
    protected Backend open() {
        Model model = new Model("model", Instant.EPOCH, "test", OptionalInt.empty());
        ModelFolder opened = new ModelFolder(
                List.of(new FoundModel(model, Path.of("model.gguf"), 1)),
                _ -> new ScriptedBackend("model", ModelFolderContractTest::script, ScriptedBackend.Timer.REAL),
                EngineOptions.DEFAULT,
                FolderOptions.ofThisMachine().withMemoryBytes(Long.MAX_VALUE),
                task -> Thread.ofPlatform().daemon().start(task),
                System::nanoTime);
        opened.start();
        folder = opened;
        return opened;
    }

    private static Script script(CompletionRequest request) {
        String text = ((Prompt.Text) request.prompt()).text();
        return switch (text) {
            case "short" -> SHORT;
            case "endless" -> ENDLESS;
            default ->
                SHORT.failingAfter(
                        Integer.parseInt(text),
                        new BackendException(BackendException.Kind.INTERNAL, "the script says so"));
        };
    }

    private static CompletionRequest request(String text) {
        return CompletionRequest.of("model", new Prompt.Text(text));
    }

    @Override
    protected CompletionRequest shortRequest() {
        return request("short");
    }

    @Override
    protected CompletionRequest endlessRequest() {
        return request("endless");
    }

    @Override
    protected Optional<CompletionRequest> requestFailingAfter(int events) {
        return Optional.of(request(Integer.toString(events)));
    }

    @Override
    protected int inProgress() {
        return Objects.requireNonNull(folder).inProgress();
    }
}
