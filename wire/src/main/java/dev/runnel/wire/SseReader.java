package dev.runnel.wire;

import java.util.function.Consumer;

/// Cuts a stream of bytes into server-sent events, however the network has split it. One for each stream.
public final class SseReader {

    /// One event.
    ///
    /// @param type the `event` field; empty if there was none
    /// @param data the `data` lines, joined by line feeds
    public record Event(String type, String data) {}

    /// Takes the next bytes of the stream and hands over the events they complete. What no blank line has ended when
    /// the stream ends is no event.
    public void read(byte[] bytes, int offset, int length, Consumer<? super Event> events) {
        java.util.Objects.requireNonNull(events);
        throw new UnsupportedOperationException();
    }
}
