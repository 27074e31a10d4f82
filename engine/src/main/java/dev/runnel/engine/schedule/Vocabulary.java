package dev.runnel.engine.schedule;

/// What a token means.
public interface Vocabulary {

    /// Whether the model ends its reply with this token.
    boolean isEndOfGeneration(int token);

    /// The token's part of a text, in UTF-8 and perhaps with half a character; empty for a control token.
    byte[] bytes(int token);

    /// As [#bytes], with a control token by its name: for people who look at tokens.
    byte[] bytesWithSpecial(int token);
}
