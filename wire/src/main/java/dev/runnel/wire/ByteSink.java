package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/// A growing array of bytes that the writers append to. Clearing keeps the array, so that a sink in use for
/// long makes no garbage. For one thread at a time.
public final class ByteSink {

    private static final String HEX = "0123456789abcdef";

    private byte[] bytes;
    private int length;

    public ByteSink(int initialCapacity) {
        bytes = new byte[initialCapacity];
    }

    /// The array behind this sink, valid up to [#length] and until the next write.
    public byte[] array() {
        return bytes;
    }

    /// How many bytes have been written since the last [#clear].
    public int length() {
        return length;
    }

    public boolean isEmpty() {
        return length == 0;
    }

    /// Forgets what was written.
    public void clear() {
        length = 0;
    }

    /// Takes back what was written from `offset` on.
    byte[] takeBack(int offset) {
        byte[] taken = Arrays.copyOfRange(bytes, offset, length);
        length = offset;
        return taken;
    }

    /// What was written, which is UTF-8, as text.
    @Override
    public String toString() {
        return new String(bytes, 0, length, UTF_8);
    }

    /// A copy of what was written.
    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, length);
    }

    ByteSink raw(byte[] source) {
        return raw(source, 0, source.length);
    }

    ByteSink raw(byte[] source, int offset, int count) {
        ensure(count);
        System.arraycopy(source, offset, bytes, length, count);
        length += count;
        return this;
    }

    /// Appends text that is ASCII throughout, as it stands.
    ByteSink raw(String ascii) {
        ensure(ascii.length());
        for (int i = 0; i < ascii.length(); i++) {
            bytes[length++] = (byte) ascii.charAt(i);
        }
        return this;
    }

    ByteSink number(long value) {
        return raw(Long.toString(value));
    }

    /// Appends a number that has a fraction, and is finite.
    ByteSink decimal(double value) {
        return raw(Double.toString(value));
    }

    /// Appends JSON as it stands.
    ByteSink json(String text) {
        return raw(text.getBytes(UTF_8));
    }

    /// Appends a small number without garbage.
    ByteSink index(int value) {
        if (value >= 10) {
            index(value / 10);
        }
        ensure(1);
        bytes[length++] = (byte) ('0' + value % 10);
        return this;
    }

    /// Appends a JSON string, quotes included.
    ByteSink string(String text) {
        return raw("\"").escaped(text).raw("\"");
    }

    /// Appends what stands between a JSON string's quotes, in UTF-8. Half a surrogate pair, which UTF-8
    /// can't say, becomes U+FFFD.
    ByteSink escaped(String text) {
        int chars = text.length();
        ensure(6L * chars); // \\u0000 is the longest
        byte[] to = bytes;
        int at = length;
        for (int i = 0; i < chars; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                if (c >= ' ' && c != '"' && c != '\\') {
                    to[at++] = (byte) c;
                } else {
                    at = escape(c, to, at);
                }
            } else if (c < 0x800) {
                to[at++] = (byte) (0xC0 | (c >> 6));
                to[at++] = (byte) (0x80 | (c & 0x3F));
            } else if (Character.isHighSurrogate(c) && i + 1 < chars && Character.isLowSurrogate(text.charAt(i + 1))) {
                int codePoint = Character.toCodePoint(c, text.charAt(++i));
                to[at++] = (byte) (0xF0 | (codePoint >> 18));
                to[at++] = (byte) (0x80 | (codePoint >> 12 & 0x3F));
                to[at++] = (byte) (0x80 | (codePoint >> 6 & 0x3F));
                to[at++] = (byte) (0x80 | (codePoint & 0x3F));
            } else {
                int whole = Character.isSurrogate(c) ? 0xFFFD : c;
                to[at++] = (byte) (0xE0 | (whole >> 12));
                to[at++] = (byte) (0x80 | (whole >> 6 & 0x3F));
                to[at++] = (byte) (0x80 | (whole & 0x3F));
            }
        }
        length = at;
        return this;
    }

    private static int escape(char c, byte[] to, int at) {
        int letter = switch (c) {
            case '"', '\\' -> c;
            case '\b' -> 'b';
            case '\f' -> 'f';
            case '\n' -> 'n';
            case '\r' -> 'r';
            case '\t' -> 't';
            default -> 'u';
        };
        int next = at;
        to[next++] = '\\';
        to[next++] = (byte) letter;
        if (letter == 'u') {
            to[next++] = '0';
            to[next++] = '0';
            to[next++] = (byte) HEX.charAt(c >> 4);
            to[next++] = (byte) HEX.charAt(c & 0xF);
        }
        return next;
    }

    private void ensure(long count) {
        long needed = length + count;
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.toIntExact(Math.max(needed, Math.min(2L * bytes.length, 1 << 30))));
        }
    }
}
