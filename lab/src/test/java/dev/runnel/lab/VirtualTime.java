package dev.runnel.lab;

import dev.runnel.core.ScriptedBackend;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;

/// A time that passes when nothing is left to do at its moment, and takes none. Everything happens on the test's
/// thread.
///
/// Readings at one moment are the same, unless the clock [#ticks].
final class VirtualTime implements Time, ScriptedBackend.Timer {

    private record Action(long at, long order, Runnable what) {}

    private final PriorityQueue<Action> actions =
            new PriorityQueue<>(Comparator.comparingLong(Action::at).thenComparingLong(Action::order));
    private long now = 1_000_000_000; // anything but zero
    private long order;
    private long tick;

    @Override
    public long nanoTime() {
        now += tick;
        return now;
    }

    /// From now on the clock goes on by a nanosecond whenever it is read, and no two readings are the same.
    void ticks() {
        tick = 1;
    }

    @Override
    public void at(long nanoTime, Runnable action) {
        actions.add(new Action(nanoTime, order++, action));
    }

    @Override
    public void after(Duration wait, Runnable action) {
        at(now + wait.toNanos(), action);
    }

    /// Lets time pass while whoever runs is busy with something else.
    void stall(Duration time) {
        now += time.toNanos();
    }

    <T> T until(CompletableFuture<T> future) {
        while (!future.isDone()) {
            if (actions.isEmpty()) {
                throw new AssertionError("nothing more happens, and what is waited for has not come");
            }
            Action next = actions.remove();
            now = Math.max(now, next.at());
            next.what().run();
        }
        return future.join();
    }
}
