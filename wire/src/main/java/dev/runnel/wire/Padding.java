package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.SplittableRandom;

/// Letters that mean nothing, so many that the length of what they stand in doesn't tell the length of a
/// token to whoever watches the network.
final class Padding {

    private static final byte[] LETTERS =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".getBytes(US_ASCII);

    private static final int LONGEST = 16;

    private final SplittableRandom random;

    /// @param id of the reply; whoever watches the network doesn't know it
    Padding(String id) {
        random = new SplittableRandom(id.hashCode());
    }

    /// Appends the member `obfuscation`.
    void write(ByteSink out) {
        out.raw(",\"obfuscation\":\"");
        for (int i = random.nextInt(1, LONGEST + 1); i > 0; i--) {
            out.raw(LETTERS, random.nextInt(LETTERS.length), 1);
        }
        out.raw("\"");
    }
}
