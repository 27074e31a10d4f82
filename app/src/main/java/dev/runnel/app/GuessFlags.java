package dev.runnel.app;

import dev.runnel.engine.EngineOptions;
import dev.runnel.engine.EngineOptions.Guessing;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What guesses ahead for a model in this process. Replies are the same whatever they say.
final class GuessFlags {

    @Option(
            names = "--speculate",
            paramLabel = "HOW",
            description = "Guess ahead and let the model check several tokens at once, which changes no reply: lookup "
                    + "guesses that a text goes on as it did before; off. Default: lookup.")
    @Nullable
    Guessing guessing;

    @Option(
            names = "--draft",
            paramLabel = "MODEL",
            description = "A smaller model of the same vocabulary that guesses too: a GGUF file, or a pulled model.")
    @Nullable
    String draft;

    /// @param environment of the process
    /// @throws IllegalArgumentException if they contradict each other
    EngineOptions applyTo(EngineOptions options, Map<String, String> environment) {
        EngineOptions applied = guessing == null ? options : options.withGuessing(guessing);
        return draft == null ? applied : applied.withDraft(ModelFiles.file(draft, environment));
    }
}
