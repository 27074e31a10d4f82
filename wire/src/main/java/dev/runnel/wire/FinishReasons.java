package dev.runnel.wire;

import dev.runnel.core.BackendException;
import dev.runnel.core.FinishReason;

/// The wire's words for why a choice ended.
final class FinishReasons {

    private FinishReasons() {}

    /// @throws BackendException if the endpoint has no such word
    static String write(Endpoint endpoint, FinishReason reason) {
        return switch (reason) {
            case STOP -> "stop";
            case LENGTH -> "length";
            case TOOL_CALLS -> {
                endpoint.requireChat("tool calls");
                yield "tool_calls";
            }
            case CONTENT_FILTER -> "content_filter";
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
