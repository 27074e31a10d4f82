package dev.runnel.engine.constraint;

import java.util.BitSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Unicode's general categories by their names in regular expressions.
final class Categories {

    private static final Map<String, String> SHORT = Map.ofEntries(
            Map.entry("Letter", "L"),
            Map.entry("Cased_Letter", "LC"),
            Map.entry("Uppercase_Letter", "Lu"),
            Map.entry("Lowercase_Letter", "Ll"),
            Map.entry("Titlecase_Letter", "Lt"),
            Map.entry("Modifier_Letter", "Lm"),
            Map.entry("Other_Letter", "Lo"),
            Map.entry("Mark", "M"),
            Map.entry("Number", "N"),
            Map.entry("Decimal_Number", "Nd"),
            Map.entry("digit", "Nd"),
            Map.entry("Letter_Number", "Nl"),
            Map.entry("Other_Number", "No"),
            Map.entry("Punctuation", "P"),
            Map.entry("punct", "P"),
            Map.entry("Symbol", "S"),
            Map.entry("Separator", "Z"),
            Map.entry("Space_Separator", "Zs"));

    private static final String[] NAMES = {
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Me", "Mc", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cs",
        "Pd", "Ps", "Pe", "Pc", "Po", "Sm", "Sc", "Sk", "So", "Pi", "Pf"
    };

    private static final byte[] TYPES = {
        Character.UPPERCASE_LETTER,
        Character.LOWERCASE_LETTER,
        Character.TITLECASE_LETTER,
        Character.MODIFIER_LETTER,
        Character.OTHER_LETTER,
        Character.NON_SPACING_MARK,
        Character.ENCLOSING_MARK,
        Character.COMBINING_SPACING_MARK,
        Character.DECIMAL_DIGIT_NUMBER,
        Character.LETTER_NUMBER,
        Character.OTHER_NUMBER,
        Character.SPACE_SEPARATOR,
        Character.LINE_SEPARATOR,
        Character.PARAGRAPH_SEPARATOR,
        Character.CONTROL,
        Character.FORMAT,
        Character.PRIVATE_USE,
        Character.SURROGATE,
        Character.DASH_PUNCTUATION,
        Character.START_PUNCTUATION,
        Character.END_PUNCTUATION,
        Character.CONNECTOR_PUNCTUATION,
        Character.OTHER_PUNCTUATION,
        Character.MATH_SYMBOL,
        Character.CURRENCY_SYMBOL,
        Character.MODIFIER_SYMBOL,
        Character.OTHER_SYMBOL,
        Character.INITIAL_QUOTE_PUNCTUATION,
        Character.FINAL_QUOTE_PUNCTUATION
    };

    private Categories() {}

    /// The types, as of [Character#getType(int)], of a category or a group of them; null if there is none
    /// of the name.
    static @Nullable BitSet named(String name) {
        String wanted = SHORT.getOrDefault(name, name);
        BitSet types = new BitSet();
        for (int i = 0; i < NAMES.length; i++) {
            boolean isCased = wanted.equals("LC") && i < 3;
            if (isCased || NAMES[i].equals(wanted) || (wanted.length() == 1 && NAMES[i].startsWith(wanted))) {
                types.set(TYPES[i]);
            }
        }
        return types.isEmpty() || wanted.equals("C") ? null : types;
    }
}
