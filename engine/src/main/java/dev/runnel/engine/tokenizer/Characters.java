package dev.runnel.engine.tokenizer;

import java.util.BitSet;

/// The classes of characters that word patterns speak of, as Unicode defines them, and runs of them in a
/// text.
final class Characters {

    /// A set of characters.
    @FunctionalInterface
    interface Kind {
        boolean has(int codePoint);

        default Kind or(Kind other) {
            return codePoint -> has(codePoint) || other.has(codePoint);
        }
    }

    private static final int UPPER_LIKE = (1 << Character.UPPERCASE_LETTER) | (1 << Character.TITLECASE_LETTER);
    private static final int LOWER_LIKE = (1 << Character.LOWERCASE_LETTER);
    private static final int MARK = (1 << Character.NON_SPACING_MARK)
            | (1 << Character.ENCLOSING_MARK)
            | (1 << Character.COMBINING_SPACING_MARK);
    private static final int NUMBER =
            (1 << Character.DECIMAL_DIGIT_NUMBER) | (1 << Character.LETTER_NUMBER) | (1 << Character.OTHER_NUMBER);
    private static final int PUNCTUATION = (1 << Character.CONNECTOR_PUNCTUATION)
            | (1 << Character.DASH_PUNCTUATION)
            | (1 << Character.START_PUNCTUATION)
            | (1 << Character.END_PUNCTUATION)
            | (1 << Character.INITIAL_QUOTE_PUNCTUATION)
            | (1 << Character.FINAL_QUOTE_PUNCTUATION)
            | (1 << Character.OTHER_PUNCTUATION);
    private static final int SYMBOL = (1 << Character.MATH_SYMBOL)
            | (1 << Character.CURRENCY_SYMBOL)
            | (1 << Character.MODIFIER_SYMBOL)
            | (1 << Character.OTHER_SYMBOL);
    private static final int CASELESS = (1 << Character.MODIFIER_LETTER) | (1 << Character.OTHER_LETTER) | MARK;

    private Characters() {}

    /// `\p{L}`
    static boolean isLetter(int codePoint) {
        return Character.isLetter(codePoint);
    }

    /// `\p{N}`
    static boolean isNumber(int codePoint) {
        return isOneOf(NUMBER, codePoint);
    }

    /// `\s`: Unicode's White_Space
    static boolean isSpace(int codePoint) {
        return codePoint == ' '
                || (codePoint >= '\t' && codePoint <= '\r')
                || codePoint == 0x85
                || (codePoint > 0x85 && Character.isSpaceChar(codePoint));
    }

    /// `[^\s\p{L}\p{N}]`
    static boolean isOther(int codePoint) {
        return !isLetter(codePoint) && !isNumber(codePoint) && !isSpace(codePoint);
    }

    static boolean isNewline(int codePoint) {
        return codePoint == '\n' || codePoint == '\r';
    }

    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
    static boolean isUpper(int codePoint) {
        return isOneOf(UPPER_LIKE | CASELESS, codePoint);
    }

    /// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
    static boolean isLower(int codePoint) {
        return isOneOf(LOWER_LIKE | CASELESS, codePoint);
    }

    /// `\p{M}`
    static boolean isMark(int codePoint) {
        return isOneOf(MARK, codePoint);
    }

    /// `\p{P}`
    static boolean isPunctuation(int codePoint) {
        return isOneOf(PUNCTUATION, codePoint);
    }

    /// `\p{S}`
    static boolean isSymbol(int codePoint) {
        return isOneOf(SYMBOL, codePoint);
    }

    static boolean isAsciiDigit(int codePoint) {
        return codePoint >= '0' && codePoint <= '9';
    }

    static boolean isAsciiLetter(int codePoint) {
        return (codePoint >= 'a' && codePoint <= 'z') || (codePoint >= 'A' && codePoint <= 'Z');
    }

    /// Single characters and ranges of them, as a regular expression writes them between brackets.
    static Kind oneOf(String ranges) {
        int[] codePoints = ranges.codePoints().toArray();
        BitSet set = new BitSet();
        for (int i = 0; i < codePoints.length; i++) {
            boolean range = i + 2 < codePoints.length && codePoints[i + 1] == '-';
            set.set(codePoints[i], codePoints[range ? i + 2 : i] + 1);
            i += range ? 2 : 0;
        }
        return set::get;
    }

    private static boolean isOneOf(int categories, int codePoint) {
        return ((categories >>> Character.getType(codePoint)) & 1) != 0;
    }

    /// Whether the text before `to` has a character of this kind at `at`.
    static boolean at(String text, int at, int to, Kind kind) {
        return at < to && kind.has(text.codePointAt(at));
    }

    /// Where the run of such characters that begins at `from` ends, at `to` at the latest.
    static int run(String text, int from, int to, Kind kind) {
        return run(text, from, to, kind, Integer.MAX_VALUE);
    }

    /// Where it ends, after `most` characters at the latest.
    static int run(String text, int from, int to, Kind kind, int most) {
        int end = from;
        for (int count = 0; count < most && end < to; count++) {
            int codePoint = text.codePointAt(end);
            if (!kind.has(codePoint)) {
                break;
            }
            end += Character.charCount(codePoint);
        }
        return end;
    }
}
