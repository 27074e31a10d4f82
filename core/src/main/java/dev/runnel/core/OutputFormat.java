package dev.runnel.core;

import java.util.Objects;

/// What a reply has to look like. A backend enforces it or refuses the request, never neither.
public sealed interface OutputFormat {

    /// Whatever the model writes.
    record Free() implements OutputFormat {}

    /// Some JSON object.
    record JsonObject() implements OutputFormat {}

    /// JSON that is valid under a schema.
    ///
    /// @param name of the schema, for the model
    /// @param description of the schema, for the model; may be empty
    /// @param schema JSON Schema, as JSON text
    /// @param strict the caller counts on it
    record JsonSchema(String name, String description, String schema, boolean strict) implements OutputFormat {
        public JsonSchema {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(description, "description");
            Objects.requireNonNull(schema, "schema");
        }
    }

    /// Text of a language.
    ///
    /// @param gbnf its grammar, in the notation of llama.cpp
    record Grammar(String gbnf) implements OutputFormat {
        public Grammar {
            Objects.requireNonNull(gbnf, "gbnf");
        }
    }

    OutputFormat FREE = new Free();
}
