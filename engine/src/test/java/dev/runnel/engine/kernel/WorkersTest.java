package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkersTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void everyPartRunsOnceInEveryOfManyRuns(int threads) {
        try (Workers workers = new Workers(threads)) {
            for (int run = 0; run < 2_000; run++) {
                AtomicIntegerArray ran = new AtomicIntegerArray(run % 17);

                workers.run(ran.length(), (worker, part) -> {
                    assertThat(worker).isBetween(0, threads - 1);
                    ran.incrementAndGet(part);
                });

                for (int part = 0; part < ran.length(); part++) {
                    assertThat(ran.get(part)).isEqualTo(1);
                }
            }
        }
    }

    @Test
    void allThreadsTakePartAndTheCallerIsOne() {
        try (Workers workers = new Workers(3)) {
            Set<Thread> threads = ConcurrentHashMap.newKeySet();
            CountDownLatch everybody = new CountDownLatch(3);

            workers.run(3, (worker, part) -> {
                threads.add(Thread.currentThread());
                everybody.countDown();
                awaitUninterrupted(everybody);
            });

            assertThat(threads).hasSize(3).contains(Thread.currentThread());
        }
    }

    @Test
    void aThreadThatIsHeldUpDelaysOnePartAndNotItsWholeShare() {
        try (Workers workers = new Workers(2)) {
            CountDownLatch heldUp = new CountDownLatch(1);
            CountDownLatch others = new CountDownLatch(15);
            AtomicIntegerArray parts = new AtomicIntegerArray(2); // of each worker

            workers.run(16, (worker, _) -> {
                parts.incrementAndGet(worker);
                if (worker == 1) {
                    heldUp.countDown();
                    awaitUninterrupted(others);
                } else {
                    awaitUninterrupted(heldUp);
                    others.countDown();
                }
            });

            assertThat(parts.get(0)).isEqualTo(15);
            assertThat(parts.get(1)).isEqualTo(1);
        }
    }

    @Test
    void theResultOfEveryPartIsSeenByTheCaller() {
        try (Workers workers = new Workers(2)) {
            int[] plain = new int[64];
            for (int run = 1; run <= 1_000; run++) {
                int value = run;
                workers.run(plain.length, (worker, part) -> plain[part] = value);
                assertThat(plain).containsOnly(value);
            }
        }
    }

    @Test
    void aFailureInAnyThreadSurfacesInTheCallerAfterTheOtherPartsHaveRun() {
        try (Workers workers = new Workers(2)) {
            AtomicInteger ran = new AtomicInteger();
            CountDownLatch both = new CountDownLatch(2);

            assertThatThrownBy(() -> workers.run(10, (worker, part) -> {
                        ran.incrementAndGet();
                        if (part < 2) {
                            both.countDown();
                            awaitUninterrupted(both); // the first two parts are with different threads
                        }
                        if (worker == 1) {
                            throw new IllegalStateException("thread 1 fails");
                        }
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("thread 1 fails");

            assertThat(ran).hasValue(10);
            workers.run(4, (worker, part) -> ran.incrementAndGet());
            assertThat(ran).hasValue(14);
        }
    }

    @Test
    void onOneThreadTheOtherPartsRunToo() {
        try (Workers workers = new Workers(1)) {
            AtomicInteger ran = new AtomicInteger();

            assertThatThrownBy(() -> workers.run(3, (worker, part) -> {
                        ran.incrementAndGet();
                        throw new IllegalStateException("part " + part);
                    }))
                    .hasMessage("part 0");

            assertThat(ran).hasValue(3);
        }
    }

    @Test
    void errorsSurfaceToo() {
        try (Workers workers = new Workers(2)) {
            assertThatThrownBy(() -> workers.run(4, (worker, part) -> {
                        throw new StackOverflowError("part " + part);
                    }))
                    .isInstanceOf(StackOverflowError.class);
        }
    }

    @Test
    void threadsThatHaveParkedWakeUp() throws InterruptedException {
        try (Workers workers = new Workers(3)) {
            workers.run(3, (worker, part) -> {});
            for (Thread thread : helpers()) {
                while (thread.getState() != Thread.State.WAITING) {
                    Thread.onSpinWait();
                }
            }
            CountDownLatch everybody = new CountDownLatch(3);

            workers.run(3, (worker, part) -> {
                everybody.countDown();
                awaitUninterrupted(everybody);
            });

            assertThat(everybody.getCount()).isZero();
        }
    }

    @Test
    void closingEndsTheThreads() {
        Workers workers = new Workers(3);
        Set<Thread> helpers = helpers();
        assertThat(helpers).hasSize(2);

        workers.close();

        assertThat(helpers).noneMatch(Thread::isAlive);
        assertThatIllegalStateException().isThrownBy(() -> workers.run(1, (worker, part) -> {}));
    }

    @Test
    void noThreadsAreNotEnough() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Workers(0))
                .withMessage("the number of workers is 0, expected at least 1");
    }

    private static Set<Thread> helpers() {
        Set<Thread> helpers = ConcurrentHashMap.newKeySet();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("runnel-worker-")) {
                helpers.add(thread);
            }
        }
        return helpers;
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            Thread.onSpinWait();
        }
    }
}
