package dev.runnel.lab;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// A clock and the one thread of whoever measures by it: what a [Bench] decides it decides there, one thing after
/// another, and what it waits for it is told of there. A test brings a time of its own, in which a minute takes
/// no time.
public interface Time {

    /// Nanoseconds from any fixed point. For any thread.
    long nanoTime();

    /// Runs `action` on the thread at that time, or as soon after it as can be. For any thread.
    void at(long nanoTime, Runnable action);

    /// Runs `action` on the thread after what is due already. For any thread.
    default void soon(Runnable action) {
        at(nanoTime(), action);
    }

    /// The time of this machine, with a thread of its own that lasts until it is closed.
    final class Real implements Time, AutoCloseable {

        private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("runnel-lab").daemon().factory());

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // whoever schedules guards what it schedules
        public void at(long nanoTime, Runnable action) {
            thread.schedule(action, nanoTime - System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public void close() {
            thread.shutdownNow();
        }
    }
}
