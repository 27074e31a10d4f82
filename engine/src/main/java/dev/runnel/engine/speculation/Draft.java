package dev.runnel.engine.speculation;

import dev.runnel.engine.model.LanguageModel;
import dev.runnel.engine.model.Slice;
import dev.runnel.engine.sampling.ChoiceSampling;
import dev.runnel.engine.sampling.Sampler;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/// A smaller model that guesses what a larger one will say. It has a cache of its own, reads what the
/// sequences have, and goes on from there, all of them together a token at a time.
final class Draft implements AutoCloseable {

    /// Tokens that it has yet to read of one sequence before it guesses: more are read over several steps.
    private static final int CATCH_UP = 256;

    /// Weight of the newest round in the average.
    private static final double NEWEST = 1.0 / 8;

    private final LanguageModel model;
    private final LongSupplier nanoTime;
    private final Sampler sampler;
    private final List<Slice> batch = new ArrayList<>();
    private final List<Guesses> reading = new ArrayList<>();

    private double roundNanos;

    /// @param model owned from here on; its vocabulary is the larger one's
    /// @param nanoTime a clock that never goes back
    Draft(LanguageModel model, LongSupplier nanoTime) {
        this.model = model;
        this.nanoTime = nanoTime;
        sampler = new Sampler(model.vocabularySize());
    }

    DraftReader reader(ChoiceSampling sampling, boolean shares) {
        return new DraftReader(model, sampling, shares);
    }

    /// What one guess for each sequence takes, on average.
    double roundNanos() {
        return roundNanos;
    }

    /// Guesses as much as each wants, or nothing where the model has to read more before it can.
    void guess(List<Guesses> sequences) {
        int budget = CATCH_UP;
        while (true) {
            batch.clear();
            reading.clear();
            int before = budget;
            for (int i = 0; i < sequences.size(); i++) {
                Guesses each = sequences.get(i);
                if (each.drafts && each.count() < each.wanted) {
                    budget -= read(each, budget);
                }
            }
            if (batch.isEmpty()) {
                return;
            }
            boolean readsGuesses = budget == before;
            long begin = nanoTime.getAsLong();
            model.forward(batch);
            for (int i = 0; i < reading.size(); i++) {
                guess(reading.get(i));
            }
            if (readsGuesses) {
                long took = nanoTime.getAsLong() - begin;
                roundNanos += (took - roundNanos) * (roundNanos == 0 ? 1 : NEWEST);
            }
        }
    }

    /// Adds to the batch what lies before a sequence's next guess.
    ///
    /// @param most tokens of it that are known
    /// @return how many of these it reads
    private int read(Guesses each, int most) {
        if (each.count() > 0) {
            batch.add(each.draft().guessed(each.tokens(), each.count() - 1));
            reading.add(each);
            return 0;
        }
        if (most < 1 || !each.draft().enter()) {
            each.wanted = 0;
            return 0;
        }
        Slice slice = each.draft().unread(most);
        batch.add(slice);
        reading.add(each);
        return slice.length();
    }

    private void guess(Guesses each) {
        if (each.draft().hasReadAll()) {
            each.add(each.draft().sample(sampler, each.count() == 0));
        } else {
            each.wanted = 0; // it goes on reading with the next step
        }
    }

    @Override
    public void close() {
        model.close();
    }
}
