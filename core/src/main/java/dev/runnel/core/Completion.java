package dev.runnel.core;

import java.util.List;
import java.util.Objects;

/// A whole reply: the fold of a completion's events, and what a client that doesn't stream receives.
///
/// @param model the model that answered
/// @param choices in the order of their index
public record Completion(String model, List<Choice> choices, TokenEvent.Usage usage) {

    /// One of the answers.
    ///
    /// @param text every [TokenEvent.Text] of the choice, concatenated
    /// @param thinking every [TokenEvent.Thinking] of the choice, concatenated
    /// @param refusal every [TokenEvent.Refusal] of the choice, concatenated
    /// @param toolCalls in the order they were made
    /// @param logprobs of the tokens of `text`, where the request asks for them
    public record Choice(
            String text,
            String thinking,
            String refusal,
            List<ToolCall> toolCalls,
            List<TokenLogprob> logprobs,
            FinishReason reason) {
        public Choice {
            Objects.requireNonNull(text, "text");
            Objects.requireNonNull(thinking, "thinking");
            Objects.requireNonNull(refusal, "refusal");
            toolCalls = List.copyOf(toolCalls);
            logprobs = List.copyOf(logprobs);
            Objects.requireNonNull(reason, "reason");
        }

        /// A choice of text and reasoning alone.
        public Choice(String text, String thinking, FinishReason reason) {
            this(text, thinking, "", List.of(), List.of(), reason);
        }
    }

    public Completion {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(usage, "usage");
        choices = List.copyOf(choices);
        if (choices.isEmpty()) {
            throw new IllegalArgumentException("a completion has at least one choice");
        }
    }

    /// The first choice's answer.
    public String text() {
        return choices.getFirst().text();
    }

    /// The fold.
    ///
    /// @throws BackendException if the events stop before [TokenEvent.Usage] or come out of order
    public static Completion of(Iterable<? extends TokenEvent> events) {
        CompletionFold fold = new CompletionFold();
        events.forEach(fold::accept);
        return fold.completion();
    }
}
