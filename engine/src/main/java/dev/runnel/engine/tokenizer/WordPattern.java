package dev.runnel.engine.tokenizer;

import dev.runnel.engine.tokenizer.Characters.Kind;

/// Where a text's words end: the regular expressions that models are trained with, as scanners by hand,
/// since [java.util.regex] overflows the stack on long runs. Each scanner reads its word a bounded number of
/// times.
///
/// A word has at least one character, and the words of a text are the whole text. What a regular expression
/// doesn't match is, up to its next match, a word as well.
@FunctionalInterface
interface WordPattern {

    /// Not a position: no match.
    int NONE = -1;

    /// The end of the word that begins at `from`, in a text that ends at `to`.
    int end(String text, int from, int to);

    /// GPT-2's:
    ///
    /// ```
    /// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
    /// ```
    WordPattern GPT_2 = WordPattern::wordOfOneKind;

    /// Llama 3's:
    ///
    /// ```
    /// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*
    /// |\s*[\r\n]+|\s+(?!\S)|\s+
    /// ```
    WordPattern LLAMA_3 = (text, from, to) -> contractionOrWord(text, from, to, 3, Characters::isNewline);

    /// Llama 3's with `\p{N}+` in place of `\p{N}{1,3}`.
    WordPattern MINICPM_5 =
            (text, from, to) -> contractionOrWord(text, from, to, Integer.MAX_VALUE, Characters::isNewline);

    /// Qwen 2's: Llama 3's with `\p{N}` in place of `\p{N}{1,3}`.
    WordPattern QWEN_2 = (text, from, to) -> contractionOrWord(text, from, to, 1, Characters::isNewline);

    /// That of ByteDance's Seed models: Qwen 2's without the newlines after signs.
    WordPattern SEED = (text, from, to) -> contractionOrWord(text, from, to, 1, _ -> false);

    /// Qwen 3.5's: Qwen 2's with `[\p{L}\p{M}]+` in place of `\p{L}+`, and signs that are no `\p{M}`.
    WordPattern QWEN_3_5 = (text, from, to) -> {
        int contraction = contraction(text, from, to, true);
        if (contraction != NONE) {
            return contraction;
        }
        int word = wordWithPrefix(text, from, to, each -> Characters.isLetter(each) || Characters.isMark(each));
        return word != NONE
                ? word
                : notAWord(
                        text,
                        from,
                        to,
                        1,
                        each -> Characters.isOther(each) && !Characters.isMark(each),
                        Characters::isNewline);
    };

    /// That of GPT-4o (o200k):
    ///
    /// ```
    /// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+
    ///     (?i:'s|'t|'re|'ve|'m|'ll|'d)?
    /// |[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*
    ///     (?i:'s|'t|'re|'ve|'m|'ll|'d)?
    /// |\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
    /// ```
    WordPattern GPT_4O = (text, from, to) -> {
        int word = wordOfCase(text, from, to);
        if (word == NONE) {
            return notAWord(text, from, to, 3, Characters::isOther, WordPattern::isNewlineOrSlash);
        }
        int contraction = contraction(text, word, to, true);
        return contraction == NONE ? word : contraction;
    };

    /// That of Mistral's Tekken: GPT-4o's with `\p{N}` in place of `\p{N}{1,3}` and without contractions.
    WordPattern TEKKEN = (text, from, to) -> {
        int word = wordOfCase(text, from, to);
        return word != NONE ? word : notAWord(text, from, to, 1, Characters::isOther, WordPattern::isNewlineOrSlash);
    };

    /// That of DeepSeek V3, applied to what lies between numbers and Chinese or Japanese:
    ///
    /// ```
    /// [!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+
    /// | ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
    /// ```
    WordPattern DEEPSEEK_3 = matching(WordPattern::signedWord);

    /// The words that `match` finds, and what lies between them.
    ///
    /// @param match gives [#NONE] where nothing matches, after looking at a bounded number of characters
    static WordPattern matching(WordPattern match) {
        return (text, from, to) -> {
            int end = match.end(text, from, to);
            for (int at = from; end == NONE; ) {
                at += Character.charCount(text.codePointAt(at));
                end = at == to || match.end(text, at, to) != NONE ? at : NONE;
            }
            return end;
        };
    }

    private static int wordOfOneKind(String text, int from, int to) {
        int contraction = contraction(text, from, to, false);
        if (contraction != NONE) {
            return contraction;
        }
        int start = text.charAt(from) == ' ' ? from + 1 : from;
        if (Characters.at(text, start, to, Characters::isLetter)) {
            return Characters.run(text, start, to, Characters::isLetter);
        }
        if (Characters.at(text, start, to, Characters::isNumber)) {
            return Characters.run(text, start, to, Characters::isNumber);
        }
        if (Characters.at(text, start, to, Characters::isOther)) {
            return Characters.run(text, start, to, Characters::isOther);
        }
        return spaces(text, from, to);
    }

