package dev.runnel.core.moderation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/// Phrases that no reply may contain, as an automaton that finds all of them in one pass (Aho and Corasick 1975,
/// https://doi.org/10.1145/360825.360855). Immutable.
///
/// Letters count the same in either case and in full width, white space is one space however much of it there is, and
/// characters that can't be seen count as nothing. In scripts that put spaces between words a phrase is found as whole
/// words: `ass` is not in `class`. In those that don't, such as Chinese, it is found everywhere.
public final class Blocklist {

    /// A beginning of phrases.
    static final class Node {
        private final Map<Integer, Node> next = new HashMap<>();
        final int length;

        /// Lengths of the phrases that end here, the longest first.
        final List<Integer> phrases = new ArrayList<>();

        /// The longest other beginning that this one ends with; the root's is itself.
        private Node shorter;

        private Node() {
            length = 0;
            shorter = this;
        }

        /// @param shorter until all beginnings are there and can be linked
        private Node(int length, Node shorter) {
            this.length = length;
            this.shorter = shorter;
        }
    }

    private static final int NOTHING = -1;

    private final Node root = new Node();
    private final int longest;

    /// @param phrases at least one; each holds something that can be seen
    public Blocklist(List<String> phrases) {
        if (phrases.isEmpty()) {
            throw new IllegalArgumentException("a blocklist has no phrases, expected at least one");
        }
        int most = 0;
        for (String phrase : phrases) {
            Node end = added(phrase);
            most = Math.max(most, end.length);
        }
        longest = most;
        link();
    }

    /// The phrases of a text, one to a line. Empty lines and those that begin with `#` are passed over.
    public static Blocklist of(String text) {
        return new Blocklist(text.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .toList());
    }

    private Node added(String phrase) {
        Node at = root;
        boolean afterSpace = true;
        for (int folded : phrase.strip().codePoints().map(Blocklist::folded).toArray()) {
            if (folded == NOTHING || (folded == ' ' && afterSpace)) {
                continue;
            }
            afterSpace = folded == ' ';
            int length = at.length + 1;
            at = at.next.computeIfAbsent(folded, _ -> new Node(length, root));
        }
        if (at == root) {
            throw new IllegalArgumentException("the phrase '%s' holds nothing that can be seen".formatted(phrase));
        }
        if (at.phrases.isEmpty()) {
            at.phrases.add(at.length);
        }
        return at;
    }

    /// Links each beginning to the longest other one that it ends with, the short ones first.
    private void link() {
        Queue<Node> nodes = new ArrayDeque<>(root.next.values()); // whose others are the root
        while (!nodes.isEmpty()) {
            Node node = nodes.remove();
            node.next.forEach((folded, longer) -> {
                Node shorter = after(node.shorter, folded);
                longer.shorter = shorter;
                longer.phrases.addAll(shorter.phrases);
                nodes.add(longer);
            });
        }
    }

    Node start() {
        return root;
    }

    /// Characters of the longest phrase.
    int longest() {
        return longest;
    }

    /// The longest beginning of a phrase that a text ends with, which ended with `node` and now has one character more.
    Node after(Node node, int folded) {
        Node at = node;
        while (true) {
            Node next = at.next.get(folded);
            if (next != null) {
                return next;
            }
            if (at == root) {
                return root;
            }
            at = at.shorter;
        }
    }

    /// What a character counts as, [#isNothing] if as none.
    static int folded(int character) {
        if (Character.isWhitespace(character) || Character.isSpaceChar(character)) {
            return ' ';
        }
        if (Character.getType(character) == Character.FORMAT || character == 0xAD) {
            return NOTHING;
        }
        int narrow = character >= 0xFF01 && character <= 0xFF5E ? character - 0xFEE0 : character;
        return Character.toLowerCase(Character.toUpperCase(narrow));
    }

    static boolean isNothing(int folded) {
        return folded == NOTHING;
    }

    /// Whether a character belongs to a word that spaces or signs set apart.
    static boolean isOfWord(int folded) {
        if (!Character.isLetterOrDigit(folded)) {
            return false;
        }
        return switch (Character.UnicodeScript.of(folded)) {
            case HAN, HIRAGANA, KATAKANA, THAI, LAO, KHMER, MYANMAR, TIBETAN -> false;
            default -> true;
        };
    }
}
