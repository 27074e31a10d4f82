package dev.runnel.engine.tokenizer;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Finds tokens that are recognised in the text itself, before it is split: always the user-defined ones,
/// control tokens only if asked.
final class SpecialTokens {

    /// A node of the tree of their texts.
    private static final class Node {
        private final Map<Character, Node> next = new HashMap<>();
        private int id = Vocabulary.NONE;
        private boolean control;
    }

    private final Node root = new Node();
    /// What the texts begin with: rules out most places without a look at the tree.
    private final BitSet starts = new BitSet();

    SpecialTokens(Vocabulary vocabulary) {
        for (int id = 0; id < vocabulary.size(); id++) {
            switch (vocabulary.type(id)) {
                case CONTROL, UNKNOWN -> add(id, vocabulary.text(id), true);
                case USER_DEFINED -> add(id, vocabulary.text(id), false);
                case NORMAL, UNUSED, BYTE, UNDEFINED -> {}
            }
        }
    }

    private void add(int id, String text, boolean control) {
        if (text.isEmpty()) {
            return;
        }
        starts.set(text.charAt(0));
        Node node = root;
        for (int i = 0; i < text.length(); i++) {
            node = node.next.computeIfAbsent(text.charAt(i), _ -> new Node());
        }
        node.id = id;
        node.control = control;
    }

    /// The longest special token at `from`, or [Vocabulary#NONE].
    int match(String text, int from, boolean controls) {
        int match = Vocabulary.NONE;
        if (!starts.get(text.charAt(from))) {
            return match;
        }
        @Nullable Node node = root;
        for (int i = from; i < text.length(); i++) {
            node = node.next.get(text.charAt(i));
            if (node == null) {
                break;
            }
            if (node.id != Vocabulary.NONE && (controls || !node.control)) {
                match = node.id;
            }
        }
        return match;
    }
}
