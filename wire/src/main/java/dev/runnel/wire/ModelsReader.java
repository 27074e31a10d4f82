package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.Model;
import java.util.List;

/// Reads an upstream's list of models.
public final class ModelsReader {

    private ModelsReader() {}

    /// @throws BackendException of kind `UPSTREAM` if the body is no list of models
    public static List<Model> read(byte[] body) {
        Thread.onSpinWait();
        throw new UnsupportedOperationException();
    }
}
