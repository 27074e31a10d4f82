package dev.runnel.engine.gguf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Strict decoding.
final class Utf8 {

    private Utf8() {}

    /// The string that these bytes are, or null if they are not valid UTF-8.
    ///
    /// Decodes leniently, which the JDK does fastest, and looks twice only where the result holds the
    /// character that stands for what was malformed.
    static @Nullable String decode(MemorySegment bytes) {
        byte[] array = bytes.toArray(JAVA_BYTE);
        String text = new String(array, UTF_8);
        boolean valid = text.indexOf('\uFFFD') < 0 || Arrays.equals(text.getBytes(UTF_8), array);
        return valid ? text : null;
    }
}
