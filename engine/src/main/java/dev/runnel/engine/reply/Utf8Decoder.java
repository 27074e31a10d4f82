package dev.runnel.engine.reply;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/// Bytes that arrive in any pieces to whole code points. What can still become a character, at most 3 bytes,
/// waits for the next piece; each broken sequence becomes one U+FFFD, as `new String(bytes, UTF_8)` would
/// have it.
final class Utf8Decoder {

    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);

    private final CharBuffer chars = CharBuffer.allocate(64);

    /// Between calls: the unfinished character, ready to be added to.
    private ByteBuffer bytes = ByteBuffer.allocate(64);

    /// Appends to `text` the characters that `piece` completes.
    void decode(byte[] piece, StringBuilder text) {
        if (piece.length > bytes.remaining()) {
            bytes = ByteBuffer.allocate(bytes.position() + piece.length).put(bytes.flip());
        }
        bytes.put(piece);
        decode(false, text);
    }

    /// Whether the bytes so far end within a character.
    boolean isWithinCharacter() {
        return bytes.position() > 0;
    }

    /// Appends to `text` what remains of an unfinished character, which is broken.
    void finish(StringBuilder text) {
        decode(true, text);
        decoder.reset();
    }

    private void decode(boolean isEnd, StringBuilder text) {
        bytes.flip();
        boolean overflows;
        do {
            overflows = decoder.decode(bytes, chars, isEnd).isOverflow();
            text.append(chars.flip());
            chars.clear();
        } while (overflows);
        bytes.compact();
    }
}
