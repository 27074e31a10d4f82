package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.runnel.core.BackendException;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Cuts a stream of bytes into server-sent events, however the network has split it. One for each stream;
/// for one thread at a time.
///
/// Lines end with LF, CRLF or CR, and are decoded whole, so that no character is lost between two reads.
/// `id` and `retry` are passed over, since a completion can't be resumed by them. See
/// [the
/// standard](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
public final class SseReader {

    /// One event.
    ///
    /// @param type the `event` field; empty if there was none
    /// @param data the `data` lines, joined by line feeds
    public record Event(String type, String data) {}

    /// Longest line, and longest data of one event.
    static final int MAX_BYTES = 16 << 20;

    private static final byte[] DATA = "data: ".getBytes(UTF_8);

    private static final String BYTE_ORDER_MARK = "\uFEFF";

    /// The line that has begun.
    private final ByteSink line = new ByteSink(1024);

    /// Data lines of the event that has begun, with a line feed between them; null if there were none.
    private @Nullable StringBuilder data;

    private String type = "";
    private boolean atStart = true;
    private long lines;

    /// The last byte was a CR: a LF now belongs to it.
    private boolean afterReturn;

    /// Takes the next bytes of the stream and hands over the events they complete. What no blank line has
    /// ended when the stream ends is no event.
    ///
    /// @throws BackendException of kind `UPSTREAM` if an event is longer than 16 MiB
    public void read(byte[] bytes, int offset, int length, Consumer<? super Event> events) {
        int from = offset;
        int end = offset + length;
        for (int i = offset; i < end; i++) {
            byte b = bytes[i];
            if (b == '\n' && afterReturn) {
                from = i + 1;
            } else if (b == '\n' || b == '\r') {
                append(bytes, from, i - from);
                from = i + 1;
                endLine(events);
            }
            afterReturn = b == '\r';
        }
        append(bytes, from, end - from);
    }

    /// Lines so far that were whole, comments and empty ones included: signs of life.
    public long lines() {
        return lines;
    }

    private void append(byte[] bytes, int from, int count) {
        requireBearable((long) line.length() + count);
        line.raw(bytes, from, count);
    }

    private void endLine(Consumer<? super Event> events) {
        if (isData()) {
            data();
            line.clear();
            lines++;
            return;
        }
        String text = new String(line.array(), 0, line.length(), UTF_8);
        line.clear();
        lines++;
        if (atStart && text.startsWith(BYTE_ORDER_MARK)) {
            text = text.substring(1);
        }
        atStart = false;
        if (text.isEmpty()) {
            endEvent(events);
        } else {
            field(text);
        }
    }

    /// Whether the line is what nearly all are, which needs no name looked up.
    private boolean isData() {
        return line.length() >= DATA.length && Arrays.equals(line.array(), 0, DATA.length, DATA, 0, DATA.length);
    }

    private void data() {
        atStart = false;
        add(new String(line.array(), DATA.length, line.length() - DATA.length, UTF_8));
    }

    private void add(String value) {
        if (data == null) {
            data = new StringBuilder(value);
        } else {
            requireBearable((long) data.length() + value.length());
            data.append('\n').append(value);
        }
    }

    private void field(String line) {
        int colon = line.indexOf(':');
        String name = colon < 0 ? line : line.substring(0, colon);
        String value = colon < 0 ? "" : line.substring(colon + (line.startsWith(" ", colon + 1) ? 2 : 1));
        switch (name) {
            case "data" -> add(value);
            case "event" -> type = value;
            default -> {} // a comment, whose name is empty; or a field we don't know
        }
    }

    private void endEvent(Consumer<? super Event> events) {
        if (data != null) {
            Event event = new Event(type, data.toString());
            data = null;
            type = "";
            events.accept(event);
        }
        type = "";
    }

    private static void requireBearable(long length) {
        if (length > MAX_BYTES) {
            throw UpstreamReply.malformed("the upstream sent an event of more than %d bytes".formatted(MAX_BYTES));
        }
    }
}
