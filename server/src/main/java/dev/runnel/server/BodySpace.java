package dev.runnel.server;

import dev.runnel.core.BackendException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/// Memory for all bodies together that have begun to come and are not whole. For any number of threads.
final class BodySpace {

    /// Bodies come within seconds, or hardly at all.
    private static final Duration WAIT = Duration.ofSeconds(5);

    private final long mostBytes;
    private final AtomicLong takenBytes = new AtomicLong();

    BodySpace(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    /// Whether there was that much left. What was taken is given back.
    boolean take(int bytes) {
        if (takenBytes.addAndGet(bytes) > mostBytes) {
            giveBack(bytes);
            return false;
        }
        return true;
    }

    void giveBack(int bytes) {
        takenBytes.addAndGet(-bytes);
    }

    Refusal full() {
        return Refusal.of(BackendException.overloaded(
                "the bodies that clients are sending have %d bytes together, and this server takes no more"
                        .formatted(mostBytes),
                WAIT));
    }
}
