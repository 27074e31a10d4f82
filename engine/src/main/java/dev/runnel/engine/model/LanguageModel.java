package dev.runnel.engine.model;

import java.util.List;
import java.util.Optional;

/// What turns tokens into logits, with a cache of the tokens it has already read.
///
/// One thread drives it: the step loop. It reserves room for a sequence when it admits one, reads the prompt
/// in slices and then one token after another, and closes the sequence when it has ended. A sequence's logits
/// are the same to the last bit however its tokens were cut into slices, and whatever else was in the batch.
public interface LanguageModel extends AutoCloseable {

    /// Logits per position; a token is at least 0 and below this.
    int vocabularySize();

    /// The most tokens of one sequence, never more than [#capacity].
    int contextLength();

    /// Room in the cache for a new sequence of at most `tokens`; empty when there is not enough at the
    /// moment.
    ///
    /// @param tokens prompt and generation together, from 1 to [#contextLength]
    Optional<KvSequence> reserve(int tokens);

    /// Tokens that the cache holds in all, over all sequences.
    int capacity();

    /// Runs the model once over all slices. Each sequence then is longer by its slice, and the slices that
    /// asked for logits have them.
    ///
    /// @param batch at least one slice, each of another sequence
    void forward(List<Slice> batch);

    /// Frees the weights and the cache. Sequences must not be used afterwards.
    @Override
    void close();
}
