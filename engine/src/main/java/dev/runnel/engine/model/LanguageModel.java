package dev.runnel.engine.model;

import dev.runnel.engine.kernel.Workers;
import java.util.List;
import java.util.Optional;

/// What turns tokens into logits, with a cache of the tokens it has already read.
///
/// One thread drives it: the step loop. It reserves room for a sequence when it admits one, and more as the
/// sequence grows, reads the prompt in slices and then one token after another, and closes the sequence when
/// it has ended. A sequence's logits are the same to the last bit however its tokens were cut into slices,
/// whatever else was in the batch, and whether it or another has read its beginning.
public interface LanguageModel extends AutoCloseable {

    /// Logits per position; a token is at least 0 and below this.
    int vocabularySize();

    /// The most tokens of one sequence, never more than [#capacity].
    int contextLength();

    /// Room in the cache for a new sequence of `tokens` that uses nothing of others and leaves nothing behind;
    /// empty when there is not enough at the moment.
    ///
    /// @param tokens from 1 to [#contextLength]
    Optional<KvSequence> reserve(int tokens);

    /// As [#reserve(int)], for a sequence that shares: it begins with as many tokens of `beginning` as the
    /// cache has of earlier ones, but never with its last, whose logits somebody will want, and what it reads
    /// stays for later ones as long as there is room.
    ///
    /// @param tokens at least as many as `beginning` has
    Optional<KvSequence> reserve(int tokens, int[] beginning);

    /// Tokens that the cache holds in all, over all sequences.
    int capacity();

    /// What its cache's pages are used for.
    CacheUse cacheUse();

    /// Runs the model once over all slices. Each sequence then is longer by its slice, and the slices that
    /// asked for logits have them.
    ///
    /// @param batch at least one slice, each of another sequence
    void forward(List<Slice> batch);

    /// Threads that [#inParallel] has, the caller's included.
    default int threads() {
        return 1;
    }

    /// Does a task of the caller's on the threads that run the model, which have nothing to do between two passes. As
    /// these, called by the one thread that drives it, and not from within a task.
    ///
    /// @param parts that the task has; each is done once, in any order
    default void inParallel(int parts, Workers.Task task) {
        for (int part = 0; part < parts; part++) {
            task.run(0, part);
        }
    }

    /// Frees the weights and the cache. Sequences must not be used afterwards.
    @Override
    void close();
}
