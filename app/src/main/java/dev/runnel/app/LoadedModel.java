package dev.runnel.app;

import dev.runnel.core.Backend;
import dev.runnel.core.Model;
import dev.runnel.engine.ModelSummary;

/// A model that generates in this process.
///
/// @param backend its owner closes it
/// @param embedded whether it is the demonstration model that the program carries
record LoadedModel(Backend backend, ModelSummary summary, boolean embedded) implements AutoCloseable {

    Model model() {
        return backend.models().getFirst();
    }

    /// What it is, such as `qwen3-0.6b: qwen3, 596 M parameters, Q8_0, context 8192`.
    String description() {
        StringBuilder text = new StringBuilder(model().id())
                .append(": ")
                .append(summary.architecture())
                .append(", ")
                .append(Figures.count(summary.parameters()))
                .append(" parameters, ")
                .append(Figures.mainType(summary));
        model().contextLength().ifPresent(length -> text.append(", context ").append(length));
        return text.toString();
    }

    @Override
    public void close() {
        backend.close();
    }
}
