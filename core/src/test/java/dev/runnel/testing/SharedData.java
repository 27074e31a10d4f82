package dev.runnel.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/// Reference data that lies beside the checkout on some machines: golden outputs and real weights.
public final class SharedData {

    private SharedData() {}

    /// The checkout's root: the folder that holds `.mvn`.
    public static Path checkout() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(folder.resolve(".mvn"))) {
            folder = folder.getParent();
            if (folder == null) {
                throw new IllegalStateException("the tests don't run inside a checkout: no folder above holds .mvn");
            }
        }
        return folder;
    }

    /// Skips the calling test, with the reason, where the file is missing.
    ///
    /// @param path below the folder of reference data, such as `golden/models/llama.gguf`
    public static Path require(String path) {
        Path file = checkout().resolveSibling("shared").resolve(path);
        assumeTrue(Files.exists(file), "no reference data beside the checkout: shared/" + path);
        return file;
    }
}
