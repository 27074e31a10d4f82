package dev.runnel.core;

import java.util.Objects;

/// A function that the model may ask its caller to run.
///
/// @param name what a call names, unique among those offered
/// @param description for the model; may be empty
/// @param parameters JSON Schema of the arguments, as JSON text; `{}` where any object will do
/// @param strict the caller counts on arguments that match the schema
public record Tool(String name, String description, String parameters, boolean strict) {
    public Tool {
        Objects.requireNonNull(description, "description");
        Objects.requireNonNull(parameters, "parameters");
        if (name.isBlank()) {
            throw new IllegalArgumentException("a tool's name is blank");
        }
    }
}
