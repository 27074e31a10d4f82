package dev.runnel.lab.report;

import java.util.Locale;

/// What a page is written in.
public enum Language {
    ENGLISH("en"),
    CHINESE("zh");

    private final String tag;

    Language(String tag) {
        this.tag = tag;
    }

    /// As the `lang` of HTML has it.
    public String tag() {
        return tag;
    }

    /// The one that is nearest to `locale`: English, unless it is Chinese.
    public static Language of(Locale locale) {
        return locale.getLanguage().equals("zh") ? CHINESE : ENGLISH;
    }
}
