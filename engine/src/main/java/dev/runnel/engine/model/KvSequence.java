package dev.runnel.engine.model;

import java.util.Optional;

/// One sequence's place in a [LanguageModel]'s cache: the keys and values of the tokens read so far.
public interface KvSequence extends AutoCloseable {

    /// Tokens read so far, those that the cache had when it was opened included, and guesses only as far as
    /// they have been kept.
    int length();

    /// Counts the next of the guesses that it has read ahead. Those that have not been kept are forgotten
    /// when a slice comes that has more than guesses.
    ///
    /// @param guesses at most as many as are left
    void keep(int guesses);

    /// Sees to it that the sequence has room for `tokens` in all.
    ///
    /// @return whether it has; if not, nothing has changed
    boolean reserve(int tokens);

    /// Takes over those of its next tokens that others have read in the meantime, if it shares.
    ///
    /// @param tokens those it has read and those it is about to, of which the last stays to be read
    /// @return how many tokens it is longer by
    int catchUp(int[] tokens);

    /// Another sequence of the tokens read so far, which goes on by itself; empty when there is not enough
    /// room at the moment.
    ///
    /// @param tokens that it has room for, those read included
    Optional<KvSequence> fork(int tokens);

    /// Gives the room back. Closing again does nothing.
    @Override
    void close();
}
