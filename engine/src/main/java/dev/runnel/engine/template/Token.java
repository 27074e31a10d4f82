package dev.runnel.engine.template;

/// A piece of a template's source.
///
/// @param text what it says: data as it is to be printed, a string without quotes and escapes, anything
///     else as written
/// @param line counts from 1
record Token(Kind kind, String text, int line) {

    enum Kind {
        DATA("text"),
        /// `{{`
        PRINT_BEGIN("'{{'"),
        PRINT_END("'}}'"),
        /// `{%`
        TAG_BEGIN("'{%'"),
        TAG_END("'%}'"),
        NAME("a name"),
        STRING("a string"),
        INTEGER("an integer"),
        REAL("a number"),
        OPERATOR("an operator"),
        END("the end of the template");

        final String description;

        Kind(String description) {
            this.description = description;
        }
    }

    boolean is(Kind expected, String text) {
        return kind == expected && this.text.equals(text);
    }

    /// For a message.
    String description() {
        return switch (kind) {
            case NAME, OPERATOR, INTEGER, REAL -> "'" + text + "'";
            case DATA, PRINT_BEGIN, PRINT_END, TAG_BEGIN, TAG_END, STRING, END -> kind.description;
        };
    }
}
