package dev.runnel.core;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Turns requests into streams of token events. Safe for use by many threads.
public interface Backend extends AutoCloseable {

    /// The models it serves, at least one.
    List<Model> models();

    /// The stream that answers `request`.
    ///
    /// Never blocks and never throws: a refusal (unknown model, prompt too long, queue full) is a stream that fails
    /// before its first event. A stream that nobody reads costs nothing; the work starts with the first demand.
    CompletionStream complete(CompletionRequest request);

    /// The vocabulary and the chat template of a model, where the backend has them at hand.
    default Optional<TokenCodec> codec(String model) {
        return Optional.empty();
    }

    /// What it does at the moment, by the ids of those of its models of which it knows that. Reads some
    /// counters and never waits.
    default Map<String, BackendLoad> load() {
        return Map.of();
    }

    /// Whether it is known to have ended, be it closed or stopped by a fault of its own: whatever it is
    /// asked for from then on fails. Never waits.
    default boolean hasEnded() {
        return false;
    }

    /// Ends the running streams with a failure and frees what the backend holds. Streams asked for afterwards fail.
    @Override
    void close();
}
