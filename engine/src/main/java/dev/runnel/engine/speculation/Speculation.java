package dev.runnel.engine.speculation;

import dev.runnel.engine.model.LanguageModel;
import dev.runnel.engine.sampling.ChoiceSampling;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Decides what is guessed in a step, and how much: as many guesses, the likeliest first, as give most
/// tokens for the time that the step is likely to take. So there are few where many sequences run or where
/// a token more costs much, and none where they are seldom right. For the thread that steps.
public final class Speculation implements AutoCloseable {

    /// Most guesses in a step, over all sequences.
    public static final int MOST = 32;

    /// Tokens of a step, guesses included, whose costs are told apart.
    private static final int TOKENS = 128;

    private static final System.Logger LOG = System.getLogger(Speculation.class.getName());

    private final boolean looksUp;
    private final Optional<Draft> draft;
    private final StepCost cost = new StepCost(TOKENS);
    private boolean hasFailed; // the draft, once or more

    private Speculation(boolean looksUp, Optional<Draft> draft) {
        this.looksUp = looksUp;
        this.draft = draft;
    }

    /// Guesses nothing.
    public static Speculation none() {
        return new Speculation(false, Optional.empty());
    }

    /// Guesses that texts go on as they did before.
    public static Speculation lookup() {
        return new Speculation(true, Optional.empty());
    }

    /// Guesses what a smaller model would say, and where that is likelier, that texts go on as they did
    /// before.
    ///
    /// @param draft of the same vocabulary, or one that ends earlier or later; owned from here on
    /// @param vocabularySize tokens of the model that it guesses for
    /// @param nanoTime a clock that never goes back
    public static Speculation withDraft(LanguageModel draft, int vocabularySize, LongSupplier nanoTime) {
        return new Speculation(true, Optional.of(new Draft(draft, vocabularySize, nanoTime)));
    }

    /// What will be guessed of a sequence.
    ///
    /// @param shares whether a draft model's cache may have its beginning from others, and keep it for others
    public Guesses of(ChoiceSampling sampling, boolean shares) {
        Optional<DraftReader> reader = draft.map(model -> model.reader(sampling, shares));
        return new Guesses(sampling.history(), looksUp, reader);
    }

    /// Guesses for a step in which each of these sequences reads its last token.
    ///
    /// @param sequences for which it has been said how many guesses there may be ([Guesses#allow])
    /// @param nanos for a draft model to catch up with what has been read; guessing takes its time besides
    public void guess(List<Guesses> sequences, long nanos) {
        draft(sequences, model -> model.begin(sequences));
        plan(sequences);
        boolean drafts = false;
        for (int i = 0; i < sequences.size(); i++) {
            Guesses each = sequences.get(i);
            if (each.drafts) {
                drafts |= each.wanted > 0;
            } else {
                each.lookUp();
            }
        }
        if (drafts) {
            draft(sequences, model -> model.guess(sequences, nanos));
        }
    }

    /// Lets the draft model, if there is one, do its part. If it fails, the sequences go on without it.
    private void draft(List<Guesses> sequences, Consumer<Draft> part) {
        try {
            draft.ifPresent(part);
        } catch (RuntimeException | Error fault) {
            sequences.forEach(Guesses::leaveDraft);
            if (!hasFailed) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "the draft model failed; the replies of that step go on without it, and no later fault is told",
                        fault);
            }
            hasFailed = true;
        }
    }

    /// A step that read no prompts is done.
    ///
    /// @param tokens of it, guesses included
    public void stepped(int tokens, long nanos) {
        cost.stepped(tokens, nanos);
    }

    /// Says how many guesses each sequence wants.
    private void plan(List<Guesses> sequences) {
        double roundNanos = draft.map(Draft::roundNanos).orElse(0.0);
        double tokens = sequences.size();
        double best = tokens / cost.of(sequences.size());
        int rounds = 0;
        keep(sequences);
        for (int guesses = 1; guesses <= MOST; guesses++) {
            Guesses likeliest = likeliest(sequences);
            if (likeliest == null) {
                break;
            }
            tokens += likeliest.nextOdds();
            likeliest.want();
            rounds = likeliest.drafts ? Math.max(rounds, likeliest.wanted) : rounds;
            double rate = tokens / (cost.of(sequences.size() + guesses) + rounds * roundNanos);
            if (rate > best) {
                best = rate;
                keep(sequences);
            }
        }
        for (int i = 0; i < sequences.size(); i++) {
            sequences.get(i).wanted = sequences.get(i).worthwhile;
        }
    }

    private static @Nullable Guesses likeliest(List<Guesses> sequences) {
        Guesses likeliest = null;
        for (int i = 0; i < sequences.size(); i++) {
            Guesses each = sequences.get(i);
            if (each.nextOdds() > (likeliest == null ? 0 : likeliest.nextOdds())) {
                likeliest = each;
            }
        }
        return likeliest;
    }

    /// What is wanted so far is the best there is so far.
    private static void keep(List<Guesses> sequences) {
        for (int i = 0; i < sequences.size(); i++) {
            sequences.get(i).worthwhile = sequences.get(i).wanted;
        }
    }

    @Override
    public void close() {
        draft.ifPresent(Draft::close);
    }
}
