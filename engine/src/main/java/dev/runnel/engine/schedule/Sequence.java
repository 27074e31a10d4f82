package dev.runnel.engine.schedule;

import dev.runnel.engine.model.KvSequence;
import dev.runnel.engine.model.Slice;
import dev.runnel.engine.reply.ReplyReader;
import dev.runnel.engine.sampling.Draws;
import java.util.function.IntFunction;

/// One choice being generated: its place in the cache, its chance and its text. Only the step loop touches
/// it.
final class Sequence {

    final Generation generation;

    /// Index of the choice.
    final int choice;

    final Draws draws;
    final ReplyReader reply;

    /// Those after the newest token read, once the whole prompt is.
    final float[] logits;

    /// Tokens generated.
    int generated;

    /// Complete, or given up: it has no room any more.
    boolean hasEnded;

    private final KvSequence room;
    private final int[] next = new int[1];
    private final Slice nextToken;

    /// @param room for the prompt and the reply; closed by [#end]
    /// @param callIds ids of the tool calls that it makes
    /// @param logits scratch of the vocabulary's size, this sequence's until it ends
    Sequence(Generation generation, int choice, KvSequence room, float[] logits, IntFunction<String> callIds) {
        this.generation = generation;
        this.choice = choice;
        this.room = room;
        this.logits = logits;
        draws = Draws.of(generation.seed(), choice);
        reply = new ReplyReader(generation.prompt().format(), choice, callIds);
        nextToken = new Slice(room, next, 0, 1, logits);
    }

    boolean isReadingPrompt() {
        return room.length() < generation.prompt().tokens().length;
    }

    /// The next tokens of the prompt.
    ///
    /// @param most at least 1
    Slice promptSlice(int most) {
        int[] prompt = generation.prompt().tokens();
        int from = room.length();
        int to = Math.min(prompt.length, from + most);
        return new Slice(room, prompt, from, to, to == prompt.length ? logits : null);
    }

    /// The token generated last, to be read.
    Slice nextToken() {
        return nextToken;
    }

    /// Takes over the token that was generated.
    void append(int token) {
        next[0] = token;
        generated++;
    }

    void end() {
        hasEnded = true;
        room.close();
    }
}
