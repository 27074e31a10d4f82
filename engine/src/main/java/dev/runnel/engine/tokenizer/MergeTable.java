package dev.runnel.engine.tokenizer;

import java.util.Arrays;

/// Which two neighbours may be joined, how early, and to what: a hash table from pairs of symbols. A symbol
/// is a token, or what an encoder uses in place of one.
final class MergeTable {

    static final long NONE = -1;

    /// No pair has this key: symbols are not negative.
    private static final long FREE = -1;

    /// Key and value by turns, so that a look-up reads one place of memory.
    private long[] slots = new long[1 << 11];

    private int count;

    MergeTable() {
        Arrays.fill(slots, FREE);
    }

    int size() {
        return count;
    }

    /// Adds a pair, unless it is there already.
    ///
    /// @param rank the smaller, the earlier
    void add(int left, int right, int rank, int joined) {
        if (4 * count >= slots.length) {
            grow();
        }
        long key = pair(left, right);
        int slot = slot(key);
        if (slots[slot] == FREE) {
            slots[slot] = key;
            slots[slot + 1] = pair(rank, joined);
            count++;
        }
    }

    /// The rank of a pair in the upper half and what it becomes in the lower, or [#NONE].
    long find(int left, int right) {
        int slot = slot(pair(left, right));
        return slots[slot] == FREE ? NONE : slots[slot + 1];
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
        int mask = slots.length - 2;
        long mixed = (key ^ (key >>> 32)) * 0x9E3779B97F4A7C15L;
        int slot = (int) (mixed >>> 32) & mask;
        while (slots[slot] != key && slots[slot] != FREE) {
            slot = (slot + 2) & mask;
        }
        return slot;
    }

    private void grow() {
        long[] old = slots;
        slots = new long[old.length * 2];
        Arrays.fill(slots, FREE);
        for (int i = 0; i < old.length; i += 2) {
            if (old[i] != FREE) {
                int slot = slot(old[i]);
                slots[slot] = old[i];
                slots[slot + 1] = old[i + 1];
            }
        }
    }
}
