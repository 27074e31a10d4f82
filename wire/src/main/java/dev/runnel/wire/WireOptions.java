package dev.runnel.wire;

/// What a server grants to one request, and how it words its replies where clients differ.
///
/// @param maxChoices largest `n` and `best_of`, within OpenAI's own bounds
/// @param maxStopStrings most strings in `stop`
/// @param maxPrompts most prompts in one text completion
/// @param strict refuse fields that we don't know, rather than pass over them
/// @param obfuscates pad the chunks of a stream, so that their lengths don't tell the tokens' to whoever
///     watches the network, unless the request says otherwise
/// @param reasoningAlias write reasoning under `reasoning` too, beside `reasoning_content`
/// @param namedCallsFinishAsCalls finish with `tool_calls` also where the request named the one tool to
///     call; OpenAI finishes with `stop` then
/// @param rememberedBytes memory for the items of the latest responses, so that a request may name them
///     by id; 0 remembers nothing, and refuses such requests
public record WireOptions(
        int maxChoices,
        int maxStopStrings,
        int maxPrompts,
        boolean strict,
        boolean obfuscates,
        boolean reasoningAlias,
        boolean namedCallsFinishAsCalls,
        long rememberedBytes) {

    /// As OpenAI: four stop strings, and the finish reason of a named call. Sixteen choices and 128
    /// prompts. What we don't know is passed over, nothing is padded, and reasoning has one name. 32 MiB
    /// of remembered items.
    public static final WireOptions DEFAULT = new WireOptions(16, 4, 128, false, false, false, false, 32 << 20);

    public WireOptions {
        if (maxChoices < 1 || maxStopStrings < 1 || maxPrompts < 1) {
            throw new IllegalArgumentException(
                    "a server grants at least one choice, one stop string and one prompt, not %d, %d and %d"
                            .formatted(maxChoices, maxStopStrings, maxPrompts));
        }
    }

    public WireOptions withMaxChoices(int maxChoices) {
        return new WireOptions(
                maxChoices,
                maxStopStrings,
                maxPrompts,
                strict,
                obfuscates,
                reasoningAlias,
                namedCallsFinishAsCalls,
                rememberedBytes);
    }

    public WireOptions withRememberedBytes(long rememberedBytes) {
        return new WireOptions(
                maxChoices,
                maxStopStrings,
                maxPrompts,
                strict,
                obfuscates,
                reasoningAlias,
                namedCallsFinishAsCalls,
                rememberedBytes);
    }

    public WireOptions withMaxStopStrings(int maxStopStrings) {
        return new WireOptions(
                maxChoices,
                maxStopStrings,
                maxPrompts,
                strict,
                obfuscates,
                reasoningAlias,
                namedCallsFinishAsCalls,
                rememberedBytes);
    }

    public WireOptions withMaxPrompts(int maxPrompts) {
        return new WireOptions(
                maxChoices,
                maxStopStrings,
                maxPrompts,
                strict,
                obfuscates,
                reasoningAlias,
                namedCallsFinishAsCalls,
                rememberedBytes);
    }

    public WireOptions withStrict(boolean strict) {
        return new WireOptions(
                maxChoices,
                maxStopStrings,
                maxPrompts,
                strict,
                obfuscates,
                reasoningAlias,
                namedCallsFinishAsCalls,
                rememberedBytes);
    }

    public WireOptions withObfuscation(boolean obfuscates) {
        return new WireOptions(
                maxChoices,
                maxStopStrings,
                maxPrompts,
                strict,
                obfuscates,
                reasoningAlias,
                namedCallsFinishAsCalls,
                rememberedBytes);
    }

    public WireOptions withReasoningAlias(boolean reasoningAlias) {
        return new WireOptions(
                maxChoices,
                maxStopStrings,
                maxPrompts,
                strict,
                obfuscates,
                reasoningAlias,
                namedCallsFinishAsCalls,
                rememberedBytes);
    }

    public WireOptions withNamedCallsFinishAsCalls(boolean namedCallsFinishAsCalls) {
        return new WireOptions(
                maxChoices,
                maxStopStrings,
                maxPrompts,
                strict,
                obfuscates,
                reasoningAlias,
                namedCallsFinishAsCalls,
                rememberedBytes);
    }
}
