package dev.runnel.wire;

import dev.runnel.core.TokenEvent;

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

    static TokenEvent.Usage read(Node usage) {
        int prompt = usage.get("prompt_tokens").integer(0, Integer.MAX_VALUE);
        int completion = usage.get("completion_tokens").integer(0, Integer.MAX_VALUE);
        int cached = part(usage, "prompt_tokens_details", "cached_tokens", prompt);
        int reasoning = part(usage, "completion_tokens_details", "reasoning_tokens", completion);
        return new TokenEvent.Usage(prompt, cached, completion, reasoning);
    }

    private static int part(Node usage, String details, String name, int whole) {
        return usage.find(details)
                .flatMap(known -> known.find(name))
                .map(count -> count.integer(0, whole))
                .orElse(0);
    }
}
