package dev.runnel.app;

import dev.runnel.engine.CacheType;
import dev.runnel.engine.EngineOptions;
import dev.runnel.relay.UpstreamOptions;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Where replies come from: a model in this process, or an upstream.
final class SourceFlags {

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec command;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "A GGUF file, or a pulled model as OWNER/REPO[:QUANT]; with a URL the name of a model there. "
                    + "Default: the demonstration model, or the first that the URL's server lists.")
    @Nullable
    String model;

    @Option(
            names = "--url",
            paramLabel = "BASE",
            description = "Ask the server at this address, such as http://127.0.0.1:8080/v1, instead of a model "
                    + "in this process. Default: OPENAI_BASE_URL, unless MODEL is a file.")
    @Nullable
    String url;

    @Option(names = "--key", paramLabel = "KEY", description = "The API key for that server. Default: OPENAI_API_KEY.")
    @Nullable
    String key;

    @Mixin
    EngineFlags engine = new EngineFlags();

    @Mixin
    GuessFlags guesses = new GuessFlags();

    Source open(Shell shell, Rooms rooms) {
        return open(shell, rooms, UpstreamOptions.DEFAULT);
    }

    /// A source to measure a model by: one in this process caches floats.
    Source openExact(Shell shell, Rooms rooms) {
        return open(shell, rooms, UpstreamOptions.DEFAULT, EngineOptions.DEFAULT.withCacheType(CacheType.F32));
    }

    /// @param treatment of an upstream, but for its models
    Source open(Shell shell, Rooms rooms, UpstreamOptions treatment) {
        return open(shell, rooms, treatment, EngineOptions.DEFAULT);
    }

    private Source open(Shell shell, Rooms rooms, UpstreamOptions treatment, EngineOptions preset) {
        Optional<String> upstream = upstream(shell.environment());
        if (upstream.isPresent()) {
            List<String> models = Optional.ofNullable(model).stream().toList();
            return relay(upstream.get(), shell, rooms, treatment.withModels(models));
        }
        EngineOptions options =
                Cli.checked(command, () -> guesses.applyTo(engine.applyTo(preset), shell.environment()));
        Optional<Path> file = Optional.ofNullable(model).map(named -> ModelFiles.file(named, shell.environment()));
        try (LoadingDisplay display = LoadingDisplay.onTerminal(shell, file)) {
            return Source.of(rooms.load(file, options, display));
        }
    }

    /// The same source, asked for whole replies; absent where it is a model in this process, which makes them of what
    /// it streams.
    ///
    /// @param streamed the source as it was opened
    /// @param treatment of an upstream, but for its models
    Optional<Source> openWhole(Shell shell, Rooms rooms, Source streamed, UpstreamOptions treatment) {
        UpstreamOptions options =
                treatment.withModels(List.of(streamed.model())).withWhole(true);
        return upstream(shell.environment()).map(url -> relay(url, shell, rooms, options));
    }

    private Source relay(String url, Shell shell, Rooms rooms, UpstreamOptions options) {
        Optional<String> apiKey = Optional.ofNullable(key).or(() -> variable(shell.environment(), "OPENAI_API_KEY"));
        return Cli.checked(command, () -> Source.of(rooms.relay(URI.create(url), apiKey, options)));
    }

    private Optional<String> upstream(Map<String, String> environment) {
        if (url != null) {
            return Optional.of(url);
        }
        return model != null && Files.exists(Path.of(model))
                ? Optional.empty()
                : variable(environment, "OPENAI_BASE_URL");
    }

    /// A variable that is empty is not set.
    private static Optional<String> variable(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
    }
}
