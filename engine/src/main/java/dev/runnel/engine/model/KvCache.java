package dev.runnel.engine.model;

import dev.runnel.engine.kernel.PageLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/// The keys and values of all running sequences, in pages of [PageLayout#POSITIONS] tokens.
///
/// A page holds its tokens for all layers and heads. Sequences reserve their pages when they are admitted, so
/// none runs out of room half way, and take them as they grow. A page's memory is allocated the first time it
/// is taken and lives outside the heap. One thread reserves, runs and closes sequences.
///
/// ```
/// page  (layers, keyValueHeads, PageLayout)
/// ```
final class KvCache implements AutoCloseable {

    private final Arena arena = Arena.ofShared();
    private final PageLayout layout;
    private final int layers;
    private final int heads;
    private final int pages;
    private final Deque<MemorySegment> spare = new ArrayDeque<>();
    private int reserved;

    /// @param heads of keys and values
    /// @param pages that there are at most
    KvCache(PageLayout layout, int layers, int heads, int pages) {
        this.layout = layout;
        this.layers = layers;
        this.heads = heads;
        this.pages = pages;
    }

    /// Bytes of one page.
    static long pageBytes(PageLayout layout, int layers, int heads) {
        return (long) layers * heads * layout.bytes();
    }

    PageLayout layout() {
        return layout;
    }

    /// Tokens that all pages hold.
    int capacity() {
        return pages * PageLayout.POSITIONS;
    }

    /// Bytes from a page's start to the keys and values of a head.
    long offset(int layer, int head) {
        return ((long) layer * heads + head) * layout.bytes();
    }

    /// Room for a sequence of at most `tokens`, if there is any.
    Optional<KvSequence> reserve(int tokens) {
        int wanted = Math.ceilDiv(tokens, PageLayout.POSITIONS);
        if (wanted > pages - reserved) {
            return Optional.empty();
        }
        reserved += wanted;
        return Optional.of(new Sequence(tokens, wanted));
    }

    /// Frees all pages.
    @Override
    public void close() {
        arena.close();
    }

    /// A sequence and its pages.
    final class Sequence implements KvSequence {

        private final int room;
        private final int reservedPages;
        private final List<MemorySegment> taken = new ArrayList<>();
        private int length;
        private boolean closed;

        private Sequence(int room, int reservedPages) {
            this.room = room;
            this.reservedPages = reservedPages;
        }

        @Override
        public int length() {
            return length;
        }

        /// The most tokens it was reserved for.
        int room() {
            return room;
        }

        boolean isOpenIn(KvCache cache) {
            return !closed && cache == KvCache.this;
        }

        /// Takes the pages that `tokens` more tokens need.
        void prepareFor(int tokens) {
            while (taken.size() * PageLayout.POSITIONS < length + tokens) {
                MemorySegment page = spare.poll();
                taken.add(page != null ? page : arena.allocate(pageBytes(layout, layers, heads), Float.BYTES * 16));
            }
        }

        /// Counts tokens whose keys and values have been written.
        void grow(int tokens) {
            length += tokens;
        }

        /// Page number `index` of the sequence.
        MemorySegment page(int index) {
            return taken.get(index);
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                reserved -= reservedPages;
                spare.addAll(taken);
                taken.clear();
            }
        }
    }
}
