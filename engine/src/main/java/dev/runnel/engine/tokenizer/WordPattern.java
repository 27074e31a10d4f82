package dev.runnel.engine.tokenizer;

import dev.runnel.engine.tokenizer.Characters.Kind;

/// Where a text's words end: the regular expressions that models are trained with, as scanners by hand,
/// since [java.util.regex] overflows the stack on long runs. Each scanner reads its word a bounded number of
/// times.
///
/// A word has at least one character, and the words of a text are the whole text.
@FunctionalInterface
interface WordPattern {

    /// Not a position: no match.
    int NONE = -1;

    /// The end of the word that begins at `from`.
    int end(String text, int from);

    /// GPT-2's:
    ///
    /// ```
    /// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
    /// ```
    WordPattern GPT_2 = (text, from) -> wordOfOneKind(text, from, false);

    /// GPT-2's, applied to what lies between single `\p{N}`.
    WordPattern DIGITS_APART = (text, from) -> wordOfOneKind(text, from, true);

    /// Llama 3's:
    ///
    /// ```
    /// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*
    /// |\s*[\r\n]+|\s+(?!\S)|\s+
    /// ```
    WordPattern LLAMA_3 = (text, from) -> wordWithPrefix(text, from, 3);

    /// Qwen 2's: Llama 3's with `\p{N}` in place of `\p{N}{1,3}`.
    WordPattern QWEN_2 = (text, from) -> wordWithPrefix(text, from, 1);

    /// That of GPT-4o (o200k):
    ///
    /// ```
    /// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+
    ///     (?i:'s|'t|'re|'ve|'m|'ll|'d)?
    /// |[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*
    ///     (?i:'s|'t|'re|'ve|'m|'ll|'d)?
    /// |\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
    /// ```
    WordPattern GPT_4O = (text, from) -> {
        int word = wordOfCase(text, from);
        if (word == NONE) {
            return notAWord(text, from, 3, each -> Characters.isNewline(each) || each == '/');
        }
        int contraction = contraction(text, word, true);
        return contraction == NONE ? word : contraction;
    };

    /// That of Mistral's Tekken: GPT-4o's with `\p{N}` in place of `\p{N}{1,3}` and without contractions.
    WordPattern TEKKEN = (text, from) -> {
        int word = wordOfCase(text, from);
        return word != NONE ? word : notAWord(text, from, 1, each -> Characters.isNewline(each) || each == '/');
    };

    private static int wordOfOneKind(String text, int from, boolean digitsApart) {
        int contraction = contraction(text, from, false);
        if (contraction != NONE) {
            return contraction;
        }
        int start = text.charAt(from) == ' ' ? from + 1 : from;
        if (Characters.at(text, start, Characters::isLetter)) {
            return Characters.run(text, start, Characters::isLetter);
        }
        if (Characters.at(text, start, Characters::isOther)) {
            return Characters.run(text, start, Characters::isOther);
        }
        if (Characters.at(text, start, Characters::isNumber)) {
            if (!digitsApart) {
                return Characters.run(text, start, Characters::isNumber);
            }
            if (start == from) {
                return numbers(text, from, 1);
            }
        }
        int spaces = Characters.run(text, from, Characters::isSpace);
        boolean textGoesOn =
                spaces < text.length() && !(digitsApart && Characters.at(text, spaces, Characters::isNumber));
        return withoutLastOf(from, spaces, textGoesOn);
    }

    private static int wordWithPrefix(String text, int from, int mostDigits) {
        int contraction = contraction(text, from, true);
        if (contraction != NONE) {
            return contraction;
        }
        if (Characters.at(text, from, Characters::isLetter)) {
            return Characters.run(text, from, Characters::isLetter);
        }
        int prefixed = prefix(text, from);
        if (prefixed != NONE && Characters.at(text, prefixed, Characters::isLetter)) {
            return Characters.run(text, prefixed, Characters::isLetter);
        }
        return notAWord(text, from, mostDigits, Characters::isNewline);
    }

