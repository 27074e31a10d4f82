package dev.runnel.core;

/// What a backend does for one of its models at the moment, and what its guesses were worth, for whoever watches it.
/// The numbers are read one after another while the backend works, so they need not be of the same instant.
///
/// @param running completions that have begun and not ended
/// @param waiting completions that have been asked for and not begun
/// @param pages of the cache of what has been read; 0 where there is none at the moment
/// @param heldPages the part of `pages` that running completions hold
/// @param keptPages the part of `pages` that nobody holds, kept for completions that begin alike
/// @param hitRatio the part of all prompt tokens that the cache had, from 0 to 1; 0 before there are any
/// @param guessedTokens tokens guessed ahead of the model so far (speculative decoding)
/// @param rightGuesses the part of `guessedTokens` that the model would have said, too
public record BackendLoad(
        int running,
        int waiting,
        int pages,
        int heldPages,
        int keptPages,
        double hitRatio,
        long guessedTokens,
        long rightGuesses) {

    /// Of a model that is not loaded.
    public static final BackendLoad NONE = new BackendLoad(0, 0, 0, 0, 0, 0, 0, 0);

    /// Pages that can be had at once.
    public int freePages() {
        return Math.max(0, pages - heldPages - keptPages);
    }

    /// Guesses that were wrong, or were not looked at because one before them was.
    public long wrongGuesses() {
        return Math.max(0, guessedTokens - rightGuesses);
    }

    /// This load and `more` completions that wait.
    public BackendLoad plusWaiting(int more) {
        return new BackendLoad(
                running, waiting + more, pages, heldPages, keptPages, hitRatio, guessedTokens, rightGuesses);
    }
}
