package dev.runnel.engine;

/// Hears how far the loading of a model has come, on the thread that loads it.
@FunctionalInterface
public interface LoadingListener {

    /// What is being done, in this order.
    enum Phase {
        /// The file is mapped and checked.
        FILE,
        /// The tokenizer and the chat template are built.
        VOCABULARY,
        /// The weights are laid out for this machine.
        WEIGHTS
    }

    /// @param fraction of the phase that is done, from 0 to 1; it never goes back
    void loading(Phase phase, double fraction);

    /// Doesn't listen.
    LoadingListener NONE = (_, _) -> {};
}
