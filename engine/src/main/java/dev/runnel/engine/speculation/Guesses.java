package dev.runnel.engine.speculation;

import dev.runnel.engine.sampling.History;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What is guessed of one sequence for one step, and what is known about how good its guesses are. For the
/// thread that steps.
public final class Guesses implements AutoCloseable {

    /// Most guesses for a sequence in a step.
    public static final int MOST = 15;

    private final History history;
    private final @Nullable Lookup lookup;
    private @Nullable DraftReader reader;

    private final int[] tokens = new int[MOST];
    private int count;

    // While a step is planned:
    private int allowed;
    private double nextOdds; // of all that are wanted and one more being right

    int wanted;

    /// Of what was wanted, as much as was found to pay.
    int worthwhile;

    /// Whether the draft model guesses, if anything.
    boolean drafts;

    Guesses(History history, boolean looksUp, Optional<DraftReader> reader) {
        this.history = history;
        lookup = looksUp ? new Lookup(history) : null;
        this.reader = reader.orElse(null);
    }

    /// The guesses, from index 0 to [#count].
    public int[] tokens() {
        return tokens;
    }

    public int count() {
        return count;
    }

    /// Begins to plan a step in which there may be so many guesses at most.
    public void allow(int most) {
        count = 0;
        wanted = 0;
        allowed = Math.min(most, MOST);
        if (lookup != null) {
            lookup.catchUp();
        }
        leaveToLookup();
        if (allowed > 0 && reader != null && reader.odds() > nextOdds && reader.canReach(history.length())) {
            drafts = true;
            nextOdds = reader.odds();
        }
    }

    /// Plans without the draft model.
    void leaveToLookup() {
        drafts = false;
        nextOdds = allowed > 0 && lookup != null && lookup.hasGuess() ? lookup.odds(0) : 0;
    }

    /// How likely one guess more than wanted would be of use; 0 where there can't be one.
    double nextOdds() {
        return nextOdds;
    }

    /// Wants one guess more.
    void want() {
        wanted++;
        nextOdds = wanted == allowed ? 0 : nextOdds * (drafts ? draft().odds() : lookup().odds(wanted));
    }

    /// Gives a guess.
    void add(int token) {
        tokens[count++] = token;
    }

    void lookUp() {
        while (count < wanted) {
            add(lookup().guess(count, tokens));
        }
    }

    /// Leaves out all guesses from an index on.
    public void limit(int most) {
        count = Math.min(count, most);
    }

    private Lookup lookup() {
        if (lookup == null) {
            throw new IllegalStateException("nothing is looked up");
        }
        return lookup;
    }

    DraftReader draft() {
        if (reader == null) {
            throw new IllegalStateException("there is no draft model");
        }
        return reader;
    }

    /// The draft model has failed, so that it may have read anything, or can't read the sequence: it guesses no more at
    /// it.
    void leaveDraft() {
        if (drafts && reader != null) {
            reader.close();
            reader = null;
            count = 0;
            leaveToLookup();
        }
    }

    /// The step is done, and the first guesses were right.
    ///
    /// @param right how many
    /// @param wrong whether the one after these was found to be wrong
    public void settle(int right, boolean wrong) {
        if (drafts && reader != null && count > 0) {
            reader.settle(right, wrong, count - 1);
        }
        count = 0;
    }

    @Override
    public void close() {
        if (reader != null) {
            reader.close();
        }
    }
}
