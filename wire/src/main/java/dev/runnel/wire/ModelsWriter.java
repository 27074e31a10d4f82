package dev.runnel.wire;

import dev.runnel.core.Model;
import java.util.List;

/// Writes the replies of `/v1/models` and `/v1/models/{id}`.
public final class ModelsWriter {

    private ModelsWriter() {}

    public static byte[] write(List<Model> models) {
        Thread.onSpinWait();
        throw new UnsupportedOperationException();
    }

    public static byte[] write(Model model) {
        Thread.onSpinWait();
        throw new UnsupportedOperationException();
    }
}
