package dev.runnel.wire;

import dev.runnel.core.TokenEvent;
import java.util.Optional;

/// The wire's `usage`.
final class UsageObject {

    private UsageObject() {}

    /// Writes all of it, zeros included: cost tools read the details.
    static void write(TokenEvent.Usage usage, ByteSink out) {
        out.raw("{\"prompt_tokens\":").number(usage.promptTokens());
        out.raw(",\"completion_tokens\":").number(usage.completionTokens());
        out.raw(",\"total_tokens\":").number(usage.totalTokens());
        out.raw(",\"prompt_tokens_details\":{\"cached_tokens\":").number(usage.cachedTokens());
        out.raw(",\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":")
                .number(usage.reasoningTokens());
        out.raw(",\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}");
    }

    /// Writes it in the words of responses.
    static void writeOfResponse(TokenEvent.Usage usage, ByteSink out) {
        out.raw("{\"input_tokens\":").number(usage.promptTokens());
        out.raw(",\"input_tokens_details\":{\"cached_tokens\":").number(usage.cachedTokens());
        out.raw("},\"output_tokens\":").number(usage.completionTokens());
        out.raw(",\"output_tokens_details\":{\"reasoning_tokens\":").number(usage.reasoningTokens());
        out.raw("},\"total_tokens\":").number(usage.totalTokens()).raw("}");
    }

    /// The cost as an upstream tells it. Some count reasoning in the total and not among the completion's
    /// tokens: what the total has more than its parts is reasoning then, and part of the completion here.
    ///
    /// @throws BackendException if the counts are none, or contradict one another
    static TokenEvent.Usage read(Node usage) {
        int prompt = usage.get("prompt_tokens").integer(0, Integer.MAX_VALUE);
        int completion = usage.get("completion_tokens").integer(0, Integer.MAX_VALUE);
        if ((long) prompt + completion > Integer.MAX_VALUE) {
            throw usage.invalid(
                    "usage has %d and %d tokens, which are more than anyone can count".formatted(prompt, completion));
        }
        Optional<Node> total = usage.find("total_tokens");
        int apart = total.map(count -> count.integer(0, Integer.MAX_VALUE) - prompt - completion)
                .orElse(0);
        Optional<Integer> told = part(usage, "completion_tokens_details", "reasoning_tokens", Integer.MAX_VALUE);
        int reasoning = told.filter(count -> count > 0).orElse(Math.max(apart, 0));
        if (apart < 0 || (apart > 0 && reasoning != apart)) {
            throw total.orElseThrow().expected("%d and %d, which are its parts".formatted(prompt, completion));
        }
        if (reasoning > completion + apart) {
            throw usage.invalid(
                    "usage has %d reasoning tokens, which are no part of %d".formatted(reasoning, completion + apart));
        }
        int cached =
                part(usage, "prompt_tokens_details", "cached_tokens", prompt).orElse(0);
        return new TokenEvent.Usage(prompt, cached, completion + apart, reasoning);
    }

    private static Optional<Integer> part(Node usage, String details, String name, int whole) {
        return usage.find(details).flatMap(known -> known.find(name)).map(count -> count.integer(0, whole));
    }
}
