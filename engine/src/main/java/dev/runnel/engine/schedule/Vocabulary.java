package dev.runnel.engine.schedule;

/// What a generated token means.
public interface Vocabulary {

    /// Whether the model ends its reply with this token.
    boolean isEndOfGeneration(int token);

    /// The token's part of the reply's text, in UTF-8 and perhaps with half a character; empty for a control
    /// token.
    byte[] bytes(int token);
}
