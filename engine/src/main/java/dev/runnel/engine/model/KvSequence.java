package dev.runnel.engine.model;

/// One sequence's place in a [LanguageModel]'s cache: the keys and values of the tokens read so far.
public interface KvSequence extends AutoCloseable {

    /// Tokens read so far.
    int length();

    /// Gives the room back. Closing again does nothing.
    @Override
    void close();
}
