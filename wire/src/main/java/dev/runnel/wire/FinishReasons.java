package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.FinishReason;

/// The wire's words for why a choice ended.
final class FinishReasons {

    private FinishReasons() {}

    /// A choice that ended by itself is worded by what was sent of it, whatever its backend calls that: a
    /// client that reads `tool_calls` looks for calls, and one that reads `stop` doesn't.
    ///
    /// @param called whether the choice has called a tool
    /// @throws BackendException if the endpoint has no such word
    static String write(Endpoint endpoint, FinishReason reason, boolean called, ReplyForm form) {
        if (reason == FinishReason.TOOL_CALLS) {
            endpoint.requireChat("tool calls");
        }
        return switch (reason) {
            case STOP, TOOL_CALLS -> called && !form.callsFinishAsStop() ? "tool_calls" : "stop";
            case LENGTH -> "length";
            case CONTENT_FILTER -> "content_filter";
        };
    }

    /// Whether the reply was cut, so that the latest call's arguments may be half of what they were to be.
    static boolean isCut(FinishReason reason) {
        return switch (reason) {
            case STOP, TOOL_CALLS -> false;
            case LENGTH, CONTENT_FILTER -> true;
        };
    }

    static FinishReason read(Node word) {
        return switch (word.text()) {
            case "stop" -> FinishReason.STOP;
            case "length" -> FinishReason.LENGTH;
            case "tool_calls", "function_call" -> FinishReason.TOOL_CALLS;
            case "content_filter" -> FinishReason.CONTENT_FILTER;
            default -> throw word.expected("stop, length, tool_calls or content_filter");
        };
    }
}
