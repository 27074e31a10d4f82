package dev.runnel.engine.reply;

/// The text that a JSON string spells (RFC 8259, section 7). Lenient: an escape that isn't one stands for
/// itself.
final class JsonString {

    private JsonString() {}

    /// @param literal with its quotes
    static String decode(CharSequence literal) {
        StringBuilder text = new StringBuilder(literal.length());
        int end = literal.length() - 1;
        for (int i = 1; i < end; i++) {
            char c = literal.charAt(i);
            if (c != '\\' || i + 1 == end) {
                text.append(c);
                continue;
            }
            char escaped = literal.charAt(++i);
            switch (escaped) {
                case 'n' -> text.append('\n');
                case 't' -> text.append('\t');
                case 'r' -> text.append('\r');
                case 'b' -> text.append('\b');
                case 'f' -> text.append('\f');
                case 'u' -> {
                    int code = i + 4 < end ? hex(literal, i + 1) : -1;
                    if (code < 0) {
                        text.append('u');
                    } else {
                        text.append((char) code);
                        i += 4;
                    }
                }
                default -> text.append(escaped);
            }
        }
        return text.toString();
    }

    /// Four hexadecimal digits as a number, or -1.
    private static int hex(CharSequence text, int from) {
        int code = 0;
        for (int i = from; i < from + 4; i++) {
            int digit = Character.digit(text.charAt(i), 16);
            if (digit < 0) {
                return -1;
            }
            code = 16 * code + digit;
        }
        return code;
    }
}
