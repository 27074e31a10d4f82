package dev.runnel.engine.text;

import java.util.List;

/// The text of one choice while its tokens arrive. For one thread at a time.
public final class ReplyText {

    private final Utf8Decoder decoder = new Utf8Decoder();
    private final StopStrings stops;
    private boolean dropsSpace;
    private boolean stopped;

    /// Decoded text that has not left; between calls only what may belong to a stop string.
    private final StringBuilder held = new StringBuilder();

    /// @param stops the strings that end the reply, none empty
    /// @param dropsLeadingSpace whether one space at the very start is not part of the reply: tokenizers of
    ///     SentencePiece's kind write a word's space before it, and the first word has none
    public ReplyText(List<String> stops, boolean dropsLeadingSpace) {
        this.stops = new StopStrings(stops);
        this.dropsSpace = dropsLeadingSpace;
    }

    /// Adds the bytes of one more token; not to be called once the reply is over.
    ///
    /// @return the text that may leave, often empty
    public String add(byte[] token) {
        int known = held.length();
        decoder.decode(token, held);
        return release(known);
    }

    /// Whether a stop string is complete. The text before it has been given, and no more comes.
    public boolean isStopped() {
        return stopped;
    }

    /// Ends the reply where it is.
    ///
    /// @return the text that was held back; empty if a stop string has ended the reply
    public String finish() {
        if (stopped) {
            return "";
        }
        int known = held.length();
        decoder.finish(held);
        return release(known) + held;
    }

    /// Reads the held text from the index `known`, and takes out of it what can't belong to a stop string.
    private String release(int known) {
        if (dropsSpace && !held.isEmpty()) {
            dropsSpace = false;
            if (held.charAt(0) == ' ') {
                held.deleteCharAt(0);
            }
        }
        for (int i = known; i < held.length(); ) {
            int codePoint = held.codePointAt(i);
            i += Character.charCount(codePoint);
            int matched = stops.read(codePoint);
            if (matched > 0) {
                stopped = true;
                String before = held.substring(0, held.offsetByCodePoints(i, -matched));
                held.setLength(0);
                return before;
            }
        }
        int free = held.offsetByCodePoints(held.length(), -stops.pending());
        String piece = held.substring(0, free);
        held.delete(0, free);
        return piece;
    }
}
