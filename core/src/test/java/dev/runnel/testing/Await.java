package dev.runnel.testing;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Waits for a condition that another thread will bring about.
public final class Await {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private Await() {}

    /// Returns as soon as `condition` holds, and fails naming `what` if it doesn't within 20 s.
    public static void until(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("waited " + PATIENCE.toSeconds() + " s in vain: " + what);
            }
            LockSupport.parkNanos(100_000);
        }
    }
}
