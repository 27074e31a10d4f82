package dev.runnel.engine;

import java.time.Duration;

/// What an engine is doing and what it has done since it was opened. The counts are read one after another
/// while the engine works, so they need not be of the same instant.
///
/// @param waiting completions that have not begun: their prompt is being prepared, or they wait for room
/// @param running completions that have begun and not ended
/// @param completed completions that ended with their usage
/// @param cancelled completions whose reader left before the end
/// @param failed completions that were admitted and then broke off on this side
/// @param refused completions turned away before they were admitted
/// @param queued how long those that began had waited, together
/// @param steps runs of the model
/// @param promptTokens prompt tokens the model has read for the first time; choices of one completion share
///     the reading
/// @param cachedTokens prompt tokens it did not have to read, as the cache had them from earlier completions
/// @param repeatedTokens tokens read once more, of sequences that had given up their room
/// @param generatedTokens tokens sampled
/// @param guessedTokens guesses at next tokens that the model has checked
/// @param rightGuesses those of them that were right, and spared a step each
/// @param lostTokens the part of read and sampled tokens that went into completions that were cancelled or
///     failed
/// @param pages of the cache
/// @param heldPages pages that sequences hold
/// @param keptPages pages that nobody holds, kept for completions that begin alike
public record EngineStats(
        int waiting,
        int running,
        long completed,
        long cancelled,
        long failed,
        long refused,
        Duration queued,
        long steps,
        long promptTokens,
        long cachedTokens,
        long repeatedTokens,
        long generatedTokens,
        long guessedTokens,
        long rightGuesses,
        long lostTokens,
        int pages,
        int heldPages,
        int keptPages) {

    /// The part of all prompt tokens that the cache had; 0 before there are any.
    public double hitRate() {
        long all = promptTokens + cachedTokens;
        return all == 0 ? 0 : (double) cachedTokens / all;
    }
}