    /// Letters and marks of which those in upper case come first; or [#NONE]. A word that has some in lower
    /// case is preferred to one that has none, and one with a prefix to one without.
    private static int wordOfCase(String text, int from) {
        int prefixed = prefix(text, from);
        int end = prefixed == NONE ? NONE : upperThenLower(text, prefixed);
        if (end == NONE) {
            end = upperThenLower(text, from);
        }
        if (end == NONE && prefixed != NONE) {
            end = upper(text, prefixed);
        }
        return end == NONE ? upper(text, from) : end;
    }

    /// Any number in upper case, then at least one in lower case. What has no case counts as either.
    private static int upperThenLower(String text, int from) {
        int upper = Characters.run(text, from, Characters::isUpper);
        if (Characters.at(text, upper, Characters::isLower)) {
            return Characters.run(text, upper, Characters::isLower);
        }
        // The last that counts as either is the one in lower case.
        for (int end = upper; end > from; ) {
            int codePoint = text.codePointBefore(end);
            if (Characters.isLower(codePoint)) {
                return end;
            }
            end -= Character.charCount(codePoint);
        }
        return NONE;
    }

    /// At least one in upper case. None in lower case follows, or it would have been the word before.
    private static int upper(String text, int from) {
        int end = Characters.run(text, from, Characters::isUpper);
        return end == from ? NONE : end;
    }

    /// Where a word goes on after the one character before its letters that may belong to it; or [#NONE].
    private static int prefix(String text, int from) {
        int codePoint = text.codePointAt(from);
        boolean belongs =
                !Characters.isNewline(codePoint) && !Characters.isLetter(codePoint) && !Characters.isNumber(codePoint);
        return belongs ? from + Character.charCount(codePoint) : NONE;
    }

    /// Numbers, signs or space.
    ///
    /// @param tail what belongs to signs if it follows them
    private static int notAWord(String text, int from, int mostDigits, Kind tail) {
        if (Characters.at(text, from, Characters::isNumber)) {
            return numbers(text, from, mostDigits);
        }
        int start = text.charAt(from) == ' ' ? from + 1 : from;
        if (Characters.at(text, start, Characters::isOther)) {
            return Characters.run(text, Characters.run(text, start, Characters::isOther), tail);
        }
        int spaces = Characters.run(text, from, Characters::isSpace);
        for (int end = spaces; end > from; end--) {
            if (Characters.isNewline(text.charAt(end - 1))) {
                return end;
            }
        }
        return withoutLastOf(from, spaces, spaces < text.length());
    }

    private static int numbers(String text, int from, int most) {
        int end = from;
        for (int i = 0; i < most && Characters.at(text, end, Characters::isNumber); i++) {
            end = text.offsetByCodePoints(end, 1);
        }
        return end;
    }

    /// `\s+(?!\S)|\s+`: space leaves its last character to the word that follows, unless it is the only one.
    private static int withoutLastOf(int from, int spaces, boolean textGoesOn) {
        return textGoesOn && spaces - from > 1 ? spaces - 1 : spaces;
    }

    /// The end of an English contraction such as `'ll`, or [#NONE].
    private static int contraction(String text, int from, boolean anyCase) {
        if (from + 1 >= text.length() || text.charAt(from) != '\'') {
            return NONE;
        }
        char first = folded(text.charAt(from + 1), anyCase);
        if (first == 's' || first == 't' || first == 'm' || first == 'd') {
            return from + 2;
        }
        char second = from + 2 < text.length() ? folded(text.charAt(from + 2), anyCase) : 0;
        boolean two = (first == 'l' && second == 'l') || ((first == 'r' || first == 'v') && second == 'e');
        return two ? from + 3 : NONE;
    }

    private static char folded(char letter, boolean anyCase) {
        if (!anyCase) {
            return letter;
        }
        // The long s, U+017F, is an s in another case.
        return letter == '\u017F' ? 's' : letter < 0x80 ? Character.toLowerCase(letter) : letter;
    }
}
