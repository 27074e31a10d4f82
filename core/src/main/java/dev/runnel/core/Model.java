package dev.runnel.core;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/// A model that a backend serves.
///
/// @param id the name requests use; may hold slashes
/// @param owner who made it, as far as the backend knows
/// @param contextLength most tokens of prompt and completion together, where the backend knows
/// @param fingerprint stands for weights, settings and build: as long as it stays the same, so do the replies to
///     seeded requests. Absent where the backend doesn't know
public record Model(String id, Instant created, String owner, OptionalInt contextLength, Optional<String> fingerprint) {
    public Model {
        Objects.requireNonNull(created, "created");
        Objects.requireNonNull(owner, "owner");
        Objects.requireNonNull(contextLength, "contextLength");
        Objects.requireNonNull(fingerprint, "fingerprint");
        if (id.isBlank()) {
            throw new IllegalArgumentException("a model's id is blank");
        }
    }

    /// A model without a fingerprint.
    public Model(String id, Instant created, String owner, OptionalInt contextLength) {
        this(id, created, owner, contextLength, Optional.empty());
    }

    public Model withFingerprint(String fingerprint) {
        return new Model(id, created, owner, contextLength, Optional.of(fingerprint));
    }
}
