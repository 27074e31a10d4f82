package dev.runnel.engine.tokenizer;

import dev.runnel.engine.tokenizer.Characters.Kind;

/// Patterns that only cut a text in pieces, before another pattern finds the words in each.
final class Cuts {

    private static final Kind CHINESE_OR_JAPANESE = Characters.oneOf("一-龥\u3040-ゟ゠-ヿ");
    private static final Kind CHINESE_OR_KOREAN = Characters.oneOf("一-龥ࠀ-一가-\uD7FF");

    /// Letters with an upper and a lower case, as DeepSeek's first models know them.
    private static final Kind CASED =
            Characters.oneOf("A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅ"
                    + "Ὀ-Ὅὐ-ὗὙὛὝὟ-\u1F7Dᾀ-ᾴᾶ-ᾼ\u1FBEῂ-ῄῆ-ῌῐ-\u1FD3ῖ-\u1FDBῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\u2126ℨ\u212A-ℭℯ-ℴ"
                    + "ℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃");

    /// `[\r\n]`
    static final WordPattern NEWLINES = groups(Characters::isNewline, 1);

    /// `\p{N}`
    static final WordPattern DIGITS = groups(Characters::isNumber, 1);

    /// `\p{N}{1,3}`
    static final WordPattern TRIPLES = groups(Characters::isNumber, 3);

    /// `\p{N}+`
    static final WordPattern NUMBERS = groups(Characters::isNumber, Integer.MAX_VALUE);

    /// `[0-9][0-9][0-9]`
    static final WordPattern THREE_DIGITS = WordPattern.matching((text, from, to) -> {
        int end = Characters.run(text, from, to, Characters::isAsciiDigit, 3);
        return end == from + 3 ? end : WordPattern.NONE;
    });

    /// Runs of Chinese and Japanese characters, as DeepSeek V3 knows them.
    static final WordPattern CHINESE = groups(CHINESE_OR_JAPANESE, Integer.MAX_VALUE);

    /// Runs of Chinese and Korean characters, and much else, as DeepSeek's first models know them.
    static final WordPattern CHINESE_KOREAN = groups(CHINESE_OR_KOREAN, Integer.MAX_VALUE);

    /// `\s?\p{L}+`
    static final WordPattern LETTERS = groupsWithPrefix(Characters::isSpace, Characters::isLetter);

    /// `\s?\p{P}+`
    static final WordPattern PUNCTUATION = groupsWithPrefix(Characters::isSpace, Characters::isPunctuation);

    /// Space and letters with a case.
    static final WordPattern CASED_LETTERS = groupsWithPrefix(Characters::isSpace, CASED);

    /// `\s?[!-/:-~！-／：-～‘-‟　-。]+`
    static final WordPattern WIDE_SIGNS =
            groupsWithPrefix(Characters::isSpace, Characters.oneOf("!-/:-~！-／：-～\u2018-\u201F\u3000-。"));

    /// ` ?[^(\s|.,!?…。，、।۔،)]+`: BLOOM's.
    static final WordPattern BETWEEN_SIGNS = groupsWithPrefix(
            each -> each == ' ', each -> !Characters.isSpace(each) && "(|.,!?…。，、।۔،)".indexOf(each) < 0);

    /// ``[\p{P}$+<=>^~|`]+``: Falcon's.
    static final WordPattern SIGNS =
            groups(each -> Characters.isPunctuation(each) || "$+<=>^~|`".indexOf(each) >= 0, Integer.MAX_VALUE);

    /// `\s+$`
    static final WordPattern TRAILING_SPACE = (text, from, to) -> {
        int start = to;
        while (start > from && Characters.isSpace(text.charAt(start - 1))) {
            start--;
        }
        return start == from ? to : start;
    };

    private Cuts() {}

    /// Such characters, so many at once, and runs of others.
    private static WordPattern groups(Kind kind, int most) {
        return (text, from, to) -> kind.has(text.codePointAt(from))
                ? Characters.run(text, from, to, kind, most)
                : Characters.run(text, from, to, each -> !kind.has(each));
    }

    /// Runs of such characters, each with the one before it if that is a `prefix`, and runs of others.
    private static WordPattern groupsWithPrefix(Kind prefix, Kind kind) {
        return WordPattern.matching((text, from, to) -> {
            int first = text.codePointAt(from);
            int second = from + Character.charCount(first);
            if (prefix.has(first) && Characters.at(text, second, to, kind)) {
                return Characters.run(text, second, to, kind);
            }
            return kind.has(first) ? Characters.run(text, second, to, kind) : WordPattern.NONE;
        });
    }
}
