package dev.runnel.core.moderation;

/// Looks for the phrases of a [Blocklist] in one text, as its pieces come. Places are counted in `char`s from the
/// text's beginning.
///
/// A phrase that ends with a word counts only once it is seen that the word ends there, and one that begins with a
/// word only where no word goes on.
final class Watch {

    private static final int NONE = -1;

    private final Blocklist blocklist;
    private final int[] places; // where the last characters that count begin; a ring
    private final boolean[] ofWords; // whether they belong to a word
    private long count; // of characters that count
    private Blocklist.Node node;
    private int seen;
    private boolean afterSpace;
    private int waiting = NONE; // where the earliest phrase begins whose last word may go on
    private int found = NONE;

    Watch(Blocklist blocklist) {
        this.blocklist = blocklist;
        places = new int[blocklist.longest() + 1];
        ofWords = new boolean[places.length];
        node = blocklist.start();
    }

    /// Looks at the next piece.
    void read(String piece) {
        piece.codePoints().forEach(character -> {
            if (found == NONE) {
                read(Blocklist.folded(character));
            }
            seen += Character.charCount(character);
        });
    }

    private void read(int folded) {
        if (Blocklist.isNothing(folded)) {
            return;
        }
        boolean isOfWord = Blocklist.isOfWord(folded);
        if (waiting != NONE && !isOfWord) {
            found = waiting;
            return;
        }
        waiting = NONE;
        if (folded == ' ' && afterSpace) {
            return;
        }
        afterSpace = folded == ' ';
        int slot = slot(count++);
        places[slot] = seen;
        ofWords[slot] = isOfWord;
        node = blocklist.after(node, folded);
        for (int length : node.phrases) {
            if (!beginsInAWord(length)) {
                int place = places[slot(count - length)];
                if (isOfWord) {
                    waiting = place;
                } else {
                    found = place;
                }
                return; // the longest begins first
            }
        }
    }

    /// Whether the word goes on in which the last `length` characters begin.
    private boolean beginsInAWord(int length) {
        long first = count - length;
        return first > 0 && ofWords[slot(first)] && ofWords[slot(first - 1)];
    }

    private int slot(long number) {
        return (int) (number % places.length);
    }

    /// The last word ends here, whatever comes.
    void end() {
        if (found == NONE) {
            found = waiting;
        }
    }

    /// `char`s looked at.
    int seen() {
        return seen;
    }

    boolean hasFound() {
        return found != NONE;
    }

    /// Up to where nothing is part of a phrase, nor may become one.
    int cleared() {
        if (found != NONE) {
            return found;
        }
        int open = node.length == 0 ? seen : places[slot(count - node.length)];
        return waiting == NONE ? open : Math.min(open, waiting);
    }
}
