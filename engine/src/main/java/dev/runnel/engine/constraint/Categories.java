package dev.runnel.engine.constraint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
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

    /// Of the names, the first.
    private static final int CASED = 3;

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

    private static final Map<String, CodePoints> SETS = sets();

    private Categories() {}

    /// The code points of a category or a group of them; null if there is none of the name.
    static @Nullable CodePoints named(String name) {
        return SETS.get(SHORT.getOrDefault(name, name));
    }

    /// By short names. Reads through all of Unicode once.
    private static Map<String, CodePoints> sets() {
        Map<Integer, CodePoints.Union> byType = new HashMap<>();
        int first = 0;
        for (int c = 1; c <= Character.MAX_CODE_POINT + 1; c++) {
            int type = Character.getType(first);
            if (c > Character.MAX_CODE_POINT || Character.getType(c) != type) {
                byType.computeIfAbsent(type, _ -> new CodePoints.Union()).add(CodePoints.range(first, c - 1));
                first = c;
            }
        }
        Map<String, CodePoints.Union> unions = new HashMap<>();
        for (int i = 0; i < NAMES.length; i++) {
            CodePoints each =
                    byType.getOrDefault((int) TYPES[i], new CodePoints.Union()).toCodePoints();
            List<String> names = new ArrayList<>(List.of(NAMES[i]));
            String group = NAMES[i].substring(0, 1);
            if (!group.equals("C")) {
                names.add(group);
            }
            if (i < CASED) {
                names.add("LC");
            }
            for (String name : names) {
                unions.computeIfAbsent(name, _ -> new CodePoints.Union()).add(each);
            }
        }
        Map<String, CodePoints> sets = new HashMap<>();
        unions.forEach((name, union) -> sets.put(name, union.toCodePoints()));
        return Map.copyOf(sets);
    }
}
