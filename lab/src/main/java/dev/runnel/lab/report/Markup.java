package dev.runnel.lab.report;

import java.util.ArrayDeque;
import java.util.Deque;

/// Writes elements, in the common ground of HTML and XML. Text and the values of attributes are escaped, always.
final class Markup {

    private final StringBuilder out = new StringBuilder();
    private final Deque<String> open = new ArrayDeque<>();

    /// @param attributes names and values in turn; numbers as pixels, see [#pixels]
    Markup open(String element, Object... attributes) {
        begin(element, attributes);
        out.append('>');
        open.push(element);
        return this;
    }

    Markup close() {
        out.append("</").append(open.pop()).append('>');
        return this;
    }

    /// An element without content, which HTML must know as one: a void element, or any in SVG.
    Markup empty(String element, Object... attributes) {
        begin(element, attributes);
        out.append("/>");
        return this;
    }

    Markup element(String element, String text, Object... attributes) {
        return open(element, attributes).text(text).close();
    }

    Markup text(String text) {
        escape(text);
        return this;
    }

    /// Ends a line, for people who read the source.
    Markup line() {
        out.append('\n');
        return this;
    }

    /// What is markup already, or a style sheet.
    Markup raw(CharSequence markup) {
        out.append(markup);
        return this;
    }

    private void begin(String element, Object... attributes) {
        out.append('<').append(element);
        for (int i = 0; i < attributes.length; i += 2) {
            out.append(' ').append(attributes[i]).append("=\"");
            escape(attributes[i + 1] instanceof Number number ? pixels(number.doubleValue()) : attributes[i + 1] + "");
            out.append('"');
        }
    }

    /// A length with one decimal, which is all that is seen of it.
    static String pixels(double length) {
        long tenths = Math.round(10 * length);
        long whole = tenths / 10;
        long rest = Math.abs(tenths % 10);
        String sign = tenths < 0 && whole == 0 ? "-" : "";
        return rest == 0 ? Long.toString(whole) : sign + whole + "." + rest;
    }

    /// What XML can't hold, half a surrogate pair or a control character, becomes U+FFFD.
    private void escape(String text) {
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\n', '\t' -> out.append((char) c);
                default -> out.appendCodePoint(isHeld(c) ? c : 0xFFFD);
            }
        });
    }

    private static boolean isHeld(int c) {
        return c >= ' ' && (c < 0x7F || c > 0x9F) && (c < 0xD800 || c > 0xDFFF) && c != 0xFFFE && c != 0xFFFF;
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
