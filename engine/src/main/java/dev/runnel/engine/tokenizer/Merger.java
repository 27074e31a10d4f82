package dev.runnel.engine.tokenizer;

import java.util.Arrays;

/// Byte pair encoding: joins the neighbours of lowest rank, the leftmost first, until no two can be joined.
///
/// Symbols form a linked list by position; a joined symbol stays where its left half was. A heap holds the
/// pairs that could be joined. A pair whose neighbourhood has changed since it was pushed is recognised when
/// it comes up: the table gives another rank. Each join pushes at most two pairs, so n symbols cost O(n log
/// n).
///
/// Keeps its arrays between calls; for one thread.
final class Merger {

    private static final int NONE = -1;

    private int[] next = new int[0];
    private int[] previous = new int[0];

    /// A binary heap, smallest first, of ranks (upper half) and positions of left symbols (lower half).
    private long[] heap = new long[64];

    private int heapSize;

    /// Joins `symbols[0..length)` in place.
    ///
    /// @return how many are left, at the array's start
    int merge(MergeTable table, int[] symbols, int length) {
        link(length);
        for (int i = 0; i + 1 < length; i++) {
            push(table, symbols, i);
        }
        while (heapSize > 0) {
            long smallest = pop();
            int left = (int) smallest;
            int right = next[left];
            if (symbols[left] == NONE || right == NONE) {
                continue;
            }
            long found = table.find(symbols[left], symbols[right]);
            if (found == MergeTable.NONE || MergeTable.rank(found) != (int) (smallest >>> 32)) {
                continue;
            }
            symbols[left] = MergeTable.joined(found);
            symbols[right] = NONE;
            next[left] = next[right];
            if (next[left] != NONE) {
                previous[next[left]] = left;
                push(table, symbols, left);
            }
            if (previous[left] != NONE) {
                push(table, symbols, previous[left]);
            }
        }
        return compact(symbols, length);
    }

    private void link(int length) {
        if (next.length < length) {
            next = new int[length];
            previous = new int[length];
        }
        for (int i = 0; i < length; i++) {
            next[i] = i + 1 < length ? i + 1 : NONE;
            previous[i] = i - 1;
        }
    }

    private static int compact(int[] symbols, int length) {
        int kept = 0;
        for (int i = 0; i < length; i++) {
            if (symbols[i] != NONE) {
                symbols[kept++] = symbols[i];
            }
        }
        return kept;
    }

    private void push(MergeTable table, int[] symbols, int left) {
        long found = table.find(symbols[left], symbols[next[left]]);
        if (found == MergeTable.NONE) {
            return;
        }
        if (heapSize == heap.length) {
            heap = Arrays.copyOf(heap, heapSize * 2);
        }
        long entry = ((long) MergeTable.rank(found) << 32) | left;
        int hole = heapSize++;
        while (hole > 0 && heap[(hole - 1) / 2] > entry) {
            heap[hole] = heap[(hole - 1) / 2];
            hole = (hole - 1) / 2;
        }
        heap[hole] = entry;
    }

    private long pop() {
        long smallest = heap[0];
        long last = heap[--heapSize];
        int hole = 0;
        for (int child = 1; child < heapSize; child = 2 * hole + 1) {
            if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= last) {
                break;
            }
            heap[hole] = heap[child];
            hole = child;
        }
        heap[hole] = last;
        return smallest;
    }
}
