package dev.runnel.wire;

import java.util.Optional;

/// A chunk that says some text and nothing else, as the pattern of those after it: up to the text and from it on they
/// are the same, letter by letter. What fits has been read before, but for its text.
///
/// @param before up to the quote that opens the text
/// @param after from the quote that closes the text
record TextChunk(String before, String after) {

    /// The pattern of a chunk.
    ///
    /// @param chunk in JSON
    /// @param member that holds the text
    /// @param text what it was read as
    /// @return nothing where it isn't plain which letters are the text
    static Optional<TextChunk> of(String chunk, String member, String text) {
        String key = "\"" + member + "\":";
        int at = chunk.indexOf(key);
        if (at < 0 || chunk.indexOf(key, at + 1) >= 0) {
            return Optional.empty();
        }
        int from = at + key.length();
        while (chunk.startsWith(" ", from)) {
            from++;
        }
        from++; // its quote
        int to = from + text.length();
        boolean plain = chunk.startsWith(text, from) && chunk.startsWith("\"", to) && isPlain(text, 0, text.length());
        TextChunk pattern = new TextChunk(chunk.substring(0, from), plain ? chunk.substring(to) : "");
        // Where nothing is escaped, nothing but that member can have that name.
        return plain && pattern.before.indexOf('\\') < 0 && pattern.after.indexOf('\\') < 0
                ? Optional.of(pattern)
                : Optional.empty();
    }

    boolean fits(String chunk) {
        return chunk.length() >= before.length() + after.length()
                && chunk.startsWith(before)
                && chunk.endsWith(after)
                && isPlain(chunk, before.length(), chunk.length() - after.length());
    }

    /// @param chunk one that fits
    String text(String chunk) {
        return chunk.substring(before.length(), chunk.length() - after.length());
    }

    /// Whether these letters stand for themselves between quotes.
    private static boolean isPlain(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            char letter = text.charAt(i);
            if (letter < ' ' || letter == '"' || letter == '\\') {
                return false;
            }
        }
        return true;
    }
}
