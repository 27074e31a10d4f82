package dev.runnel.core;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/// What a client wants completed.
///
/// @param model id of the model that shall answer
/// @param choices how many answers, each sampled on its own
/// @param logprobs tell how probable each token was, with this many alternatives each, 0 to 20; absent: don't tell
/// @param echo whether the reply begins with the prompt, its logprobs included
/// @param cachePrompt whether what an earlier request left behind may spare reading the prompt; the answer is
///     the same
public record CompletionRequest(
        String model,
        Prompt prompt,
        int choices,
        Sampling sampling,
        Stopping stopping,
        OutputFormat format,
        OptionalInt logprobs,
        boolean echo,
        boolean cachePrompt) {

    /// Most alternatives that [#logprobs] asks for.
    public static final int MOST_ALTERNATIVES = 20;

    public CompletionRequest {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(prompt, "prompt");
        Objects.requireNonNull(sampling, "sampling");
        Objects.requireNonNull(stopping, "stopping");
        Objects.requireNonNull(format, "format");
        if (choices < 1) {
            throw new IllegalArgumentException("choices is " + choices + ", expected at least 1");
        }
        if (logprobs.orElse(0) < 0 || logprobs.orElse(0) > MOST_ALTERNATIVES) {
            throw new IllegalArgumentException(
                    "logprobs is %d, expected 0 to %d".formatted(logprobs.orElse(0), MOST_ALTERNATIVES));
        }
    }

    /// One choice, default sampling, no limit but the context.
    public static CompletionRequest of(String model, Prompt prompt) {
        return new CompletionRequest(
                model,
                prompt,
                1,
                Sampling.DEFAULT,
                Stopping.DEFAULT,
                OutputFormat.FREE,
                OptionalInt.empty(),
                false,
                true);
    }

    /// A conversation of one user message.
    public static CompletionRequest of(String model, String userText) {
        return of(model, new Prompt.Chat(List.of(new Message.User(userText))));
    }

    public CompletionRequest withModel(String model) {
        return new CompletionRequest(model, prompt, choices, sampling, stopping, format, logprobs, echo, cachePrompt);
    }

    public CompletionRequest withPrompt(Prompt prompt) {
        return new CompletionRequest(model, prompt, choices, sampling, stopping, format, logprobs, echo, cachePrompt);
    }

    public CompletionRequest withChoices(int choices) {
        return new CompletionRequest(model, prompt, choices, sampling, stopping, format, logprobs, echo, cachePrompt);
    }

    public CompletionRequest withSampling(Sampling sampling) {
        return new CompletionRequest(model, prompt, choices, sampling, stopping, format, logprobs, echo, cachePrompt);
    }

    public CompletionRequest withStopping(Stopping stopping) {
        return new CompletionRequest(model, prompt, choices, sampling, stopping, format, logprobs, echo, cachePrompt);
    }

    public CompletionRequest withMaxTokens(int maxTokens) {
        return withStopping(stopping.withMaxTokens(maxTokens));
    }

    public CompletionRequest withStop(List<String> strings) {
        return withStopping(stopping.withStrings(strings));
    }

    public CompletionRequest withFormat(OutputFormat format) {
        return new CompletionRequest(model, prompt, choices, sampling, stopping, format, logprobs, echo, cachePrompt);
    }

    public CompletionRequest withLogprobs(int alternatives) {
        return new CompletionRequest(
                model, prompt, choices, sampling, stopping, format, OptionalInt.of(alternatives), echo, cachePrompt);
    }

    public CompletionRequest withEcho(boolean echo) {
        return new CompletionRequest(model, prompt, choices, sampling, stopping, format, logprobs, echo, cachePrompt);
    }

    public CompletionRequest withCachePrompt(boolean cachePrompt) {
        return new CompletionRequest(model, prompt, choices, sampling, stopping, format, logprobs, echo, cachePrompt);
    }
}
