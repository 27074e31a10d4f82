package dev.runnel.engine.speculation;

import dev.runnel.engine.sampling.History;
import java.util.Arrays;

/// Guesses that a text goes on as it did where it read the same before: in its prompt, or in what was
/// written since. Costs no model.
///
/// Theory: the matching of LZ77 as zlib does it. A table leads from the hash of the last tokens to where
/// they stood last, a chain from there to where they stood before; of some of those places the one counts
/// that has most tokens before it in common with the end, of equals the latest. As long as that place tells
/// the next token rightly it is followed on; and where it was wrong once, the text may still go on as
/// there, as it does when it counts or when a name has changed. How often it did is learnt for each length
/// of what was in common, also while nobody asks: so a text that doesn't repeat itself costs nothing, and
/// one that begins to is noticed at once.
final class Lookup {

    /// What is in common beyond this makes no difference.
    static final int LONGEST = 8;

    /// So much has to have been in common for it to be followed behind a token that differs.
    private static final int TOLERANT = 2;

    /// From here on, what is in common is followed without looking for more.
    private static final int TELLING = 4;

    /// The latest tokens, from which is learnt.
    private static final int LEARNT = 1024;

    /// Places that are looked at.
    private static final int PLACES = 16;

    private static final int NOWHERE = -1;

    /// Weight of the newest token in an average.
    private static final double NEWEST = 1.0 / 8;

    private final History history;
    private final Chain triples = new Chain(3);
    private final Chain singles = new Chain(1);
    private final double[] odds = {0.4, 0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9
    }; // by what is in common; at first assumed
    private int seen; // tokens of the history
    private int at = NOWHERE; // the token that would come next
    private int common; // tokens before it that are as at the end; 0 behind one that differs

    Lookup(History history) {
        this.history = history;
    }

    /// Takes over what has been added to the history. Of a long prompt most is only remembered, as learning
    /// from all of it would hold up the others.
    void catchUp() {
        int old = history.length() - LEARNT;
        while (seen < history.length()) {
            if (seen >= old) {
                learn(history.token(seen));
            }
            triples.add(seen);
            singles.add(seen);
            seen++;
        }
    }

    /// Compares the next token with what would have been guessed, and looks for what comes after it.
    private void learn(int token) {
        int behind = NOWHERE; // one that differs
        if (at != NOWHERE) {
            boolean right = history.token(at) == token;
            int level = Math.min(common, LONGEST);
            odds[level] += ((right ? 1 : 0) - odds[level]) * NEWEST;
            at++;
            behind = !right && common >= TOLERANT ? at : NOWHERE;
            common = right ? common + 1 : 0;
        }
        if (common < TELLING) {
            search(behind);
        }
    }

    /// @param behind a place behind one that differs from the end, or nowhere
    private void search(int behind) {
        at = NOWHERE;
        common = 0;
        search(triples);
        if (common == 0) {
            search(singles);
            if (behind != NOWHERE && odds[0] > (common == 0 ? 0 : odds[common])) {
                at = behind;
                common = 0;
            }
        }
    }

    private void search(Chain chain) {
        int end = seen;
        int place = chain.latest(end);
        for (int i = 0; i < PLACES && place >= 0; i++) {
            int length = 0;
            while (length < LONGEST
                    && length <= place
                    && history.token(place - length) == history.token(end - length)) {
                length++;
            }
            if (length > common) {
                common = length;
                at = place + 1;
            }
            place = chain.before(place);
        }
    }

    /// Whether it has an idea of what comes.
    boolean hasGuess() {
        return at != NOWHERE;
    }

    /// The guess at the token after `count` others that were guessed before.
    ///
    /// @param guessed those, from index 0
    int guess(int count, int[] guessed) {
        int place = at + count;
        return place < seen ? history.token(place) : guessed[place - seen];
    }

    /// How likely that guess is right, if those before it are.
    double odds(int count) {
        return odds[Math.min(common + count, LONGEST)];
    }

    /// Where the same `n` tokens stood: of the hash of each, the latest, and before each, the one before.
    private final class Chain {

        private static final int LEAST = 64;

        private final int n;
        private int[] latest = filled(LEAST);
        private int[] before = new int[LEAST];

        Chain(int n) {
            this.n = n;
        }

        private static int[] filled(int size) {
            int[] all = new int[size];
            Arrays.fill(all, NOWHERE);
            return all;
        }

        int latest(int end) {
            return end < n - 1 ? NOWHERE : latest[slot(end)];
        }

        int before(int end) {
            return before[end];
        }

        // Adds the tokens that end at an index, the next one.
        void add(int end) {
            if (end == before.length) {
                before = new int[2 * end];
                latest = filled(2 * end);
                for (int i = 0; i < end; i++) {
                    put(i);
                }
            }
            put(end);
        }

        private void put(int end) {
            if (end < n - 1) {
                before[end] = NOWHERE;
                return;
            }
            int slot = slot(end);
            before[end] = latest[slot];
            latest[slot] = end;
        }

        private int slot(int end) {
            int hash = 0;
            for (int i = end - n + 1; i <= end; i++) {
                hash = (hash ^ history.token(i)) * 0x9e3779b1;
                hash ^= hash >>> 15;
            }
            return hash & latest.length - 1;
        }
    }
}
