package dev.runnel.app;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Upstreams that did not list their models when the server started. Each is asked again now and then, by a virtual
/// thread of its own, until it does; there is one question at a time, and at most one a minute once it has been down
/// for a while.
final class LateUpstreams implements AutoCloseable {

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final Duration firstPause;
    private final CountDownLatch closed = new CountDownLatch(1);

    LateUpstreams() {
        this(FIRST_PAUSE);
    }

    /// @param firstPause before it is asked for the second time; then twice as long each time
    LateUpstreams(Duration firstPause) {
        this.firstPause = firstPause;
    }

    /// Has an upstream asked until it is there.
    ///
    /// @param open fails while it isn't
    /// @param there takes it; called at most once
    void expect(Supplier<Backend> open, Consumer<Backend> there) {
        Thread.startVirtualThread(() -> ask(open, there));
    }

    private void ask(Supplier<Backend> open, Consumer<Backend> there) {
        Duration pause = firstPause;
        while (!isClosedWithin(pause)) {
            try {
                there.accept(open.get());
                return;
            } catch (BackendException stillDown) {
                Duration doubled = pause.multipliedBy(2);
                pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
            }
        }
    }

    private boolean isClosedWithin(Duration pause) {
        try {
            return closed.await(pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupt) {
            return true;
        }
    }

    /// Asks no more. Whoever is being asked at the moment may still answer.
    @Override
    public void close() {
        closed.countDown();
    }
}
