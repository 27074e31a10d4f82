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
    public record Choice(String text, String thinking, FinishReason reason) {}

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
