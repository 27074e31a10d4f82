package dev.runnel.training.vocabulary;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Makes a vocabulary out of texts:
///
/// 1. the special tokens and the 256 bytes, so that every text can be written;
/// 2. every number up to 200, which is as far as answers go: a number is one thing, and a count to 100 is short. Larger
///    ones consist of these, and are copied in parts that are often met;
/// 3. the Chinese characters and other signs that are frequent, whole. No token holds two of them, so that a phrase
/// that
///    was never seen still consists of characters that were;
/// 4. the pairs of letters, and of the signs that JSON is made of, that are the most frequent, joined one after another
///    (byte pair encoding, Sennrich et al. 2016).
public final class VocabularyLearner {

    private static final Pattern WORDS = Pattern.compile("[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");
    private static final String JSON_SIGNS = "{}[]\":,<>/_.#";
    private static final int MOST_NUMBER = 200;
    private static final int LONGEST = 14;
    private static final int MULTIPLE = 32;

    private final int pairs;
    private final int leastCount;
    private final Map<String, Integer> words = new TreeMap<>();
    private final Map<String, Integer> characters = new TreeMap<>();

    private final List<String> tokens = new ArrayList<>();
    private final List<Integer> types = new ArrayList<>();
    private final Set<String> known = new HashSet<>();
    private final List<String> merges = new ArrayList<>();

    /// @param pairs to join in the fourth step
    /// @param leastCount how often a character has to occur to be a token
    public VocabularyLearner(int pairs, int leastCount) {
        this.pairs = pairs;
        this.leastCount = leastCount;
    }

    /// Reads a text.
    public void read(String text) {
        Matcher word = WORDS.matcher(text);
        while (word.find()) {
            words.merge(word.group(), 1, Integer::sum);
        }
        text.codePoints()
                .filter(each -> each >= 0x80)
                .mapToObj(Character::toString)
                .forEach(each -> characters.merge(each, 1, Integer::sum));
    }

    /// The vocabulary of all that was read, its size a multiple of 32.
    public Vocabulary learn() {
        Vocabulary.SPECIAL.forEach(this::add);
        for (int value = 0; value < 256; value++) {
            add(Vocabulary.spelled(value), Vocabulary.NORMAL);
        }
        for (int number = 10; number <= MOST_NUMBER; number++) {
            merge(String.valueOf(number / 10), String.valueOf(number % 10));
        }
        characters.entrySet().stream()
                .filter(entry -> entry.getValue() >= leastCount)
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .forEach(entry -> mergeCharacter(Vocabulary.spelled(entry.getKey())));
        mergePairs();
        while (tokens.size() % MULTIPLE != 0) {
            add("<|unused_%d|>".formatted(tokens.size()), Vocabulary.UNUSED);
        }
        return new Vocabulary(tokens, types, merges);
    }

    private void add(String token, int type) {
        if (known.add(token)) {
            tokens.add(token);
            types.add(type);
        }
    }

    private void merge(String left, String right) {
        merges.add(left + " " + right);
        add(left + right, Vocabulary.NORMAL);
    }

    private void mergeCharacter(String spelled) {
        for (int length = 2; length <= spelled.length(); length++) {
            if (!known.contains(spelled.substring(0, length))) {
                merge(spelled.substring(0, length - 1), spelled.substring(length - 1, length));
            }
        }
    }

    private record Word(List<String> parts, int count) {

        void join(String left, String right) {
            for (int i = 0; i + 1 < parts.size(); i++) {
                if (parts.get(i).equals(left) && parts.get(i + 1).equals(right)) {
                    parts.set(i, left + right);
                    parts.remove(i + 1);
                }
            }
        }
    }

    private void mergePairs() {
        List<Word> all = new ArrayList<>();
        words.forEach((word, count) -> {
            if (word.chars().allMatch(each -> each < 0x80) && word.length() > 1) {
                List<String> parts = new ArrayList<>();
                Vocabulary.spelled(word).chars().forEach(each -> parts.add(Character.toString(each)));
                all.add(new Word(parts, count));
            }
        });
        for (int i = 0; i < pairs; i++) {
            Map<String, Integer> counts = new HashMap<>();
            for (Word word : all) {
                for (int at = 0; at + 1 < word.parts().size(); at++) {
                    String pair = word.parts().get(at) + " " + word.parts().get(at + 1);
                    counts.merge(pair, word.count(), Integer::sum);
                }
            }
            String best = counts.entrySet().stream()
                    .filter(entry -> mayBeToken(entry.getKey().replace(" ", "")))
                    .max(Map.Entry.<String, Integer>comparingByValue()
                            .thenComparing(Map.Entry.comparingByKey(Comparator.reverseOrder())))
                    .map(Map.Entry::getKey)
                    .orElse("");
            if (best.isEmpty()) {
                return;
            }
            int space = best.indexOf(' ');
            String left = best.substring(0, space);
            String right = best.substring(space + 1);
            merge(left, right);
            all.forEach(word -> word.join(left, right));
        }
    }

    /// Letters, or signs of JSON; with a space before them or without.
    private static boolean mayBeToken(String spelled) {
        String text = spelled.replace(Vocabulary.spelled(" "), " ");
        String bare = text.startsWith(" ") ? text.substring(1) : text;
        if (bare.isEmpty() || text.length() > LONGEST) {
            return false;
        }
        boolean areLetters = bare.chars().allMatch(c -> (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
        return areLetters || bare.chars().allMatch(c -> JSON_SIGNS.indexOf(c) >= 0);
    }
}
