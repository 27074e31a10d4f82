package dev.runnel.engine.model;

import dev.runnel.engine.kernel.PageLayout;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The full pages whose tokens are known, as a tree: a path from a root spells the beginning of a sequence.
/// Keys and values of a token depend on the tokens before it and on nothing else, so whoever begins with the
/// same tokens may use them, to the same numbers.
///
/// Theory: the radix tree of Zheng et al., "SGLang: efficient execution of structured language model
/// programs" (https://arxiv.org/abs/2312.07104), with whole pages as its letters. Who holds a page holds
/// those before it as well, and lets go of the last one first. So of the pages that nobody holds, in the
/// order in which they were let go, the first never has a child: it is the one to take, and the least
/// recently used.
final class PrefixTree {

    private final NavigableMap<int[], Page> roots = new TreeMap<>(Arrays::compare);
    private final SequencedSet<Page> idle = new LinkedHashSet<>();

    /// A page that begins as a text goes on.
    ///
    /// @param tokens how many of its tokens do so, at least one
    record Overlap(Page page, int tokens) {}

    /// Pages that nobody holds.
    int idle() {
        return idle.size();
    }

    /// The page after `parent` that holds the tokens from index `from` on.
    Optional<Page> find(@Nullable Page parent, int[] tokens, int from) {
        return Optional.ofNullable(
                childrenOf(parent).get(Arrays.copyOfRange(tokens, from, from + PageLayout.POSITIONS)));
    }

    /// The page after `parent` that begins with the most of the tokens from index `from` up to `to`.
    Optional<Overlap> closest(@Nullable Page parent, int[] tokens, int from, int to) {
        int[] wanted = Arrays.copyOfRange(tokens, from, Math.min(to, from + PageLayout.POSITIONS));
        // In the order of their tokens, those with the longest common beginning are next to each other.
        Map.Entry<int[], Page> below = childrenOf(parent).floorEntry(wanted);
        Map.Entry<int[], Page> above = childrenOf(parent).higherEntry(wanted);
        int commonBelow = below == null ? 0 : common(below.getKey(), wanted);
        int commonAbove = above == null ? 0 : common(above.getKey(), wanted);
        if (below != null && commonBelow >= Math.max(1, commonAbove)) {
            return Optional.of(new Overlap(below.getValue(), commonBelow));
        }
        return above != null && commonAbove > 0
                ? Optional.of(new Overlap(above.getValue(), commonAbove))
                : Optional.empty();
    }

    private static int common(int[] a, int[] b) {
        int mismatch = Arrays.mismatch(a, 0, Math.min(a.length, b.length), b, 0, Math.min(a.length, b.length));
        return mismatch < 0 ? Math.min(a.length, b.length) : mismatch;
    }

    /// Puts a page that somebody holds behind `parent`, which somebody holds too.
    void add(@Nullable Page parent, int[] tokens, Page page) {
        page.parent = parent;
        page.tokens = tokens;
        childrenOf(parent).put(tokens, page);
    }

    /// Nobody holds the page any more.
    void letGo(Page page) {
        idle.add(page);
    }

    /// Somebody holds the page again.
    void takeUp(Page page) {
        idle.remove(page);
    }

    /// Takes the page out that was used least recently; there is one.
    Page evict() {
        Page page = idle.removeFirst();
        childrenOf(page.parent).remove(page.tokens);
        return page;
    }

    private NavigableMap<int[], Page> childrenOf(@Nullable Page parent) {
        return parent == null ? roots : parent.children;
    }
}
