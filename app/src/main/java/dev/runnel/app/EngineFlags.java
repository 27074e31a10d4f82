package dev.runnel.app;

import dev.runnel.engine.EngineOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What a model in this process may use.
final class EngineFlags {

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads that compute. Default: one for each processor.")
    @Nullable
    Integer threads;

    @Option(
            names = "--context-length",
            paramLabel = "TOKENS",
            description = "Most tokens of a prompt and its reply. Default: what the model was made for, at most "
                    + EngineOptions.LONGEST_DEFAULT_CONTEXT + ".")
    @Nullable
    Integer contextLength;

    @Option(
            names = "--keep-packed",
            description = "Keep weights of 4 to 6 bits in the order that they are computed in, in a file beside the "
                    + "model, as large again and called MODEL.gguf.packed: the next start is quicker, and processes "
                    + "share the memory.")
    boolean keepPacked;

    /// @throws IllegalArgumentException if a flag's value is out of bounds
    EngineOptions applyTo(EngineOptions options) {
        EngineOptions applied = options;
        if (threads != null) {
            applied = applied.withThreads(threads);
        }
        if (contextLength != null) {
            applied = applied.withContextLength(contextLength);
        }
        return applied.withPackedKept(keepPacked);
    }
}
