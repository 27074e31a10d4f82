package dev.runnel.relay;

import dev.runnel.core.UpstreamFault;
import java.io.ByteArrayOutputStream;

/// A body that makes sense only when all of it is there.
final class WholeBody {

    private static final int LONGEST = 16 << 20;

    private final String name;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /// @param name what it is, for the sentence that it is too long
    WholeBody(String name) {
        this.name = name;
    }

    void add(byte[] piece) {
        if (bytes.size() + piece.length > LONGEST) {
            throw UpstreamFault.MALFORMED_EVENT.failure(
                    "the upstream's %s is longer than %d bytes".formatted(name, LONGEST));
        }
        bytes.writeBytes(piece);
    }

    boolean isEmpty() {
        return bytes.size() == 0;
    }

    byte[] toByteArray() {
        return bytes.toByteArray();
    }
}
