package dev.runnel.app.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// How fast this machine reads memory, which bounds how fast one sequence can be written: all weights are read for
/// each token.
final class MemoryRate {

    private static final int LONGS = 1 << 25; // of each thread, 256 MiB: more than any cache holds
    private static final int STRIDE = 8; // longs of a cache line

    private MemoryRate() {}

    /// @return the best of some rounds, in bytes a second
    static double measure(int threads) throws InterruptedException, ExecutionException {
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<long[]> arrays = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                long[] array = new long[LONGS];
                Arrays.setAll(array, at -> at);
                arrays.add(array);
            }
            double best = 0;
            for (int round = 0; round < 10; round++) {
                long start = System.nanoTime();
                List<Future<Long>> sums = new ArrayList<>();
                for (long[] array : arrays) {
                    sums.add(pool.submit(() -> sum(array)));
                }
                for (Future<Long> each : sums) {
                    each.get();
                }
                best = Math.max(best, threads * 8.0 * LONGS / ((System.nanoTime() - start) / 1e9));
            }
            return best;
        }
    }

    /// One long of each line, so that it is memory that is waited for, and at four places at once: what is fetched
    /// ahead
    /// ends with each page, so a core that reads at one place stands still there.
    private static long sum(long[] array) {
        int quarter = array.length / 4;
        long a = 0;
        long b = 0;
        long c = 0;
        long d = 0;
        for (int i = 0; i < quarter; i += STRIDE) {
            a += array[i];
            b += array[i + quarter];
            c += array[i + 2 * quarter];
            d += array[i + 3 * quarter];
        }
        return a + b + c + d;
    }
}
