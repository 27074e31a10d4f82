package dev.runnel.core;

import java.util.Objects;

/// The model's wish that a tool be run.
///
/// @param id by which its result names it; unique in a conversation
/// @param name of the tool
/// @param arguments JSON text, as the model wrote it
public record ToolCall(String id, String name, String arguments) {
    public ToolCall {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(arguments, "arguments");
    }
}
