package dev.runnel.engine.schedule;

import dev.runnel.engine.kernel.PageLayout;
import dev.runnel.engine.model.KvSequence;
import dev.runnel.engine.model.Slice;
import dev.runnel.engine.reply.ReplyReader;
import dev.runnel.engine.sampling.ChoiceSampling;
import dev.runnel.engine.sampling.Draws;
import dev.runnel.engine.sampling.History;
import dev.runnel.engine.sampling.Sampler;
import dev.runnel.engine.speculation.Guesses;
import dev.runnel.engine.speculation.Speculation;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// One choice being generated: its place in the cache, its chance and its reply. Only the step loop touches
/// it, or lets another thread draw for it.
///
/// It may be without room in the cache: before the first choice has read the prompt for all, and when it had
/// to give its room up. Its tokens are known, so it goes on where it stood once they have been read again.
final class Sequence {

    private static final float[] NONE = {};
    private static final int NO_TOKEN = -1;

    final Generation generation;

    /// Index of the choice.
    final int choice;

    final ChoiceSampling sampling;
    final History history;
    final ReplyReader reply;

    /// Those after the newest token read, once all are: the scheduler's, lent for a step.
    float[] logits = NONE;

    /// What is guessed of it for a step.
    final Guesses guesses;

    /// Those after each guess, lent as well.
    final float[][] guessLogits = new float[Guesses.MOST][];

    /// Waits for the first choice to read the prompt.
    boolean awaitsPrompt;

    /// Whether its reader had asked for more when the step began, and there was a place for it in the batch.
    boolean isWanted;

    /// Complete, or given up: it has no room any more.
    boolean hasEnded;

    /// The token that was drawn for it before its turn came, or [#NO_TOKEN].
    private int drawn = NO_TOKEN;

    /// Why none could be drawn.
    private @Nullable Throwable undrawn;

    private @Nullable KvSequence room;
    private int furthest; // that it has been read, or that the cache had it; its room may be lost since
    private final @Nullable Slice[] nextTokens = new Slice[1 + Guesses.MOST]; // by guesses
    private final int[] next = new int[1 + Guesses.MOST];

    /// @param callIds ids of the tool calls that it makes
    Sequence(Generation generation, int choice, IntFunction<String> callIds, Speculation speculation) {
        this.generation = generation;
        this.choice = choice;
        PreparedPrompt prompt = generation.prompt();
        history = new History(prompt.tokens());
        reply = new ReplyReader(prompt.format(), choice, callIds);
        sampling = new ChoiceSampling(
                generation.request.sampling(),
                generation.bias(),
                history,
                prompt.masks().map(masks -> masks.apply(reply)),
                Draws.of(generation.seed(), choice));
        guesses = speculation.of(sampling, generation.request.cachePrompt());
    }

    /// Takes its room in the cache; closed by [#leaveRoom] and [#end].
    void enter(KvSequence room) {
        this.room = room;
        awaitsPrompt = false;
    }

    boolean hasRoom() {
        return room != null;
    }

    private KvSequence room() {
        return Objects.requireNonNull(room, "without room");
    }

    /// Makes sure that the cache has room for all of its tokens.
    boolean reserveForAll() {
        return room().reserve(history.length());
    }

    /// Another room that holds the same tokens.
    Optional<KvSequence> forkRoom(int tokens) {
        return room().fork(tokens);
    }

    /// Tokens of it that are in the cache.
    int read() {
        return room().length();
    }

    /// Tokens that are known and not read.
    int unread() {
        return history.length() - read();
    }

    /// Takes over what others have read in the meantime.
    ///
    /// @return how many tokens
    int catchUp() {
        return room().catchUp(history.all());
    }

    /// Takes note of how far it has been read.
    ///
    /// @return by how many tokens that is farther than ever: what lies before is read again
    int noteRead() {
        int before = furthest;
        furthest = Math.max(before, read());
        return furthest - before;
    }

    /// Whether another is about to read a page for both: less than a page can't be taken over from it.
    boolean waitsFor(Sequence other) {
        boolean shares = generation.request.cachePrompt() && !generation.wantsPromptLogprobs();
        int end = (other.read() / PageLayout.POSITIONS + 1) * PageLayout.POSITIONS;
        int[] prompt = history.prompt();
        int[] others = other.history.prompt();
        return shares
                && other.generation.request.cachePrompt()
                && read() <= other.read()
                && end < prompt.length
                && end <= others.length
                && Arrays.equals(prompt, 0, end, others, 0, end);
    }

    /// Whether the one token that it has generated last is all there is to read.
    boolean isAnswering() {
        return history.count() > 0 && unread() == 1;
    }

    /// The next tokens to read, of the prompt or, once that is read, of the reply as far as it is known.
    ///
    /// @param most at least 1
    /// @param each is told the index of each token after which there are logits; null if only the last matter
    Slice nextSlice(int most, @Nullable IntConsumer each) {
        int[] prompt = history.prompt();
        int read = room().length();
        if (read >= prompt.length) {
            int from = read - prompt.length;
            int to = Math.min(history.count(), from + most);
            return new Slice(room(), history.generated(), from, to, to == history.count() ? logits : null);
        }
        int to = Math.min(prompt.length, read + most);
        boolean isLast = to == history.length();
        return new Slice(room(), prompt, read, to, isLast || each != null ? logits : null, each);
    }

    /// Makes sure that the cache has room for the guesses too, or leaves out those for which it has none.
    void reserveForGuesses() {
        int count = guesses.count();
        if (count > 0 && !room().reserve(history.length() + count)) {
            guesses.limit(0);
        }
    }

    /// The token generated last, to be read, and what is guessed to follow it.
    @SuppressWarnings("ReferenceEquality") // another row may be lent than last time
    Slice nextTokens() {
        int count = guesses.count();
        System.arraycopy(guesses.tokens(), 0, next, 1, count);
        Slice slice = nextTokens[count];
        if (slice == null || slice.logits() != logits) {
            slice = new Slice(room(), next, 0, 1 + count, logits, null, count, guessLogits);
            nextTokens[count] = slice;
        }
        return slice;
    }

    /// Whether its next token depends on nothing but itself: masks of one grammar share what they learn.
    boolean drawsAlone() {
        return sampling.mask().isEmpty();
    }

    /// Draws its next token before its turn comes, on whatever thread.
    void drawAhead(Sampler sampler) {
        try {
            drawn = sampler.sample(logits, sampling);
        } catch (RuntimeException | Error failure) {
            undrawn = failure;
        }
    }

    /// Its next token, now that it is its turn.
    ///
    /// @param after the logits to draw from, unless that has been done
    int draw(Sampler sampler, float[] after) {
        switch (undrawn) {
            case RuntimeException failure -> throw failure;
            case Error failure -> throw failure;
            case null, default -> {}
        }
        int token = drawn == NO_TOKEN ? sampler.sample(after, sampling) : drawn;
        drawn = NO_TOKEN;
        return token;
    }

    /// Takes over the token that was generated.
    void append(int token) {
        next[0] = token;
        history.add(token);
    }

    /// The next guess was the token that was generated: it has been read already.
    void keepGuess() {
        room().keep(1);
        noteRead();
    }

    /// Gives its room up, and keeps all else.
    void leaveRoom() {
        if (room != null) {
            room.close();
        }
        room = null;
        Arrays.fill(nextTokens, null);
    }

    void end() {
        hasEnded = true;
        leaveRoom();
        guesses.close();
    }
}
