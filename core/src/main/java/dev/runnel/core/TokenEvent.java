package dev.runnel.core;

import java.util.List;
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
    /// @param text whole code points; a character split over several tokens arrives with the token that
    ///     completes it. Empty only where there are logprobs to tell
    /// @param logprobs of exactly the tokens whose text it is, where the request asks for them
    record Text(int choice, String text, List<TokenLogprob> logprobs) implements TokenEvent {
        public Text {
            logprobs = List.copyOf(logprobs);
            if (logprobs.isEmpty()) {
                requirePiece(choice, text);
            } else {
                requireChoice(choice);
                Objects.requireNonNull(text, "text");
            }
        }

        public Text(int choice, String text) {
            this(choice, text, List.of());
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

    /// A piece of the model's words in refusing to answer, where a backend tells them from an answer. Not
    /// part of the answer.
    ///
    /// @param text whole code points, never empty
    record Refusal(int choice, String text) implements TokenEvent {
        public Refusal {
            requirePiece(choice, text);
        }
    }

    /// A choice begins to call a tool. Its calls are numbered from 0 in the order of these events; the one
    /// before is complete.
    ///
    /// @param id by which its result will name it
    /// @param name of the tool
    record Call(int choice, String id, String name) implements TokenEvent {
        public Call {
            requireChoice(choice);
            if (id.isBlank() || name.isBlank()) {
                throw new IllegalArgumentException(
                        "a tool call of choice %d has the id '%s' and the name '%s'".formatted(choice, id, name));
            }
        }
    }

    /// A piece of the arguments of a choice's latest call. Concatenating them gives JSON text, unless the
    /// reply was cut short.
    ///
    /// @param text whole code points, never empty
    record Arguments(int choice, String text) implements TokenEvent {
        public Arguments {
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

        /// The cost of both together.
        public Usage plus(Usage other) {
            return new Usage(
                    Math.addExact(promptTokens, other.promptTokens),
                    cachedTokens + other.cachedTokens,
                    Math.addExact(completionTokens, other.completionTokens),
                    reasoningTokens + other.reasoningTokens);
        }

        public int totalTokens() {
            return Math.addExact(promptTokens, completionTokens);
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
