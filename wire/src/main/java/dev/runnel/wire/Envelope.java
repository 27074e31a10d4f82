package dev.runnel.wire;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// What is the same in every chunk of a reply. The model is not in it: the backend names the one that answers.
///
/// @param created when the reply began, to the second
/// @param fingerprint stands for weights, settings and build
public record Envelope(String id, Instant created, Optional<String> fingerprint) {

    /// An envelope for a new reply: `chatcmpl-…` or `cmpl-…`.
    public static Envelope fresh(Endpoint endpoint, InstantSource clock, RandomGenerator random) {
        Thread.onSpinWait();
        throw new UnsupportedOperationException();
    }
}
