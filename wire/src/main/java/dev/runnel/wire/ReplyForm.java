package dev.runnel.wire;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Prompt;
import dev.runnel.core.Tools;
import java.util.OptionalInt;

/// How a reply is to be worded, as far as it isn't the backend's matter.
///
/// @param includeUsage end a stream with a chunk of usage
/// @param obfuscated pad the chunks of a stream
/// @param logprobs how many alternatives each token was asked to have; absent: nobody asked for logprobs
/// @param callsFinishAsStop a choice that has called a tool finishes with `stop`, because the tool was
///     named
/// @param reasoningAlias write reasoning under `reasoning` too
/// @param tier tell the service tier, which is always the default one
/// @param timings tell how long it took
/// @param echoed what a response repeats of its request, as JSON members; empty for completions
record ReplyForm(
        boolean includeUsage,
        boolean obfuscated,
        OptionalInt logprobs,
        boolean callsFinishAsStop,
        boolean reasoningAlias,
        boolean tier,
        boolean timings,
        String echoed) {

    /// Nothing but the answer.
    static final ReplyForm PLAIN = new ReplyForm(false, false, OptionalInt.empty(), false, false, false, false, "");

    /// What follows from the request itself and the server's options.
    static ReplyForm of(CompletionRequest request, WireOptions options) {
        boolean named =
                request.prompt() instanceof Prompt.Chat chat && chat.tools().use() == Tools.Use.NAMED;
        return new ReplyForm(
                false,
                options.obfuscates(),
                request.logprobs(),
                named && !options.namedCallsFinishAsCalls(),
                options.reasoningAlias(),
                false,
                false,
                "");
    }

    ReplyForm withUsage(boolean includeUsage) {
        return new ReplyForm(
                includeUsage, obfuscated, logprobs, callsFinishAsStop, reasoningAlias, tier, timings, echoed);
    }

    ReplyForm withObfuscation(boolean obfuscated) {
        return new ReplyForm(
                includeUsage, obfuscated, logprobs, callsFinishAsStop, reasoningAlias, tier, timings, echoed);
    }

    ReplyForm withLogprobs(OptionalInt logprobs) {
        return new ReplyForm(
                includeUsage, obfuscated, logprobs, callsFinishAsStop, reasoningAlias, tier, timings, echoed);
    }

    ReplyForm withTier(boolean tier) {
        return new ReplyForm(
                includeUsage, obfuscated, logprobs, callsFinishAsStop, reasoningAlias, tier, timings, echoed);
    }

    ReplyForm withTimings(boolean timings) {
        return new ReplyForm(
                includeUsage, obfuscated, logprobs, callsFinishAsStop, reasoningAlias, tier, timings, echoed);
    }

    ReplyForm withEcho(String echoed) {
        return new ReplyForm(
                includeUsage, obfuscated, logprobs, callsFinishAsStop, reasoningAlias, tier, timings, echoed);
    }
}
