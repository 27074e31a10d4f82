package dev.runnel.core;

import java.util.List;
import java.util.Objects;

/// One turn of a conversation. Text is plain: what looks like a model's special token in it is text.
public sealed interface Message {

    String text();

    /// Instructions by whoever deploys the model.
    @SuppressWarnings("AvoidCommonTypeNames") // the field's own word for it
    record System(String text) implements Message {}

    /// Instructions by the application's developer; a model whose template has no such role reads them as [System].
    record Developer(String text) implements Message {}

    record User(String text) implements Message {}

    /// An earlier reply of the model.
    ///
    /// @param thinking the reasoning that came before it; empty where there was none or the client kept none
    /// @param toolCalls in the order they were made
    record Assistant(String text, String thinking, List<ToolCall> toolCalls) implements Message {
        public Assistant {
            Objects.requireNonNull(text, "text");
            Objects.requireNonNull(thinking, "thinking");
            toolCalls = List.copyOf(toolCalls);
        }

        public Assistant(String text) {
            this(text, "", List.of());
        }
    }

    /// What a tool gave back.
    ///
    /// @param callId id of the [ToolCall] that it answers
    record ToolResult(String callId, String text) implements Message {}
}
