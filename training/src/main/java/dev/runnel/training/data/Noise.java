package dev.runnel.training.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// What happens to phrases when people write them: little words are left out or put in, words come that the model has
/// never seen, letters are exchanged. What decides stays: a placeholder, and what stands right beside it, is never
/// touched, nor is a word of the list of those that keep.
final class Noise {

    private static final Phrasebook BOOK = Phrasebook.load("noise");

    private static final double OFTEN = 0.3;
    private static final int LONG = 6; // letters of a word that is still recognised with a letter wrong
    private static final String CONSONANTS = "bcdfghjklmnprstvwz";
    private static final String VOWELS = "aeiou";

    /// A Chinese phrase in pieces that stay whole: placeholders, runs of letters and digits, single characters.
    private static final Pattern PIECES = Pattern.compile("\\{[a-z]}|[A-Za-z0-9]+|.", Pattern.DOTALL);

    private Noise() {}

    /// A phrase, mostly as it is.
    static String in(String phrase, Draw draw) {
        if (!draw.chance(OFTEN)) {
            return phrase;
        }
        String noisy = phrase;
        for (int left = draw.between(1, 2); left > 0; left--) {
            List<String> pieces = pieces(noisy, draw);
            change(pieces, draw);
            noisy = String.join(draw.isChinese() ? "" : " ", pieces);
        }
        return noisy.isBlank() ? phrase : noisy;
    }

    private static List<String> pieces(String phrase, Draw draw) {
        return new ArrayList<>(
                draw.isChinese()
                        ? PIECES.matcher(phrase)
                                .results()
                                .map(found -> found.group())
                                .toList()
                        : Arrays.asList(phrase.split(" ", -1)));
    }

    private static void change(List<String> pieces, Draw draw) {
        double kind = draw.between(0, 99) / 100.0;
        if (kind < 0.3) {
            put(pieces, draw.phrase(BOOK.section(draw.language(), "fillers")), draw);
        } else if (kind < 0.5) {
            put(pieces, word(draw), draw);
        } else {
            int at = draw.between(0, pieces.size() - 1);
            String piece = pieces.get(at);
            if (isFixed(piece) || !isFree(pieces, at)) {
                return;
            }
            boolean isSmall = small(draw).contains(piece.toLowerCase(Locale.ROOT));
            if (isSmall && kind < 0.75) {
                pieces.remove(at);
            } else if (isSmall && kind < 0.85) {
                pieces.set(at, word(draw));
            } else if (!draw.isChinese() && piece.length() >= LONG) {
                pieces.set(at, mistyped(piece, draw));
            }
        }
    }

    /// Puts a word where no placeholder is near.
    private static void put(List<String> pieces, String word, Draw draw) {
        int at = draw.between(0, pieces.size());
        boolean isBeside = (at > 0 && isFixed(pieces.get(at - 1))) || (at < pieces.size() && isFixed(pieces.get(at)));
        if (!isBeside) {
            pieces.add(at, word);
        }
    }

    private static boolean isFree(List<String> pieces, int at) {
        return (at == 0 || !isFixed(pieces.get(at - 1))) && (at + 1 >= pieces.size() || !isFixed(pieces.get(at + 1)));
    }

    private static boolean isFixed(String piece) {
        return piece.contains("{") || piece.contains("}") || piece.contains("\"");
    }

    private static Set<String> small(Draw draw) {
        return Set.copyOf(BOOK.words(draw.language(), "small"));
    }

    /// A word that the model need not know: often one that nobody knows.
    static String word(Draw draw) {
        if (draw.isChinese()) {
            String characters = String.join("", BOOK.words(draw.language(), "characters"));
            return IntStream.range(0, draw.between(1, 3))
                    .map(_ -> characters.charAt(draw.between(0, characters.length() - 1)))
                    .mapToObj(Character::toString)
                    .collect(Collectors.joining());
        }
        return draw.chance(0.4)
                ? draw.of(BOOK.words(draw.language(), "words"))
                : IntStream.range(0, draw.between(1, 3))
                                .mapToObj(_ -> letter(CONSONANTS, draw) + letter(VOWELS, draw))
                                .collect(Collectors.joining())
                        + (draw.chance(0.6) ? letter(CONSONANTS, draw) : "");
    }

    private static String letter(String letters, Draw draw) {
        return Character.toString(letters.charAt(draw.between(0, letters.length() - 1)));
    }

    /// With two letters exchanged, one left out, or one twice; the first stays.
    private static String mistyped(String word, Draw draw) {
        int at = draw.between(1, word.length() - 2);
        String before = word.substring(0, at);
        String after = word.substring(at + 2);
        char one = word.charAt(at);
        char other = word.charAt(at + 1);
        return before
                + switch (draw.between(0, 2)) {
                    case 0 -> "" + other + one;
                    case 1 -> "" + other;
                    default -> "" + one + one + other;
                }
                + after;
    }
}
