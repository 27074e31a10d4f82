package dev.runnel.engine.tokenizer;

import java.util.Arrays;

/// Byte pair encoding: joins the neighbours of lowest rank, the leftmost first, until no two can be joined.
///
/// Symbols form a linked list by position; a joined symbol stays where its left half was. The pairs that could
/// be joined wait by rank and position. A pair whose neighbourhood has changed meanwhile is recognised when it
/// comes up: the table gives another rank. Each join adds at most two pairs, so n symbols cost O(n log n), and
/// O(n) if they are all the same: then pairs are found in the order in which they are joined, and a queue
/// takes those.
///
/// Keeps its arrays between calls; for one thread.
final class Merger {

    private static final int NONE = -1;

    private int[] next = new int[64];
    private int[] previous = new int[64];

    /// Waiting pairs in ascending order, from `queueHead` on: rank (upper half) and position of the left symbol
    /// (lower half).
    private long[] queue = new long[64];

    private int queueHead;
    private int queueEnd;

    /// A binary heap of those that were found too late for the queue, the smallest first.
    private long[] heap = new long[64];

    private int heapSize;

    /// Joins `symbols[0..length)` in place.
    ///
    /// @return how many are left, at the array's start
    int merge(MergeTable table, int[] symbols, int length) {
        link(length);
        queueHead = 0;
        queueEnd = 0;
        for (int i = 0; i + 1 < length; i++) {
            long found = table.find(symbols[i], symbols[i + 1]);
            if (found != MergeTable.NONE) {
                enqueue(entry(found, i));
            }
        }
        Arrays.sort(queue, 0, queueEnd);
        while (queueHead < queueEnd || heapSize > 0) {
            long smallest =
                    heapSize == 0 || (queueHead < queueEnd && queue[queueHead] <= heap[0]) ? queue[queueHead++] : pop();
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
                await(table, symbols, left);
            }
            if (previous[left] != NONE) {
                await(table, symbols, previous[left]);
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

    private static long entry(long found, int left) {
        return ((long) MergeTable.rank(found) << 32) | left;
    }

    /// Lets a pair wait, if it can be joined.
    private void await(MergeTable table, int[] symbols, int left) {
        long found = table.find(symbols[left], symbols[next[left]]);
        if (found == MergeTable.NONE) {
            return;
        }
        long entry = entry(found, left);
        if (queueHead == queueEnd || entry >= queue[queueEnd - 1]) {
            enqueue(entry);
        } else {
            push(entry);
        }
    }

    private void enqueue(long entry) {
        if (queueEnd == queue.length) {
            queue = Arrays.copyOf(queue, queueEnd * 2);
        }
        queue[queueEnd++] = entry;
    }

    private void push(long entry) {
        if (heapSize == heap.length) {
            heap = Arrays.copyOf(heap, heapSize * 2);
        }
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
