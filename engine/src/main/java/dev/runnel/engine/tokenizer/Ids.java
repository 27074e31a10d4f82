package dev.runnel.engine.tokenizer;

import java.util.Arrays;

/// A growing list of token ids.
final class Ids {

    private int[] ids = new int[64];
    private int count;

    void add(int id) {
        grow(1);
        ids[count++] = id;
    }

    void addAll(int[] more) {
        grow(more.length);
        System.arraycopy(more, 0, ids, count, more.length);
        count += more.length;
    }

    private void grow(int more) {
        if (ids.length - count < more) {
            ids = Arrays.copyOf(ids, Math.max(ids.length * 2, count + more));
        }
    }

    int[] toArray() {
        return Arrays.copyOf(ids, count);
    }
}
