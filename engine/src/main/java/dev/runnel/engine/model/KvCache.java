package dev.runnel.engine.model;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.kernel.PageFormat;
import dev.runnel.engine.kernel.PageLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The keys and values of all sequences, in pages of [PageLayout#POSITIONS] tokens (Kwon et al., "Efficient
/// memory management for large language model serving with PagedAttention",
/// https://arxiv.org/abs/2309.06180).
///
/// A page holds its tokens for all layers and heads. A sequence has pages promised to it and takes them as it
/// grows. A full page of a sequence that shares goes into the [PrefixTree], where it stays when all sequences
/// have let go of it, until its memory is wanted for something else. A page's memory is allocated the first
/// time it is taken and lives outside the heap. One thread reserves, runs and closes sequences.
///
/// ```
/// page  (layers, [keys of each head, values of each head])      one head's as PageFormat has them
/// ```
final class KvCache implements AutoCloseable {

    private static final int[] NOTHING = {};

    private final Arena arena = Arena.ofShared();
    private final PageFormat format;
    private final int layers;
    private final int heads;
    private final int pages;
    private final PrefixTree tree = new PrefixTree();
    private final Deque<MemorySegment> spare = new ArrayDeque<>();
    private int allocated;
    private int held; // by at least one sequence
    private int promised; // and not yet taken

    /// @param heads of keys and values
    /// @param pages that there are at most
    KvCache(PageFormat format, int layers, int heads, int pages) {
        this.format = format;
        this.layers = layers;
        this.heads = heads;
        this.pages = pages;
    }

    /// Pages that a model's cache of so many bytes has, at least one.
    ///
    /// @throws ModelFileException if not even that fits
    static int pages(String file, Hyperparameters model, PageFormat format, long bytes) {
        long pageBytes = pageBytes(format, model.layers(), model.keyValueHeads());
        if (bytes < pageBytes) {
            throw new ModelFileException(
                    file,
                    "needs %d bytes of cache for %d tokens, and may have %d"
                            .formatted(pageBytes, PageLayout.POSITIONS, bytes));
        }
        return (int) Math.min(bytes / pageBytes, Integer.MAX_VALUE / PageLayout.POSITIONS);
    }

    /// Bytes of one page.
    static long pageBytes(PageFormat format, int layers, int heads) {
        return layers * layerBytes(format, heads);
    }

    private static long layerBytes(PageFormat format, int heads) {
        return heads * (format.keyBytes() + format.valueBytes());
    }

    PageFormat format() {
        return format;
    }

    /// Tokens that all pages hold.
    int capacity() {
        return pages * PageLayout.POSITIONS;
    }

    CacheUse use() {
        return new CacheUse(pages, held, tree.idle());
    }

    /// Bytes from a page's start to the keys of a head; those of the next one follow.
    long keys(int layer, int head) {
        return layer * layerBytes(format, heads) + head * format.keyBytes();
    }

    /// Bytes from a page's start to the values of a head; those of the next one follow.
    long values(int layer, int head) {
        return layer * layerBytes(format, heads) + heads * format.keyBytes() + head * format.valueBytes();
    }

    /// Room for a sequence of `tokens` that shares nothing, if there is any.
    Optional<KvSequence> reserve(int tokens) {
        return opened(new Sequence(false), tokens);
    }

    /// Room for a sequence of `tokens` that shares its pages, and begins with those tokens of `beginning`,
    /// but for the last, that the tree has.
    ///
    /// @param tokens at least as many as `beginning` has
    Optional<KvSequence> reserve(int tokens, int[] beginning) {
        Sequence sequence = new Sequence(true);
        sequence.begin(beginning);
        return opened(sequence, tokens);
    }

    private static Optional<KvSequence> opened(Sequence sequence, int tokens) {
        // The page that it would copy a beginning from takes room too, which may be the last there is.
        boolean hasRoom = sequence.reserve(tokens) || (sequence.letGoOfOverlap() && sequence.reserve(tokens));
        if (!hasRoom) {
            sequence.close();
            return Optional.empty();
        }
        sequence.takeOver();
        return Optional.of(sequence);
    }

    /// Frees all pages.
    @Override
    public void close() {
        arena.close();
    }

    /// Memory for a page that has been promised.
    private MemorySegment take() {
        MemorySegment free = spare.poll();
        if (free != null) {
            return free;
        }
        if (allocated < pages) {
            MemorySegment fresh = arena.allocate(pageBytes(format, layers, heads), Float.BYTES * 16);
            allocated++;
            return fresh;
        }
        return tree.evict().memory;
    }

    private Page hold(Page page) {
        if (page.holders++ == 0) {
            held++;
            if (page.isInTree()) {
                tree.takeUp(page);
            }
        }
        return page;
    }

    private void letGo(Page page) {
        if (--page.holders > 0) {
            return;
        }
        held--;
        if (page.isInTree()) {
            tree.letGo(page);
        } else {
            spare.add(page.memory);
        }
    }

    /// A sequence and its pages.
    final class Sequence implements KvSequence {

        private final boolean shares;
        private final List<Page> taken = new ArrayList<>();
        private int[] tokens = NOTHING; // those read, and of a step that is under way
        private int length;
        private int ahead; // guesses read behind these
        private int promisedPages;
        private int inTree; // pages, from the first on
        private PrefixTree.@Nullable Overlap overlap; // until it is taken over
        private boolean closed;

        private Sequence(boolean shares) {
            this.shares = shares;
        }

        @Override
        public int length() {
            return length;
        }

        /// The most tokens it has room for.
        int room() {
            return (taken.size() + promisedPages) * PageLayout.POSITIONS;
        }

        boolean isOpenIn(KvCache cache) {
            return !closed && cache == KvCache.this;
        }

        /// Holds the pages of the tree that spell `beginning`, but for its last token.
        private void begin(int[] beginning) {
            follow(beginning, Integer.MAX_VALUE); // whether there is room shows when it is reserved
            int most = beginning.length - 1;
            if (length < most) {
                overlap = tree.closest(last(), beginning, length, most).orElse(null);
                if (overlap != null) {
                    hold(overlap.page());
                    remember(beginning, length, overlap.tokens(), length);
                }
            }
        }

        /// Goes along the tree from its last full page on, as far as that spells `tokens` but for the last.
        ///
        /// @param most tokens to get to
        private void follow(int[] tokens, int most) {
            int index = length / PageLayout.POSITIONS;
            int end = Math.min(most, tokens.length - 1);
            for (int from = index * PageLayout.POSITIONS;
                    from + PageLayout.POSITIONS <= end;
                    from += PageLayout.POSITIONS) {
                Optional<Page> next = tree.find(index == 0 ? null : taken.get(index - 1), tokens, from);
                if (next.isEmpty()) {
                    return;
                }
                hold(next.get());
                if (index < taken.size()) {
                    letGo(taken.set(index, next.get())); // it has read a part of the same
                } else {
                    taken.add(next.get());
                    int spared = Math.min(promisedPages, 1);
                    promisedPages -= spared;
                    promised -= spared;
                }
                remember(tokens, from, PageLayout.POSITIONS, from);
                index++;
                inTree = index;
                length = from + PageLayout.POSITIONS;
            }
        }

        @Override
        public int catchUp(int[] tokens) {
            int before = length;
            ahead = 0;
            if (shares) {
                follow(tokens, room());
            }
            return length - before;
        }

        private @Nullable Page last() {
            return taken.isEmpty() ? null : taken.getLast();
        }

        /// Copies what it shares of a page that goes on differently.
        private void takeOver() {
            PrefixTree.Overlap from = overlap;
            if (from != null) {
                copy(from.page());
                length += from.tokens();
                letGoOfOverlap();
            }
        }

        /// Whether there was one.
        private boolean letGoOfOverlap() {
            if (overlap == null) {
                return false;
            }
            letGo(overlap.page());
            overlap = null;
            return true;
        }

        /// Copies a page's memory; where there is none for it, nothing comes of the sequence.
        private void copy(Page page) {
            try {
                takePage();
            } catch (RuntimeException | Error failure) {
                close();
                throw failure;
            }
            taken.getLast().memory.copyFrom(page.memory);
        }

        private void takePage() {
            taken.add(hold(new Page(take())));
            promisedPages--;
            promised--;
        }

        @Override
        public boolean reserve(int tokens) {
            int wanted = Math.ceilDiv(tokens, PageLayout.POSITIONS) - taken.size() - promisedPages;
            if (wanted > pages - held - promised) {
                return false;
            }
            if (wanted > 0) {
                promisedPages += wanted;
                promised += wanted;
            }
            return true;
        }

        @Override
        public Optional<KvSequence> fork(int tokens) {
            Sequence fork = new Sequence(shares);
            int full = length / PageLayout.POSITIONS;
            taken.subList(0, full).forEach(page -> fork.taken.add(hold(page)));
            fork.inTree = Math.min(inTree, full);
            if (!fork.reserve(Math.max(tokens, length))) {
                fork.close();
                return Optional.empty();
            }
            if (length % PageLayout.POSITIONS > 0) {
                fork.copy(taken.get(full));
            }
            fork.remember(this.tokens, 0, length, 0);
            fork.length = length;
            return Optional.of(fork);
        }

        private void remember(int[] from, int start, int count, int at) {
            if (!shares) {
                return;
            }
            if (tokens.length < at + count) {
                tokens = Arrays.copyOf(tokens, Math.max(at + count, 2 * tokens.length));
            }
            System.arraycopy(from, start, tokens, at, count);
        }

        /// Takes the pages that the tokens from index `from` to `to` need.
        ///
        /// @param position of the first
        void prepareFor(int[] tokens, int from, int to, int position) {
            remember(tokens, from, to - from, position);
            while (taken.size() * PageLayout.POSITIONS < position + to - from) {
                takePage();
            }
        }

        /// Counts tokens whose keys and values have been written.
        ///
        /// @param guesses how many of them count only when they are kept
        void grow(int tokens, int guesses) {
            ahead = guesses == tokens ? ahead + guesses : guesses;
            count(tokens - guesses);
        }

        /// Where a slice's first token goes.
        ///
        /// @param guesses whether it has nothing else
        int end(boolean guesses) {
            return guesses ? length + ahead : length;
        }

        @Override
        public void keep(int guesses) {
            if (guesses < 0 || guesses > ahead) {
                throw new IllegalArgumentException(
                        "%d guesses were to be kept, and %d are left".formatted(guesses, ahead));
            }
            ahead -= guesses;
            count(guesses);
        }

        private void count(int tokens) {
            length += tokens;
            while (shares && (inTree + 1) * PageLayout.POSITIONS <= length) {
                share(inTree++);
            }
        }

        /// Puts a full page into the tree, or takes the same from there.
        private void share(int index) {
            Page parent = index == 0 ? null : taken.get(index - 1);
            Page page = taken.get(index);
            int from = index * PageLayout.POSITIONS;
            Optional<Page> same = tree.find(parent, tokens, from);
            if (same.isPresent()) {
                taken.set(index, hold(same.get()));
                letGo(page);
            } else {
                tree.add(parent, Arrays.copyOfRange(tokens, from, from + PageLayout.POSITIONS), page);
            }
        }

        /// Page number `index` of the sequence.
        MemorySegment page(int index) {
            return taken.get(index).memory;
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                letGoOfOverlap();
                promised -= promisedPages;
                promisedPages = 0;
                taken.reversed().forEach(KvCache.this::letGo);
                taken.clear();
            }
        }
    }
}
