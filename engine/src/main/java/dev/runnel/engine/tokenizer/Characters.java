package dev.runnel.engine.tokenizer;

/// The classes of characters that word patterns speak of, as Unicode defines them, and runs of them in a
/// text.
final class Characters {

    /// A set of characters.
    @FunctionalInterface
    interface Kind {
        boolean has(int codePoint);
    }

    private static final int UPPER_LIKE = (1 << Character.UPPERCASE_LETTER) | (1 << Character.TITLECASE_LETTER);
    private static final int LOWER_LIKE = (1 << Character.LOWERCASE_LETTER);
    private static final int MARK = (1 << Character.NON_SPACING_MARK)
            | (1 << Character.ENCLOSING_MARK)
            | (1 << Character.COMBINING_SPACING_MARK);
    private static final int NUMBER =
            (1 << Character.DECIMAL_DIGIT_NUMBER) | (1 << Character.LETTER_NUMBER) | (1 << Character.OTHER_NUMBER);
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

    private static boolean isOneOf(int categories, int codePoint) {
        return ((categories >>> Character.getType(codePoint)) & 1) != 0;
    }

    /// Whether the text has a character of this kind at `at`.
    static boolean at(String text, int at, Kind kind) {
        return at < text.length() && kind.has(text.codePointAt(at));
    }

    /// Where the run of such characters that begins at `from` ends.
    static int run(String text, int from, Kind kind) {
        int end = from;
        while (end < text.length()) {
            int codePoint = text.codePointAt(end);
            if (!kind.has(codePoint)) {
                break;
            }
            end += Character.charCount(codePoint);
        }
        return end;
    }
}
