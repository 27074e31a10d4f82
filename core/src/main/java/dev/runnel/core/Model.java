package dev.runnel.core;

import java.time.Instant;
import java.util.Objects;
import java.util.OptionalInt;

/// A model that a backend serves.
///
/// @param id the name requests use; may hold slashes
/// @param owner who made it, as far as the backend knows
/// @param contextLength most tokens of prompt and completion together, where the backend knows
public record Model(String id, Instant created, String owner, OptionalInt contextLength) {
    public Model {
        Objects.requireNonNull(created, "created");
        Objects.requireNonNull(owner, "owner");
        if (id.isBlank()) {
            throw new IllegalArgumentException("a model's id is blank");
        }
    }
}
