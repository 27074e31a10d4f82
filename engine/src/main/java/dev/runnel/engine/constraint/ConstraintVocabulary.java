package dev.runnel.engine.constraint;

import java.util.BitSet;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;

/// A model's tokens as constraints see them. Made once for a model; takes some tens of milliseconds and
/// megabytes at a hundred thousand tokens. For any number of threads.
///
/// Control tokens have no text: they are allowed only where a grammar names them by id, and those that
/// end a generation where a grammar may end.
public final class ConstraintVocabulary {

    private static final long SHARED_BYTES = 16L << 20;

    private static final int WARM_TOKENS = 60;

    private final int size;
    private final byte[][] texts;
    private final BitSet ends = new BitSet();
    private final TokenTrie trie;
    private final ByteSet alphabet;
    private final StringState.Table strings;
    private final FrameCache shared = new FrameCache(SHARED_BYTES);

    private ConstraintVocabulary(int size, IntFunction<byte[]> bytes, IntPredicate endsGeneration) {
        this.size = size;
        texts = new byte[size][];
        ByteSet single = ByteSet.NONE;
        for (int id = 0; id < size; id++) {
            boolean isEnd = endsGeneration.test(id);
            ends.set(id, isEnd);
            texts[id] = isEnd ? new byte[0] : bytes.apply(id);
            if (texts[id].length == 1) {
                single = single.or(ByteSet.of(texts[id][0] & 0xFF));
            }
        }
        trie = new TokenTrie(size, id -> texts[id]);
        alphabet = single;
        ByteSet needed = ByteSet.range(0x80, 0xF4).and(ByteSet.range(0xC0, 0xC1).not());
        strings = StringState.Table.common(needed.and(single.not()).isEmpty());
    }

    /// @param size how many tokens there are; ids count from zero
    /// @param bytes what a token adds to a text, in UTF-8 and perhaps with half a character; empty for a
    ///     control token
    /// @param endsGeneration whether a model ends its reply with a token
    public static ConstraintVocabulary of(int size, IntFunction<byte[]> bytes, IntPredicate endsGeneration) {
        ConstraintVocabulary vocabulary = new ConstraintVocabulary(size, bytes, endsGeneration);
        vocabulary.warm();
        return vocabulary;
    }

    /// Walks the whole vocabulary where every string spends its time, and writes some JSON at random so
    /// that the code is compiled: no completion shall wait for either.
    private void warm() {
        State inString = strings.of(StringLanguage.Lengths.ANY).next('"');
        frame(inString, Entries.of(trie.shortRoot()), shared);
        frame(inString, Entries.of(trie.longRoot()), shared);
        if (ByteSet.of("{}\":").and(alphabet.not()).isEmpty()) {
            Random random = new Random(42);
            ConstraintState state =
                    Constraint.compile(Grammar.jsonObject(), this).start();
            for (int i = 0; i < WARM_TOKENS && !state.hasEnded(); i++) {
                int[] allowed = BitSet.valueOf(state.allowed()).stream()
                        .filter(token -> !isEnd(token))
                        .toArray();
                if (allowed.length > 0) {
                    state.accept(allowed[random.nextInt(allowed.length)]);
                }
            }
        }
    }

    /// How many tokens there are.
    public int size() {
        return size;
    }

    /// Whether a generation ends with a token.
    public boolean isEnd(int token) {
        return ends.get(token);
    }

    byte[] text(int token) {
        return texts[token];
    }

    BitSet ends() {
        return ends;
    }

    TokenTrie trie() {
        return trie;
    }

    /// Bytes that a token writes by itself. A grammar that keeps to them never runs into a place where no
    /// token fits.
    ByteSet alphabet() {
        return alphabet;
    }

    /// The states of strings that are limited by their length only.
    StringState.Table strings() {
        return strings;
    }

    int words() {
        return (size + 63) >> 6;
    }

    /// What a frame does to the vocabulary.
    ///
    /// @param own the constraint's frames
    Frame frame(State state, Entries entries, FrameCache own) {
        State same = trie.isShort(entries.first()) ? state.representative() : state;
        return (same.isShared() ? shared : own).get(same, entries, trie, words());
    }
}
