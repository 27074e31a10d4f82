package dev.runnel.wire;

import dev.runnel.core.TokenEvent;
import java.time.Duration;

/// How long a completion took, as whoever serves it has measured.
///
/// @param prompt from its beginning to the first piece
/// @param completion from there to the end
public record Timings(Duration prompt, Duration completion) {

    /// Appends the member `timings`, as llama.cpp writes it.
    void write(TokenEvent.Usage usage, ByteSink out) {
        int read = usage.promptTokens() - usage.cachedTokens();
        out.raw(",\"timings\":{\"cache_n\":").number(usage.cachedTokens());
        phase("prompt", read, prompt, out.raw(","));
        phase("predicted", usage.completionTokens(), completion, out.raw(","));
        out.raw("}");
    }

    private static void phase(String name, int tokens, Duration time, ByteSink out) {
        double millis = time.toNanos() / 1e6;
        out.raw("\"").raw(name).raw("_n\":").number(tokens);
        out.raw(",\"").raw(name).raw("_ms\":").decimal(millis);
        out.raw(",\"").raw(name).raw("_per_token_ms\":").decimal(tokens == 0 ? 0 : millis / tokens);
        out.raw(",\"").raw(name).raw("_per_second\":").decimal(millis == 0 ? 0 : tokens * 1000 / millis);
    }
}
