package dev.runnel.app;

import dev.runnel.wire.WireOptions;
import picocli.CommandLine.Option;

/// What the server grants to a request, and how it words its replies where clients differ.
final class WireFlags {

    @Option(
            names = "--max-choices",
            paramLabel = "N",
            defaultValue = "16",
            description = "Largest n of a request. Default: 16.")
    int maxChoices;

    @Option(
            names = "--max-stop-strings",
            paramLabel = "N",
            defaultValue = "4",
            description = "Most stop strings of a request. Default: 4, as OpenAI.")
    int maxStopStrings;

    @Option(
            names = "--strict",
            description = "Refuse requests with fields that aren't known, rather than pass over them.")
    boolean strict;

    @Option(
            names = "--obfuscate",
            description = "Pad the chunks of a stream, so that their lengths don't tell the tokens' to who watches the "
                    + "network, unless a request says otherwise.")
    boolean obfuscate;

    @Option(names = "--reasoning-alias", description = "Write reasoning as reasoning too, beside reasoning_content.")
    boolean reasoningAlias;

    @Option(
            names = "--named-calls-finish-as-calls",
            description = "Finish with tool_calls also where a request named the one tool to call; OpenAI finishes "
                    + "with stop then.")
    boolean namedCallsFinishAsCalls;

    WireOptions options() {
        return WireOptions.DEFAULT
                .withMaxChoices(maxChoices)
                .withMaxStopStrings(maxStopStrings)
                .withStrict(strict)
                .withObfuscation(obfuscate)
                .withReasoningAlias(reasoningAlias)
                .withNamedCallsFinishAsCalls(namedCallsFinishAsCalls);
    }
}
