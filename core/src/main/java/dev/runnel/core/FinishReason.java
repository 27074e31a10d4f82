package dev.runnel.core;

/// Why a choice ended.
public enum FinishReason {
    /// The model's end token or one of the request's stop strings.
    STOP,
    /// The token limit, or the end of the model's context.
    LENGTH,
    /// The model called tools and waits for their results.
    TOOL_CALLS,
    /// A moderator withheld the rest.
    CONTENT_FILTER
}
