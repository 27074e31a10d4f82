package dev.runnel.app.hub;

import java.time.Duration;

/// Hears how the fetching of a model goes.
public interface PullListener {

    /// A file's turn has come.
    ///
    /// @param file its path in the repository
    /// @param number of it, counted from 1
    /// @param count files of the model
    void begins(String file, long bytes, int number, int count);

    /// So many of the file's bytes are here. Goes back only where a hub makes it begin again. Called by any thread,
    /// one after another.
    void has(long bytes);

    /// All are here, and so many of them are checked.
    void checks(long bytes);

    /// A connection broke and will be tried again. Any thread calls this.
    void retries(String why, Duration pause);

    /// The file is in the cache.
    ///
    /// @param wasHere nothing had to be fetched
    void ends(boolean wasHere);

    /// Doesn't listen.
    PullListener NONE = new PullListener() {
        @Override
        public void begins(String file, long bytes, int number, int count) {}

        @Override
        public void has(long bytes) {}

        @Override
        public void checks(long bytes) {}

        @Override
        public void retries(String why, Duration pause) {}

        @Override
        public void ends(boolean wasHere) {}
    };
}
