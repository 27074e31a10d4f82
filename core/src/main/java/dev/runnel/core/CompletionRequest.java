package dev.runnel.core;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/// What a client wants completed.
///
/// @param model id of the model that shall answer
/// @param choices how many answers, each sampled on its own
/// @param maxTokens most tokens to generate for each choice, reasoning included; absent: as many as the context holds
/// @param stop strings that end a choice where they would begin; none is empty
public record CompletionRequest(
        String model, Prompt prompt, int choices, Sampling sampling, OptionalInt maxTokens, List<String> stop) {

    public CompletionRequest {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(prompt, "prompt");
        Objects.requireNonNull(sampling, "sampling");
        stop = List.copyOf(stop);
        if (choices < 1) {
            throw new IllegalArgumentException("choices is " + choices + ", expected at least 1");
        }
        if (maxTokens.isPresent() && maxTokens.getAsInt() < 1) {
            throw new IllegalArgumentException("max_tokens is " + maxTokens.getAsInt() + ", expected at least 1");
        }
        if (stop.contains("")) {
            throw new IllegalArgumentException("a stop string is empty");
        }
    }

    /// One choice, default sampling, no limit but the context.
    public static CompletionRequest of(String model, Prompt prompt) {
        return new CompletionRequest(model, prompt, 1, Sampling.DEFAULT, OptionalInt.empty(), List.of());
    }

    /// A conversation of one user message.
    public static CompletionRequest of(String model, String userText) {
        return of(model, new Prompt.Chat(List.of(new Message.User(userText))));
    }

    public CompletionRequest withModel(String model) {
        return new CompletionRequest(model, prompt, choices, sampling, maxTokens, stop);
    }

    public CompletionRequest withChoices(int choices) {
        return new CompletionRequest(model, prompt, choices, sampling, maxTokens, stop);
    }

    public CompletionRequest withSampling(Sampling sampling) {
        return new CompletionRequest(model, prompt, choices, sampling, maxTokens, stop);
    }

    public CompletionRequest withMaxTokens(int maxTokens) {
        return new CompletionRequest(model, prompt, choices, sampling, OptionalInt.of(maxTokens), stop);
    }

    public CompletionRequest withStop(List<String> stop) {
        return new CompletionRequest(model, prompt, choices, sampling, maxTokens, stop);
    }
}
