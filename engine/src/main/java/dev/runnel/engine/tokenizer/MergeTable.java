package dev.runnel.engine.tokenizer;

import java.util.Arrays;

/// Which two neighbours may be joined, how early, and to what: a hash table from pairs of symbols. A symbol
/// is a token, or what an encoder uses in place of one.
final class MergeTable {

    static final long NONE = -1;

    /// No pair has this key: symbols are not negative.
    private static final long FREE = -1;

    private long[] keys = new long[1 << 10];
    private long[] values = new long[1 << 10];
    private int count;

    MergeTable() {
        Arrays.fill(keys, FREE);
    }

    int size() {
        return count;
    }

    /// Adds a pair, unless it is there already.
    ///
    /// @param rank the smaller, the earlier
    void add(int left, int right, int rank, int joined) {
        if (2 * count >= keys.length) {
            grow();
        }
        long key = pair(left, right);
        int slot = slot(key);
        if (keys[slot] == FREE) {
            keys[slot] = key;
            values[slot] = pair(rank, joined);
            count++;
        }
    }

    /// The rank of a pair in the upper half and what it becomes in the lower, or [#NONE].
    long find(int left, int right) {
        int slot = slot(pair(left, right));
        return keys[slot] == FREE ? NONE : values[slot];
    }

    static int rank(long found) {
        return (int) (found >>> 32);
    }

    static int joined(long found) {
        return (int) found;
    }

    private static long pair(int high, int low) {
        return ((long) high << 32) | low;
    }

    /// Where a key is, or where it would go.
    private int slot(long key) {
        long mixed = (key ^ (key >>> 32)) * 0x9E3779B97F4A7C15L;
        int slot = (int) (mixed >>> 32) & (keys.length - 1);
        while (keys[slot] != key && keys[slot] != FREE) {
            slot = (slot + 1) & (keys.length - 1);
        }
        return slot;
    }

    private void grow() {
        long[] oldKeys = keys;
        long[] oldValues = values;
        keys = new long[oldKeys.length * 2];
        values = new long[oldKeys.length * 2];
        Arrays.fill(keys, FREE);
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] != FREE) {
                int slot = slot(oldKeys[i]);
                keys[slot] = oldKeys[i];
                values[slot] = oldValues[i];
            }
        }
    }
}
