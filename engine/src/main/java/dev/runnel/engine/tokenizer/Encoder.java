package dev.runnel.engine.tokenizer;

/// One kind of vocabulary: plain text to ids, and a token's bytes. For any number of threads.
sealed interface Encoder permits ScoredEncoder, ByteLevelEncoder {

    /// Appends the ids of a text without special tokens, which is well-formed and not empty.
    void encode(String text, Encoding encoding);

    /// The bytes that a token of type [TokenType#NORMAL] or [TokenType#BYTE] adds to a text.
    byte[] bytes(int id);

    /// Whether a prompt begins with the beginning-of-sequence token where the file doesn't say.
    boolean addsBos();

    /// Whether encoding a text puts a space before it, which decoding has to take away.
    boolean addsSpace();
}
