package dev.runnel.app;

import dev.runnel.core.Backend;
import java.util.Optional;

/// Where the replies of one command come from.
///
/// @param model id of the model to ask
/// @param loaded what was loaded for it, if it generates in this process
record Source(Backend backend, String model, Optional<LoadedModel> loaded) implements AutoCloseable {

    static Source of(LoadedModel loaded) {
        return new Source(loaded.backend(), loaded.model().id(), Optional.of(loaded));
    }

    static Source of(Backend upstream) {
        return new Source(upstream, upstream.models().getFirst().id(), Optional.empty());
    }

    /// What people should know of it before they judge its replies.
    String description() {
        return loaded.map(model -> model.embedded() ? model.description() + "; " + EMBEDDED : model.description())
                .orElse(model);
    }

    static final String EMBEDDED = "a small demonstration model; --model FILE.gguf takes one of yours";

    @Override
    public void close() {
        backend.close();
    }
}
