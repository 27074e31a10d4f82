package dev.runnel.engine.speculation;

import dev.runnel.engine.model.LanguageModel;
import dev.runnel.engine.model.PromptPace;
import dev.runnel.engine.model.Slice;
import dev.runnel.engine.sampling.ChoiceSampling;
import dev.runnel.engine.sampling.Sampler;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/// A smaller model that guesses what a larger one will say. It has a cache of its own, reads what the
/// sequences have, and goes on from there, all of them together a token at a time.
final class Draft implements AutoCloseable {

    /// Most tokens that it reads in a step to catch up with sequences.
    private static final int CATCH_UP = 256;

    /// Most tokens that it has yet to read of a sequence with which it has kept up: its last guess, if that
    /// was right, and the token after it. Reading them is a part of guessing.
    private static final int KEPT_UP = 2;

    private final LanguageModel model;
    private final int vocabularySize;
    private final LongSupplier nanoTime;
    private final Sampler sampler;
    private final List<Slice> batch = new ArrayList<>();
    private final List<Guesses> reading = new ArrayList<>();
    private final PromptPace pace = new PromptPace();
    private final RoundCost round = new RoundCost();

    /// @param model owned from here on
    /// @param vocabularySize tokens of the larger model
    /// @param nanoTime a clock that never goes back
    Draft(LanguageModel model, int vocabularySize, LongSupplier nanoTime) {
        this.model = model;
        this.vocabularySize = vocabularySize;
        this.nanoTime = nanoTime;
        sampler = new Sampler(model.vocabularySize());
    }

    DraftReader reader(ChoiceSampling sampling, boolean shares) {
        return new DraftReader(model, sampling, shares);
    }

    /// What one guess for each sequence takes, on average; 0 where that is unknown.
    double roundNanos() {
        return round.nanos();
    }

    /// A step of the larger model begins. What the draft's cache has no room for at the moment is looked up.
    void begin(List<Guesses> sequences) {
        round.stepped();
        for (int i = 0; i < sequences.size(); i++) {
            Guesses each = sequences.get(i);
            if (each.drafts && !each.draft().enter()) {
                each.leaveToLookup();
            }
        }
    }

    /// Guesses as much as each wants, or nothing where the model has to read more before it can.
    ///
    /// @param nanos for catching up
    void guess(List<Guesses> sequences, long nanos) {
        int most = nanos > 0 ? pace.tokensIn(nanos, CATCH_UP) : 0;
        while (true) {
            batch.clear();
            reading.clear();
            int caughtUp = 0;
            for (int i = 0; i < sequences.size(); i++) {
                Guesses each = sequences.get(i);
                if (each.drafts && each.count() < each.wanted) {
                    caughtUp += read(each, most - caughtUp);
                }
            }
            if (batch.isEmpty()) {
                return;
            }
            long begin = nanoTime.getAsLong();
            model.forward(batch);
            for (int i = 0; i < reading.size(); i++) {
                guess(reading.get(i));
            }
            long took = nanoTime.getAsLong() - begin;
            pace.stepped(took, caughtUp, true);
            if (caughtUp == 0) {
                round.took(took);
            }
        }
    }

    /// Adds to the batch what lies before a sequence's next guess.
    ///
    /// @param most tokens to catch up
    /// @return how many of these it reads
    private int read(Guesses each, int most) {
        if (each.count() > 0) {
            batch.add(each.draft().guessed(each.tokens(), each.count() - 1));
            reading.add(each);
            return 0;
        }
        DraftReader reader = each.draft();
        boolean isBehind = reader.unread() > KEPT_UP;
        if (isBehind && most < 1) {
            each.wanted = 0;
            return 0;
        }
        Slice slice = reader.nextSlice(isBehind ? most : KEPT_UP);
        if (!reader.knows(slice)) {
            each.leaveDraft();
            each.wanted = 0;
            return 0;
        }
        batch.add(slice);
        reading.add(each);
        return isBehind ? slice.length() : 0;
    }

    private void guess(Guesses each) {
        if (each.draft().unread() > 0) {
            each.wanted = 0; // it goes on reading with the next step
            return;
        }
        int token = each.draft().sample(sampler, each.count() == 0);
        if (token < vocabularySize) {
            each.add(token);
        } else {
            each.wanted = 0; // the larger model says no such thing
        }
    }

    @Override
    public void close() {
        model.close();
    }
}
