package dev.runnel.training.data;

import java.util.List;

/// Numbers in words, 0 to 99.
final class Numerals {

    private static final String CHINESE = "零一二三四五六七八九十";
    private static final List<String> SMALL = List.of(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
                    .split(" "));
    private static final List<String> TENS =
            List.of("twenty thirty forty fifty sixty seventy eighty ninety".split(" "));

    private Numerals() {}

    static String of(int n, Language language) {
        return switch (language) {
            case CHINESE -> chinese(n);
            case ENGLISH -> english(n);
        };
    }

    private static String chinese(int n) {
        String units = n % 10 == 0 && n > 0 ? "" : CHINESE.substring(n % 10, n % 10 + 1);
        if (n < 10) {
            return units;
        }
        return (n < 20 ? "" : CHINESE.substring(n / 10, n / 10 + 1)) + "十" + units;
    }

    private static String english(int n) {
        if (n < 20) {
            return SMALL.get(n);
        }
        String tens = TENS.get(n / 10 - 2);
        return n % 10 == 0 ? tens : tens + "-" + SMALL.get(n % 10);
    }
}
