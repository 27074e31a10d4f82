package dev.runnel.engine.reply;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;

/// What a prompt settles about how its reply is to be read.
///
/// @param tokens the id of the token that is exactly this text and is never made of text by chance, or
///     [#NO_TOKEN]; a marker that has one is known by it, and its text spelled out is text
/// @param startsReasoning whether the prompt ends within reasoning
/// @param callable names of the tools that may be called; what looks like a call of another is text
/// @param stops strings that end the answer where they would begin
/// @param dropsLeadingSpace whether one space at the very start is not part of the reply: tokenizers of
///     SentencePiece's kind write a word's space before it, and the first word has none
public record ReplyFormat(
        Dialect dialect,
        ToIntFunction<String> tokens,
        boolean startsReasoning,
        Set<String> callable,
        List<String> stops,
        boolean dropsLeadingSpace) {

    public static final int NO_TOKEN = -1;

    /// A reply that is nothing but text.
    public static ReplyFormat text(List<String> stops, boolean dropsLeadingSpace) {
        return new ReplyFormat(
                new Dialect(Optional.empty(), CallSyntax.UNKNOWN),
                _ -> NO_TOKEN,
                false,
                Set.of(),
                stops,
                dropsLeadingSpace);
    }

    public ReplyFormat {
        Objects.requireNonNull(dialect, "dialect");
        Objects.requireNonNull(tokens, "tokens");
        callable = Set.copyOf(callable);
        stops = List.copyOf(stops);
    }

    /// Whether any tool may be called.
    boolean mayCall() {
        return !callable.isEmpty();
    }
}
