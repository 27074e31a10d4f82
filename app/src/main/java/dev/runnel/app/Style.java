package dev.runnel.app;

/// How text looks where it is shown.
enum Style {
    PLAIN {
        @Override
        String dim(String text) {
            return text;
        }

        @Override
        String bold(String text) {
            return text;
        }
    },
    COLOURED {
        @Override
        String dim(String text) {
            return "\033[2m" + text + "\033[22m";
        }

        @Override
        String bold(String text) {
            return "\033[1m" + text + "\033[22m";
        }
    };

    abstract String dim(String text);

    abstract String bold(String text);

    /// Text of a model or a file without what would move a terminal's cursor, or worse.
    static String harmless(String text) {
        return text.replaceAll("[\\x00-\\x08\\x0B-\\x1F\\x7F-\\x9F]", "");
    }
}
