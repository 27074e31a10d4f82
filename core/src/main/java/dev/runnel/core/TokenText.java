package dev.runnel.core;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// A token as people see it.
///
/// @param text its bytes as text, with U+FFFD for what is no whole character on its own
/// @param bytes 0 to 255 each; of several tokens together they give back a character that was cut. Empty where a
///     backend doesn't know them
public record TokenText(String text, List<Integer> bytes) {
    public TokenText {
        Objects.requireNonNull(text, "text");
        bytes = List.copyOf(bytes);
    }

    public static TokenText of(byte[] bytes) {
        List<Integer> unsigned = new ArrayList<>(bytes.length);
        for (byte each : bytes) {
            unsigned.add(Byte.toUnsignedInt(each));
        }
        return new TokenText(new String(bytes, StandardCharsets.UTF_8), unsigned);
    }

    /// Whether it is whole characters, as far as its bytes are known.
    public boolean isWhole() {
        byte[] utf8 = new byte[bytes.size()];
        for (int i = 0; i < utf8.length; i++) {
            utf8[i] = bytes.get(i).byteValue();
        }
        try {
            var _ = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8));
            return true;
        } catch (CharacterCodingException _) {
            return false;
        }
    }
}
