package dev.runnel.app;

import dev.runnel.engine.ModelText;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Whose vocabulary and chat template.
final class VocabularyFlags {

    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "A GGUF file; its vocabulary alone will do. Default: the demonstration model.")
    @Nullable
    Path model;

    ModelText open(Rooms rooms) {
        return rooms.text(Optional.ofNullable(model));
    }
}
