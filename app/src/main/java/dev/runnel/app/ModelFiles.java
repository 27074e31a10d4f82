package dev.runnel.app;

import dev.runnel.app.hub.HubCache;
import dev.runnel.app.hub.HubName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// What people may call a model in this process: its file, or its name on a hub if it has been pulled.
final class ModelFiles {

    private ModelFiles() {}

    /// The file of a model.
    ///
    /// @param named a path, or `OWNER/REPO[:QUANT]`; what exists as a file is one
    /// @param environment of the process
    /// @throws CommandFailure if it is no name, or one of which nothing has been pulled
    static Path file(String named, Map<String, String> environment) {
        if (named.isBlank()) {
            throw new CommandFailure("the model's name is blank, expected a file or OWNER/REPO[:QUANT]");
        }
        Path path = Path.of(named);
        Optional<HubName> name = HubName.parse(named);
        if (Files.exists(path) || name.isEmpty()) {
            return path;
        }
        Optional<Path> pulled = Stream.of(HubCache.huggingFace(environment), HubCache.modelScope(environment))
                .flatMap(cache -> cache.find(name.get()).stream())
                .findFirst();
        if (pulled.isEmpty() && !named.endsWith(".gguf")) {
            throw new CommandFailure(
                    "there is no file %s, and no model of that name has been pulled; `runnel pull %s` fetches it"
                            .formatted(named, named));
        }
        return pulled.orElse(path);
    }
}
