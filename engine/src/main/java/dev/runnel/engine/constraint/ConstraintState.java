package dev.runnel.engine.constraint;

import dev.runnel.engine.constraint.Configuration.Way;
import dev.runnel.engine.constraint.Invocation.Return;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where a sequence is in its constraint. One thread at a time uses it.
public final class ConstraintState {

    private final Constraint constraint;
    private @Nullable Configuration at; // null behind the end

    private final long[] allowed;
    private boolean isMaskCurrent;
    private long steps; // to find the mask

    ConstraintState(Constraint constraint, Configuration at) {
        this.constraint = constraint;
        this.at = at;
        allowed = new long[constraint.vocabulary().words()];
    }

    /// A state of its own at the same place.
    public ConstraintState copy() {
        ConstraintState copy = new ConstraintState(constraint, Configuration.of(State.DEAD, Invocation.BOTTOM));
        copy.at = at;
        return copy;
    }

    /// The tokens that may come next, a bit for each: token `t` is bit `t & 63` of word `t >> 6`. Tokens
    /// that end the generation are among them where the text is complete, and nothing else where it can't
    /// go on.
    ///
    /// @return valid until the next call; all zero behind the end, or where this vocabulary has no token
    ///     that fits
    public long[] allowed() {
        if (!isMaskCurrent) {
            fill();
            isMaskCurrent = true;
        }
        return allowed;
    }

    /// Sets the logits of all tokens that may not come next to negative infinity.
    ///
    /// @param logits one for each token, or more: what is beyond the vocabulary may not come
    /// @return whether any token may
    public boolean mask(float[] logits) {
        long[] words = allowed();
        boolean any = false;
        int covered = Math.min(logits.length, constraint.vocabulary().size());
        for (int i = 0; i < words.length; i++) {
            long word = words[i];
            any |= word != 0;
            int from = i << 6;
            int to = Math.min(from + 64, covered);
            if (word == 0) {
                Arrays.fill(logits, Math.min(from, to), to, Float.NEGATIVE_INFINITY);
            } else {
                forbid(~word, logits, from, to);
            }
        }
        Arrays.fill(logits, covered, logits.length, Float.NEGATIVE_INFINITY);
        return any;
    }

    /// @param word a bit for each token from `from` on that is forbidden
    private static void forbid(long word, float[] logits, int from, int to) {
        if (Long.bitCount(word) <= 16) {
            for (long rest = word; rest != 0; rest &= rest - 1) {
                int token = from + Long.numberOfTrailingZeros(rest);
                if (token < to) {
                    logits[token] = Float.NEGATIVE_INFINITY;
                }
            }
            return;
        }
        // Without a branch, as neighbouring tokens have nothing in common.
        for (int token = from; token < to; token++) {
            logits[token] = (word >>> token & 1) == 0 ? logits[token] : Float.NEGATIVE_INFINITY;
        }
    }

    /// Takes the next token over.
    ///
    /// @return whether it was allowed; if not, nothing has changed
    public boolean accept(int token) {
        Configuration here = at;
        if (here == null) {
            return false;
        }
        ConstraintVocabulary vocabulary = constraint.vocabulary();
        byte[] text = vocabulary.text(token);
        Configuration next = text.length == 0 ? null : here;
        for (int i = 0; i < text.length && next != null; i++) {
            next = next.step(text[i] & 0xFF);
        }
        next = here.stepToken(token, next);
        if (next == null && !(vocabulary.isEnd(token) && here.reachesEnd())) {
            return false;
        }
        at = next;
        isMaskCurrent = false;
        return true;
    }

    /// Whether the text so far is complete: the generation may end here, or has ended.
    public boolean isComplete() {
        return at == null || at.reachesEnd();
    }

    /// Whether a token that ends the generation has been accepted.
    public boolean hasEnded() {
        return at == null;
    }

    void warm() {
        allowed();
    }

    private void fill() {
        Arrays.fill(allowed, 0);
        Configuration here = at;
        if (here == null) {
            return;
        }
        TokenTrie trie = constraint.vocabulary().trie();
        Entries shortTokens = Entries.of(trie.shortRoot());
        Entries longTokens = Entries.of(trie.longRoot());
        Set<Visit> visited = new HashSet<>();
        Set<Frame> frames = new HashSet<>();
        steps = 0;
        for (Way way : here.kernel()) {
            visit(way.state(), way.within(), shortTokens, visited, frames);
            visit(way.state(), way.within(), longTokens, visited, frames);
        }
        if (here.reachesEnd()) {
            constraint.vocabulary().ends().stream().forEach(end -> allowed[end >> 6] |= 1L << end);
        }
    }

    private record Visit(State state, Invocation within, Entries entries) {}

    /// Goes down the stack as far as tokens reach.
    private void visit(State state, Invocation within, Entries entries, Set<Visit> visited, Set<Frame> frames) {
        if (!visited.add(new Visit(state, within, entries))) {
            return;
        }
        Frame frame = constraint.vocabulary().frame(state, entries, constraint.frames());
        if (frames.add(frame)) {
            steps += frame.steps();
            Frame.check(steps, constraint.vocabulary().trie());
            frame.allowed().addTo(allowed);
        }
        if (!frame.exits().isEmpty() && within.isReal()) {
            for (Return each : within.returns()) {
                visit(each.state(), each.within(), frame.exits(), visited, frames);
            }
        }
    }
}
