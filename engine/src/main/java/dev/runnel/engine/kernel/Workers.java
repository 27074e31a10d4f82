package dev.runnel.engine.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A fixed set of platform threads that share the parts of one task at a time. The calling thread is one of
/// them.
///
/// Tasks follow one another within microseconds, so a thread that waits spins for a moment; but two threads
/// that spin lose everything when another process takes a core, so after that it parks. Parts are handed out
/// one by one, not dealt out beforehand: a thread that loses its core delays one part and not its whole
/// share.
///
/// Theory: each run is a [Job] of its own with its own counters, so a thread that comes late finds nothing
/// left to take and can't disturb the next run. Whoever waits announces it in a volatile field, then looks
/// again, then parks; whoever changes what is waited for does that first and then looks at the field. So no
/// wake-up is lost.
public final class Workers implements AutoCloseable {

    /// What is done in parts, in any order, by any of the threads, several at a time.
    @FunctionalInterface
    public interface Task {

        /// @param worker number of the thread, from 0 to [#count], for buffers of its own
        /// @param part from 0 to the number of parts
        void run(int worker, int part);
    }

    /// How often a waiting thread looks before it parks: some tens of microseconds.
    private static final int SPINS = 4_000;

    private final List<Helper> helpers = new ArrayList<>();
    private volatile @Nullable Job current;
    private volatile boolean closed;

    /// Starts the threads.
    ///
    /// @param count threads in all, with the caller's; at least 1
    public Workers(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("the number of workers is " + count + ", expected at least 1");
        }
        for (int worker = 1; worker < count; worker++) {
            helpers.add(new Helper(worker));
        }
        try {
            helpers.forEach(helper -> helper.thread.start());
        } catch (Error failure) { // there may be no more threads
            close();
            throw failure;
        }
    }

    /// Threads in all, with the caller's.
    public int count() {
        return helpers.size() + 1;
    }

    /// Runs every part and returns when all have ended. One thread at a time may call this.
    ///
    /// If a part throws, the others still run, and the first failure is thrown here.
    public void run(int parts, Task task) {
        if (closed) {
            throw new IllegalStateException("the workers have been closed");
        }
        if (parts == 1) {
            task.run(0, 0);
            return;
        }
        Job job = new Job(task, parts, Thread.currentThread());
        current = job;
        helpers.forEach(Helper::wake);
        job.takePartsAs(0);
        job.await();
    }

    /// Ends the threads. Nothing may be running.
    @Override
    public void close() {
        closed = true;
        helpers.forEach(Helper::wake);
        boolean interrupted = false;
        for (Helper helper : helpers) {
            while (helper.thread.isAlive()) {
                try {
                    helper.thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// One run of a task.
    private static final class Job {

        private final Task task;
        private final int parts;
        private final Thread caller;
        private final AtomicInteger taken = new AtomicInteger();
        private final AtomicInteger ended = new AtomicInteger();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        private volatile boolean callerParks;

        Job(Task task, int parts, Thread caller) {
            this.task = task;
            this.parts = parts;
            this.caller = caller;
        }

        void takePartsAs(int worker) {
            for (int part = taken.getAndIncrement(); part < parts; part = taken.getAndIncrement()) {
                try {
                    task.run(worker, part);
                } catch (RuntimeException | Error thrown) {
                    failure.compareAndSet(null, thrown);
                }
                if (ended.incrementAndGet() == parts && callerParks) {
                    LockSupport.unpark(caller);
                }
            }
        }

        void await() {
            for (int spins = 0; ended.get() < parts && spins < SPINS; spins++) {
                Thread.onSpinWait();
            }
            if (ended.get() < parts) {
                callerParks = true;
                while (ended.get() < parts) {
                    LockSupport.park(this);
                }
            }
            Throwable thrown = failure.get();
            if (thrown instanceof RuntimeException exception) {
                throw exception;
            }
            if (thrown instanceof Error error) {
                throw error;
            }
        }
    }

    /// A thread and whether it sleeps.
    private final class Helper {

        private final int worker;
        private final Thread thread;
        private volatile boolean parks;

        Helper(int worker) {
            this.worker = worker;
            this.thread =
                    Thread.ofPlatform().name("runnel-worker-" + worker).daemon().unstarted(this::work);
        }

        void wake() {
            if (parks) {
                LockSupport.unpark(thread);
            }
        }

        private void work() {
            Job done = null;
            while (!closed) {
                Job job = current;
                if (job != null && job != done) {
                    job.takePartsAs(worker);
                    done = job;
                } else {
                    awaitChange(done);
                }
            }
        }

        /// Returns when there may be a job other than `done`, or the end.
        private void awaitChange(@Nullable Job done) {
            for (int spins = 0; spins < SPINS; spins++) {
                if (current != done || closed) {
                    return;
                }
                Thread.onSpinWait();
            }
            parks = true;
            while (current == done && !closed) {
                LockSupport.park(this);
            }
            parks = false;
        }
    }
}