    private static int contractionOrWord(String text, int from, int to, int mostDigits, Kind tail) {
        int contraction = contraction(text, from, to, true);
        if (contraction != NONE) {
            return contraction;
        }
        int word = wordWithPrefix(text, from, to, Characters::isLetter);
        return word != NONE ? word : notAWord(text, from, to, mostDigits, Characters::isOther, tail);
    }

    private static int wordWithPrefix(String text, int from, int to, Kind letter) {
        if (Characters.at(text, from, to, letter)) {
            return Characters.run(text, from, to, letter);
        }
        int prefixed = prefix(text, from);
        return prefixed != NONE && Characters.at(text, prefixed, to, letter)
                ? Characters.run(text, prefixed, to, letter)
                : NONE;
    }

    private static int signedWord(String text, int from, int to) {
        Kind letter = each -> Characters.isLetter(each) || Characters.isMark(each);
        Kind sign = each -> Characters.isPunctuation(each) || Characters.isSymbol(each);
        int first = text.codePointAt(from);
        int second = from + Character.charCount(first);
        if (first < 0x80 && sign.has(first) && Characters.at(text, second, to, Characters::isAsciiLetter)) {
            return Characters.run(text, second, to, Characters::isAsciiLetter);
        }
        if (letter.has(first)) {
            return Characters.run(text, second, to, letter);
        }
        if (!Characters.isNewline(first) && !sign.has(first) && Characters.at(text, second, to, letter)) {
            return Characters.run(text, second, to, letter);
        }
        int start = first == ' ' ? second : from;
        if (Characters.at(text, start, to, sign)) {
            return Characters.run(text, Characters.run(text, start, to, sign), to, Characters::isNewline);
        }
        return Characters.isSpace(first) ? newlinesOrSpaces(text, from, to) : NONE;
    }

    /// Letters and marks of which those in upper case come first; or [#NONE]. A word that has some in lower
    /// case is preferred to one that has none, and one with a prefix to one without.
    private static int wordOfCase(String text, int from, int to) {
        int prefixed = prefix(text, from);
        int end = prefixed == NONE ? NONE : upperThenLower(text, prefixed, to);
        if (end == NONE) {
            end = upperThenLower(text, from, to);
        }
        if (end == NONE && prefixed != NONE) {
            end = upper(text, prefixed, to);
        }
        return end == NONE ? upper(text, from, to) : end;
    }

    /// Any number in upper case, then at least one in lower case. What has no case counts as either.
    private static int upperThenLower(String text, int from, int to) {
        int upper = Characters.run(text, from, to, Characters::isUpper);
        if (Characters.at(text, upper, to, Characters::isLower)) {
            return Characters.run(text, upper, to, Characters::isLower);
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
    private static int upper(String text, int from, int to) {
        int end = Characters.run(text, from, to, Characters::isUpper);
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
    private static int notAWord(String text, int from, int to, int mostDigits, Kind sign, Kind tail) {
        if (Characters.at(text, from, to, Characters::isNumber)) {
            return Characters.run(text, from, to, Characters::isNumber, mostDigits);
        }
        int start = text.charAt(from) == ' ' ? from + 1 : from;
        if (Characters.at(text, start, to, sign)) {
            return Characters.run(text, Characters.run(text, start, to, sign), to, tail);
        }
        return newlinesOrSpaces(text, from, to);
    }

    private static boolean isNewlineOrSlash(int codePoint) {
        return Characters.isNewline(codePoint) || codePoint == '/';
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`
    private static int newlinesOrSpaces(String text, int from, int to) {
        int spaces = Characters.run(text, from, to, Characters::isSpace);
        for (int end = spaces; end > from; end--) {
            if (Characters.isNewline(text.charAt(end - 1))) {
                return end;
            }
        }
        return withoutLastOf(from, spaces, to);
    }

    /// `\s+(?!\S)|\s+`
    private static int spaces(String text, int from, int to) {
        return withoutLastOf(from, Characters.run(text, from, to, Characters::isSpace), to);
    }

    /// Space leaves its last character to the word that follows, unless it is the only one.
    private static int withoutLastOf(int from, int spaces, int to) {
        return spaces < to && spaces - from > 1 ? spaces - 1 : spaces;
    }

    /// The end of an English contraction such as `'ll`, or [#NONE].
    private static int contraction(String text, int from, int to, boolean anyCase) {
        if (from + 1 >= to || text.charAt(from) != '\'') {
            return NONE;
        }
        char first = folded(text.charAt(from + 1), anyCase);
        if (first == 's' || first == 't' || first == 'm' || first == 'd') {
            return from + 2;
        }
        char second = from + 2 < to ? folded(text.charAt(from + 2), anyCase) : 0;
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
