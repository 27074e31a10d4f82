package dev.runnel.engine;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.BackendLoad;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.Model;
import dev.runnel.core.TokenCodec;
import dev.runnel.engine.model.LanguageModel;
import dev.runnel.engine.schedule.Limits;
import dev.runnel.engine.schedule.PreparedPrompt;
import dev.runnel.engine.schedule.Scheduler;
import dev.runnel.engine.schedule.Vocabulary;
import dev.runnel.engine.speculation.Speculation;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/// A model from a file, as a backend. Holds the file's memory and some threads until it is closed.
///
/// ```java
/// try (Engine engine = Engine.open(Path.of("model.gguf"));
///         CompletionStream events = engine.complete(CompletionRequest.of("model", "Hello"))) {
///     events.forEach(IO::println);
/// }
/// ```
///
/// Events are pushed by the thread that steps the model: a subscriber that blocks it holds up everybody's
/// completions.
public final class Engine implements Backend {

    private final Model model;
    private final ModelSummary summary;
    private final ModelText text;
    private final Function<CompletionRequest, PreparedPrompt> prompts;
    private final ExecutorService intake = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("runnel-intake").daemon().factory());
    private final Scheduler scheduler;

    /// @param text of the model's file
    /// @param languageModel owned from here on
    /// @param prompts makes tokens of a request's prompt, or throws a [BackendException]; one thread calls it
    /// @param speculation owned from here on
    /// @param release frees what `languageModel` and `prompts` stand on; runs after the model is closed
    Engine(
            Model model,
            ModelSummary summary,
            ModelText text,
            LanguageModel languageModel,
            Vocabulary vocabulary,
            Function<CompletionRequest, PreparedPrompt> prompts,
            Limits limits,
            Speculation speculation,
            Runnable release) {
        this.model = model;
        this.summary = summary;
        this.text = text;
        this.prompts = prompts;
        scheduler = new Scheduler(
                languageModel,
                vocabulary,
                limits,
                intake,
                System::nanoTime,
                () -> ThreadLocalRandom.current().nextLong(),
                speculation);
        scheduler.start(release);
    }

    /// Opens a model file as [EngineOptions#DEFAULT] says.
    ///
    /// @throws ModelFileException if the file can't be used
    public static Engine open(Path file) {
        return open(file, EngineOptions.DEFAULT, LoadingListener.NONE);
    }

    /// Opens a model file.
    ///
    /// @param listener hears how it goes, on the calling thread
    /// @throws ModelFileException if the file can't be used
    public static Engine open(Path file, EngineOptions options, LoadingListener listener) {
        return EngineLoader.of(options, listener).open(file);
    }

    /// Opens the small model that comes with this library, `runnel-tiny`.
    public static Engine embedded() {
        return embedded(EngineOptions.DEFAULT, LoadingListener.NONE);
    }

    /// Opens the small model that comes with this library, `runnel-tiny` unless the options name it
    /// otherwise.
    ///
    /// @param listener hears how it goes, on the calling thread
    public static Engine embedded(EngineOptions options, LoadingListener listener) {
        return EngineLoader.of(options, listener).embedded();
    }

    /// What a model file says of itself, whether or not it can be run.
    ///
    /// @throws ModelFileException if it is not a sound model file
    public static ModelSummary inspect(Path file) {
        return ModelSummary.of(file);
    }

    /// What the file of the small model that comes with this library says of itself.
    public static ModelSummary inspectEmbedded() {
        return ModelSummary.ofEmbedded();
    }

    @Override
    public List<Model> models() {
        return List.of(model);
    }

    @Override
    public CompletionStream complete(CompletionRequest request) {
        if (!request.model().equals(model.id())) {
            return CompletionStream.failed(BackendException.modelNotFound(request.model(), models()));
        }
        return scheduler.complete(request, () -> prompts.apply(request));
    }

    @Override
    public Optional<TokenCodec> codec(String model) {
        return model.equals(this.model.id()) ? Optional.of(text) : Optional.empty();
    }

    /// What the model's file says of itself, as [#inspect] does.
    public ModelSummary summary() {
        return summary;
    }

    public EngineStats stats() {
        return scheduler.stats();
    }

    @Override
    public Map<String, BackendLoad> load() {
        EngineStats now = stats();
        return Map.of(
                model.id(),
                new BackendLoad(
                        now.running(),
                        now.waiting(),
                        now.pages(),
                        now.heldPages(),
                        now.keptPages(),
                        now.hitRate(),
                        now.guessedTokens(),
                        now.rightGuesses()));
    }

    @Override
    public boolean hasEnded() {
        return scheduler.hasEnded();
    }

    @Override
    public void close() {
        scheduler.close();
        intake.shutdown();
    }
}
