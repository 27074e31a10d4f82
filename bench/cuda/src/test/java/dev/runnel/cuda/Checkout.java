package dev.runnel.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Files of the checkout, and reference data that lies beside it on some machines.
final class Checkout {

    private Checkout() {}

    static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(folder.resolve(".mvn"))) {
            folder = folder.getParent();
            if (folder == null) {
                throw new IllegalStateException("the tests don't run inside a checkout: no folder above holds .mvn");
            }
        }
        return folder;
    }

    /// A kernel's source.
    static String source(String name) {
        try {
            return Files.readString(root().resolve("bench/cuda/src/main/cuda").resolve(name));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// Skips the calling test, with the reason, where the file is missing.
    static Path shared(String path) {
        Path file = root().resolveSibling("shared").resolve(path);
        assumeTrue(Files.exists(file), "no reference data beside the checkout: shared/" + path);
        return file;
    }
}
