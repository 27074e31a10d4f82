package dev.runnel.core;

import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/// What ends a choice besides the model's own end tokens.
///
/// @param maxTokens most tokens to generate for each choice, reasoning included; absent: as many as the context
///     holds; 0 reads the prompt and generates nothing
/// @param strings that end a choice where they would begin; none is empty
/// @param tokens ids that end a choice as the model's end tokens do; their text is not part of the reply
/// @param ignoresEndTokens whether the model's end tokens don't end a choice
public record Stopping(OptionalInt maxTokens, List<String> strings, Set<Integer> tokens, boolean ignoresEndTokens) {

    /// The model's end tokens and its context alone.
    public static final Stopping DEFAULT = new Stopping(OptionalInt.empty(), List.of(), Set.of(), false);

    public Stopping {
        strings = List.copyOf(strings);
        tokens = Set.copyOf(tokens);
        if (maxTokens.isPresent() && maxTokens.getAsInt() < 0) {
            throw new IllegalArgumentException("max_tokens is " + maxTokens.getAsInt() + ", expected at least 0");
        }
        if (strings.contains("")) {
            throw new IllegalArgumentException("a stop string is empty");
        }
    }

    public Stopping withMaxTokens(int maxTokens) {
        return new Stopping(OptionalInt.of(maxTokens), strings, tokens, ignoresEndTokens);
    }

    public Stopping withStrings(List<String> strings) {
        return new Stopping(maxTokens, strings, tokens, ignoresEndTokens);
    }
}
