package dev.runnel.core;

import java.util.Objects;

/// One step of a completion, in the order a backend produced it: `Started`, then pieces and ends of choices, then
/// `Usage`.
public sealed interface TokenEvent {

    /// The request is accepted; from here on a failure breaks a stream that the reader has seen begin.
    ///
    /// @param model the model that answers
    /// @param choices how many choices follow, numbered from 0
    record Started(String model, int choices) implements TokenEvent {
        public Started {
            Objects.requireNonNull(model, "model");
            if (choices < 1) {
                throw new IllegalArgumentException("a completion has at least one choice, not " + choices);
            }
        }
    }

    /// A piece of a choice's answer. Concatenating every `text` of a choice gives its whole answer.
    ///
    /// @param text whole code points, never empty; a character split over several tokens arrives with the token
    ///     that completes it
    record Text(int choice, String text) implements TokenEvent {
        public Text {
            requirePiece(choice, text);
        }
    }

    /// A piece of a model's reasoning before its answer. Not part of the answer.
    ///
    /// @param text whole code points, never empty
    record Thinking(int choice, String text) implements TokenEvent {
        public Thinking {
            requirePiece(choice, text);
        }
    }

    /// A choice is complete. Exactly one for each choice; nothing of that choice follows.
    record Finished(int choice, FinishReason reason) implements TokenEvent {
        public Finished {
            requireChoice(choice);
            Objects.requireNonNull(reason, "reason");
        }
    }

    /// What the completion cost. Always the last event, so its arrival is what makes a stream complete.
    ///
    /// @param promptTokens tokens read, counted once however many choices, those served from a cache included
    /// @param cachedTokens the part of `promptTokens` that a cache served
    /// @param completionTokens tokens generated for all choices: reasoning, end tokens and tokens whose text a
    ///     stop string cut off included
    /// @param reasoningTokens the part of `completionTokens` that was reasoning
    record Usage(int promptTokens, int cachedTokens, int completionTokens, int reasoningTokens) implements TokenEvent {
        public Usage {
            requirePart("cached tokens", cachedTokens, "prompt tokens", promptTokens);
            requirePart("reasoning tokens", reasoningTokens, "completion tokens", completionTokens);
        }

        public Usage(int promptTokens, int completionTokens) {
            this(promptTokens, 0, completionTokens, 0);
        }

        public int totalTokens() {
            return promptTokens + completionTokens;
        }

        private static void requirePart(String part, int partCount, String whole, int wholeCount) {
            if (partCount < 0 || partCount > wholeCount) {
                throw new IllegalArgumentException(
                        "%d %s are no part of %d %s".formatted(partCount, part, wholeCount, whole));
            }
        }
    }

    private static void requirePiece(int choice, String text) {
        requireChoice(choice);
        if (text.isEmpty()) {
            throw new IllegalArgumentException("a piece of choice " + choice + " is empty");
        }
    }

    private static void requireChoice(int choice) {
        if (choice < 0) {
            throw new IllegalArgumentException("choices are numbered from 0, not " + choice);
        }
    }
}
