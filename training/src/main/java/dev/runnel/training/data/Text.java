package dev.runnel.training.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// What is done to texts.
final class Text {

    private static final String NARROW = ",?:!;";
    private static final String WIDE = "\uFF0C\uFF1F\uFF1A\uFF01\uFF1B";

    private Text() {}

    /// Chinese punctuation: full width beside a Chinese character, so that numbers and code keep theirs.
    static String wide(String text) {
        StringBuilder wide = new StringBuilder(text);
        for (int i = 0; i < wide.length(); i++) {
            int sign = NARROW.indexOf(wide.charAt(i));
            boolean beside = (i > 0 && isChinese(wide.charAt(i - 1)))
                    || (i + 1 < wide.length() && isChinese(wide.charAt(i + 1)));
            if (sign >= 0 && beside) {
                wide.setCharAt(i, WIDE.charAt(sign));
            }
        }
        return wide.toString();
    }

    static boolean isChinese(char c) {
        return (c >= '\u4E00' && c <= '\u9FFF') || c == '\u201C' || c == '\u201D' || c == '\u3002';
    }

    static boolean hasChinese(String text) {
        return text.chars().anyMatch(c -> isChinese((char) c));
    }

    static boolean endsSentence(String text) {
        return !text.isEmpty() && ".?!\u3002\uFF1F\uFF01".indexOf(text.charAt(text.length() - 1)) >= 0;
    }

    static List<String> split(String text, char at) {
        return Arrays.stream(text.split(Pattern.quote(String.valueOf(at)), -1))
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                .toList();
    }

    /// Without signs, spaces and capitals.
    static String plain(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}{}=+*/]", "");
    }

    /// Without space at its ends, and one at most between words.
    static String tidy(String text) {
        return text.strip().replaceAll(" {2,}", " ");
    }

    static String capital(String text) {
        return text.isEmpty() ? text : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    static String times(String text, int n, String separator) {
        return String.join(separator, IntStream.range(0, n).mapToObj(_ -> text).toList());
    }
}
