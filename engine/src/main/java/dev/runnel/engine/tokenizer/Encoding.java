package dev.runnel.engine.tokenizer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/// The state of one call that encodes a text: the ids so far, the words seen, and room to merge in.
final class Encoding {

    /// Longest word that is worth remembering, in characters.
    private static final int LONGEST_REMEMBERED = 64;

    private final Map<String, int[]> idsOfWord = new HashMap<>();
    private final Merger merger = new Merger();
    private final Ids ids = new Ids();

    /// Appends the ids of a word; asks for them only once if the word is short.
    void addWord(String word, Function<String, int[]> encoder) {
        if (word.length() > LONGEST_REMEMBERED) {
            ids.addAll(encoder.apply(word));
        } else {
            ids.addAll(idsOfWord.computeIfAbsent(word, encoder));
        }
    }

    void add(int id) {
        ids.add(id);
    }

    /// What is left of `symbols[0..length)` when all that can be joined is joined.
    int[] merge(MergeTable table, int[] symbols, int length) {
        return Arrays.copyOf(symbols, merger.merge(table, symbols, length));
    }

    int[] ids() {
        return ids.toArray();
    }
}
