package dev.runnel.engine.constraint;

import java.util.Arrays;

/// A set of tokens, stored as whichever is smaller: a list of ids or a bit for each token of the
/// vocabulary (adaptive storage, after XGrammar).
sealed interface TokenMask {

    /// Adds the set to one of bits.
    void addTo(long[] words);

    int sizeBytes();

    final class Few implements TokenMask {

        private final int[] ids;

        private Few(int[] ids) {
            this.ids = ids;
        }

        @Override
        public void addTo(long[] words) {
            for (int id : ids) {
                words[id >> 6] |= 1L << id;
            }
        }

        @Override
        public int sizeBytes() {
            return ids.length * Integer.BYTES;
        }
    }

    final class Many implements TokenMask {

        private final long[] bits;

        private Many(long[] bits) {
            this.bits = bits;
        }

        @Override
        public void addTo(long[] words) {
            for (int i = 0; i < words.length; i++) {
                words[i] |= bits[i];
            }
        }

        @Override
        public int sizeBytes() {
            return bits.length * Long.BYTES;
        }
    }

    static TokenMask of(long[] words) {
        int count = 0;
        for (long word : words) {
            count += Long.bitCount(word);
        }
        if (count >= 2 * words.length) {
            return new Many(words.clone());
        }
        int[] ids = new int[count];
        int next = 0;
        for (int i = 0; i < words.length; i++) {
            for (long word = words[i]; word != 0; word &= word - 1) {
                ids[next++] = (i << 6) + Long.numberOfTrailingZeros(word);
            }
        }
        return new Few(Arrays.copyOf(ids, next));
    }
}
