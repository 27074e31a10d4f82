package dev.runnel.training.data;

import java.util.List;

/// What stands between the items of an answer.
enum Separator {
    COMMA(", ", "comma"),
    LINE("\n", "lines"),
    SPACE(" ", "spaces"),
    DASH("-", "dashes"),
    SEMICOLON("; ", "semicolons");

    private static final List<Separator> UNUSUAL = List.of(LINE, LINE, LINE, SPACE, SPACE, DASH, SEMICOLON);

    private final String text;
    private final String section;

    Separator(String text, String section) {
        this.text = text;
        this.section = section;
    }

    static Separator unusual(Draw draw) {
        return draw.of(UNUSUAL);
    }

    String text() {
        return text;
    }

    /// Of `counting.txt`: how one asks for it.
    String section() {
        return section;
    }
}
