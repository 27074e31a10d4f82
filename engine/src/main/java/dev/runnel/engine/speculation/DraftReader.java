package dev.runnel.engine.speculation;

import dev.runnel.core.Sampling;
import dev.runnel.engine.model.KvSequence;
import dev.runnel.engine.model.LanguageModel;
import dev.runnel.engine.model.Slice;
import dev.runnel.engine.sampling.ChoiceSampling;
import dev.runnel.engine.sampling.History;
import dev.runnel.engine.sampling.Sampler;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// How far a draft model has read one sequence, and how good its guesses at it are.
///
/// It guesses with the random numbers with which the sequence will be sampled, and the same temperature and
/// filters: where both models agree on the probabilities, the same number picks the same token, also at
/// high temperatures.
final class DraftReader implements AutoCloseable {

    /// Weight of the newest guess in the average.
    private static final double NEWEST = 1.0 / 8;

    private static final double UNKNOWN = 0.75;

    /// How fast it is forgotten that guesses were bad, with each token: after some hundreds they are tried
    /// again.
    private static final double FORGOTTEN = 1.0 / 1024;

    private final LanguageModel model;
    private final ChoiceSampling sampling;
    private final History history;
    private final boolean shares;
    private final float[][] logits;
    private @Nullable KvSequence room;
    private ChoiceSampling own;
    private double odds = UNKNOWN;
    private int newestLength;

    DraftReader(LanguageModel model, ChoiceSampling sampling, boolean shares) {
        this.model = model;
        this.shares = shares;
        this.sampling = sampling;
        this.history = sampling.history();
        logits = new float[1][model.vocabularySize()];
        own = ownSampling(sampling, model.vocabularySize());
    }

    /// Without what depends on tokens that are not known yet: penalties, the mask.
    private static ChoiceSampling ownSampling(ChoiceSampling sampling, int vocabularySize) {
        Sampling all = sampling.settings();
        Sampling settings = new Sampling(
                all.temperature(),
                all.topP(),
                all.topK(),
                all.minP(),
                all.typicalP(),
                1,
                0,
                0,
                Map.of(),
                OptionalLong.empty());
        return new ChoiceSampling(
                settings,
                sampling.bias().below(vocabularySize),
                new History(),
                Optional.empty(),
                sampling.draws().copy());
    }

    /// How likely a guess is right, if those before it are.
    double odds() {
        return odds;
    }

    boolean canReach(int length) {
        odds += (UNKNOWN - odds) * (odds < UNKNOWN ? Math.clamp(FORGOTTEN * (length - newestLength), 0, 1) : 0);
        newestLength = length;
        return length + Guesses.MOST <= model.contextLength();
    }

    /// Sees to room for the sequence and its guesses.
    boolean enter() {
        int tokens = history.length() + Guesses.MOST;
        if (room == null) {
            room = (shares ? model.reserve(tokens, history.all()) : model.reserve(tokens)).orElse(null);
            return room != null;
        }
        return room.reserve(tokens);
    }

    private KvSequence room() {
        return Objects.requireNonNull(room, "without room");
    }

    /// Tokens of the sequence that it has not read.
    int unread() {
        return history.length() - (room == null ? 0 : room.length());
    }

    /// The first of them.
    Slice nextSlice(int most) {
        int read = room().length();
        int prompt = history.prompt().length;
        boolean inPrompt = read < prompt;
        int[] tokens = inPrompt ? history.prompt() : history.generated();
        int from = inPrompt ? read : read - prompt;
        int to = Math.min(from + most, inPrompt ? prompt : history.count());
        return new Slice(room(), tokens, from, to, logits[0]);
    }

    /// Whether its tokens are all in the draft model's vocabulary, which may end before the larger model's.
    boolean knows(Slice slice) {
        for (int i = slice.from(); i < slice.to(); i++) {
            if (slice.tokens()[i] >= model.vocabularySize()) {
                return false;
            }
        }
        return true;
    }

    /// The guess at an index, to be read ahead.
    Slice guessed(int[] tokens, int index) {
        return new Slice(room(), tokens, index, index + 1, null, null, 1, logits);
    }

    int sample(Sampler sampler, boolean isFirst) {
        if (isFirst) {
            own = new ChoiceSampling(
                    own.settings(),
                    own.bias(),
                    own.history(),
                    own.mask(),
                    sampling.draws().copy());
        }
        return sampler.sample(logits[0], own);
    }

    /// Learns how its guesses were.
    ///
    /// @param right how many, from the first on
    /// @param wrong whether the next was wrong
    /// @param read how many of them it has read ahead
    void settle(int right, boolean wrong, int read) {
        for (int i = 0; i < right; i++) {
            odds += (1 - odds) * NEWEST;
        }
        odds -= wrong ? odds * NEWEST : 0;
        if (room != null) {
            room.keep(Math.min(right, read));
        }
    }

    @Override
    public void close() {
        if (room != null) {
            room.close();
        }
        room = null;
    }
}
