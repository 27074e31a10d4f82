package dev.runnel.lab;

import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

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
    ///
    /// A thread that sleeps until a moment comes to itself some time after it, which would be taken for a
    /// server's slowness. So this one sleeps until shortly before, and waits for the rest with its eyes
    /// open.
    final class Real implements Time, AutoCloseable {

        private static final long AWAKE_NANOS = 300_000;

        private record Action(long at, long order, Runnable what) implements Comparable<Action> {

            @Override
            public int compareTo(Action other) {
                return at == other.at ? Long.compare(order, other.order) : Long.compare(at - other.at, 0);
            }
        }

        private final PriorityBlockingQueue<Action> actions = new PriorityBlockingQueue<>();
        private final AtomicLong order = new AtomicLong();
        private final Thread thread =
                Thread.ofPlatform().name("runnel-lab").daemon().unstarted(this::run);
        private volatile boolean closed;

        public Real() {
            thread.start();
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public void at(long nanoTime, Runnable action) {
            actions.add(new Action(nanoTime, order.getAndIncrement(), action));
            LockSupport.unpark(thread);
        }

        private void run() {
            while (!closed) {
                Action next = actions.peek();
                long wait = next == null ? Long.MAX_VALUE : next.at() - nanoTime();
                if (next != null && wait <= 0) {
                    actions.remove().what().run();
                } else if (wait <= AWAKE_NANOS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.parkNanos(this, wait - AWAKE_NANOS);
                }
            }
        }

        @Override
        public void close() {
            closed = true;
            LockSupport.unpark(thread);
        }
    }
}
