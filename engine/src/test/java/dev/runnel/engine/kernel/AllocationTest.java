package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.runnel.engine.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Kernels allocate nothing once they are compiled. A vector on the heap would be seen at once: it means that
/// C2 has given up on inlining, and that the kernel is ten times slower than it should be.
class AllocationTest {

    private static final int N = 1024;
    private static final int ROWS = 64;

    private final Kernels kernels = KernelChoice.detect().kernels();
    private final Scratch scratch = new Scratch(N);
    private final Random random = new Random(42);

    static Set<TensorType> types() {
        return KernelChoice.scalar().matrixTypes();
    }

    @ParameterizedTest
    @MethodSource("types")
    void matricesTimesOneVectorOrMany(TensorType type) {
        Matrix matrix = Numbers.matrix(random, type, ROWS, N);
        float[] x = Numbers.random(random, 7 * N);
        float[] y = new float[7 * ROWS];
        for (int tokens : new int[] {1, 7}) {
            Workers.Task task = kernels.multiplication(matrix, x, tokens, y, ROWS, new Scratch[] {scratch});
            assertAllocatesNothing(() -> task.run(0, 0));
        }
    }

    @Test
    void normsGatesAndSoftmax() {
        float[] x = Numbers.random(random, N);
        float[] y = Numbers.random(random, N);
        assertAllocatesNothing(() -> kernels.rmsNorm(x, 0, y, 1e-5f, x, 0, scratch));
        assertAllocatesNothing(() -> kernels.layerNorm(x, 0, y, y, 1e-5f, x, 0, scratch));
        assertAllocatesNothing(() -> kernels.softmax(x, 0, N, 1, scratch));
        assertAllocatesNothing(() -> kernels.softCap(30, x, 0, N));
        for (Activation activation : Activation.values()) {
            assertAllocatesNothing(() -> kernels.gate(activation, x, y, 0, N));
        }
    }

    @Test
    void attention() {
        PageLayout layout = new PageLayout(64, 64);
        MemorySegment page = Arena.ofAuto().allocate(layout.bytes(), 64);
        float[] q = Numbers.random(random, 7 * 64);
        float[] scores = new float[7 * 32];
        float[] out = new float[7 * 64];
        assertAllocatesNothing(() -> kernels.scores(q, 7, layout, page, 0, 1, scores, 0, 32));
        assertAllocatesNothing(() -> kernels.weigh(scores, 0, 32, 7, 32, layout, page, 0, out, 0));
    }

    /// Runs until C2 has compiled it, which on a busy machine may take a while.
    private static void assertAllocatesNothing(Runnable kernel) {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        long least = Long.MAX_VALUE;
        while (least > 0 && System.nanoTime() < deadline) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 50; i++) {
                kernel.run();
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(least).as("bytes allocated in 50 runs").isZero();
    }
}
