package dev.runnel.lab;

import dev.runnel.core.Backend;
import java.util.Objects;

/// Who is asked, and how its replies are read.
///
/// @param name for people
/// @param backend its owner closes it
/// @param model id of the model to ask
public record Target(String name, Backend backend, String model, Target.Reading reading) {

    /// How a reader gets a reply.
    public enum Reading {
        /// Piece by piece, as it is made.
        STREAMED,
        /// All of it when it is complete, which is when its first word is seen, too.
        WHOLE
    }

    public Target {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(backend, "backend");
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(reading, "reading");
    }
}
