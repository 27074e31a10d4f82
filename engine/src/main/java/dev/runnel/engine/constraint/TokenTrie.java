package dev.runnel.engine.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// The texts of a vocabulary's tokens as two trees of bytes, one of those up to [#SHORT] bytes and one of
/// the longer, few as they are. The nodes of both are numbered together, each before its descendants (as
/// in the trie of llguidance), so that a walk goes through memory in order and leaves out a subtree by
/// one jump.
final class TokenTrie {

    /// How near an end must be for a short token to feel it.
    static final int SHORT = 16;

    static final int NONE = -1;

    private final byte[] edge; // the byte that leads to a node
    private final short[] depth; // bytes from the root
    private final int[] end; // the node after its last descendant
    private final int[] token; // one that ends here
    private final int[] sameText; // (token): another with the same bytes
    private final int longRoot;
    private final int maxDepth;

    /// @param text of a token, null for one that has none
    TokenTrie(int tokenCount, IntFunction<byte @Nullable []> text) {
        byte[][] texts = new byte[tokenCount][];
        List<Integer> sorted = new ArrayList<>();
        int total = 2;
        for (int id = 0; id < tokenCount; id++) {
            byte[] bytes = text.apply(id);
            if (bytes != null && bytes.length > 0 && bytes.length <= Short.MAX_VALUE) {
                texts[id] = bytes;
                sorted.add(id);
                total += bytes.length;
            }
        }
        sorted.sort((a, b) -> {
            int byLength = Boolean.compare(texts[a].length > SHORT, texts[b].length > SHORT);
            return byLength != 0 ? byLength : Arrays.compareUnsigned(texts[a], texts[b]);
        });

        byte[] edges = new byte[total];
        short[] depths = new short[total];
        int[] ends = new int[total];
        int[] tokens = new int[total];
        Arrays.fill(tokens, NONE);
        sameText = new int[tokenCount];
        Arrays.fill(sameText, NONE);
        int[] open = new int[Short.MAX_VALUE + 1]; // the node at each depth of the path to the last
        int nodes = 1;
        int deepest = 0;
        int top = 0; // depth of the last node
        int secondRoot = NONE;
        byte[] last = {};
        for (Integer id : sorted) {
            byte[] bytes = texts[id];
            if (secondRoot == NONE && bytes.length > SHORT) {
                for (int d = top; d >= 0; d--) {
                    ends[open[d]] = nodes;
                }
                secondRoot = nodes++;
                open[0] = secondRoot;
                top = 0;
                last = new byte[0];
            }
            int shared = Arrays.mismatch(last, bytes);
            shared = shared < 0 ? bytes.length : shared;
            for (int d = top; d > shared; d--) {
                ends[open[d]] = nodes;
            }
            for (int d = shared; d < bytes.length; d++) {
                edges[nodes] = bytes[d];
                depths[nodes] = (short) (d + 1);
                open[d + 1] = nodes++;
            }
            top = bytes.length;
            deepest = Math.max(deepest, top);
            last = bytes;
            sameText[id] = tokens[open[top]];
            tokens[open[top]] = id;
        }
        for (int d = top; d >= 0; d--) {
            ends[open[d]] = nodes;
        }
        if (secondRoot == NONE) {
            secondRoot = nodes++;
            ends[secondRoot] = nodes;
        }
        edge = Arrays.copyOf(edges, nodes);
        depth = Arrays.copyOf(depths, nodes);
        end = Arrays.copyOf(ends, nodes);
        token = Arrays.copyOf(tokens, nodes);
        longRoot = secondRoot;
        maxDepth = deepest;
    }

    /// How many nodes there are.
    int size() {
        return edge.length;
    }

    int shortRoot() {
        return 0;
    }

    int longRoot() {
        return longRoot;
    }

    boolean isRoot(int node) {
        return node == 0 || node == longRoot;
    }

    boolean isShort(int node) {
        return node < longRoot;
    }

    /// From 0 to 255.
    int edge(int node) {
        return edge[node] & 0xFF;
    }

    int depth(int node) {
        return depth[node];
    }

    /// The node after the last descendant.
    int end(int node) {
        return end[node];
    }

    boolean isLeaf(int node) {
        return end[node] == node + 1;
    }

    /// A token whose text ends at a node, or [#NONE].
    int token(int node) {
        return token[node];
    }

    /// Another token with the same text, or [#NONE].
    int sameText(int tokenId) {
        return sameText[tokenId];
    }

    int maxDepth() {
        return maxDepth;
    }
}
