package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.runnel.engine.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Kernels allocate nothing once they are compiled. A vector on the heap would be seen at once: it means that
/// C2 has given up on inlining, and that the kernel is ten times slower than it should be.
class AllocationTest {

    private static final int N = 1024;
    private static final int ROWS = 64;

    /// How long C2 may take on a busy machine.
    private static final Duration PATIENCE = Duration.ofSeconds(25);

    private final Kernels kernels = KernelChoice.detect().kernels();
    private final Scratch scratch = new Scratch(N);
    private final Random random = new Random(42);

    static Stream<TensorType> types() {
        return KernelChoice.scalar().matrixTypes().stream().sorted();
    }

    /// What C2 inlines depends on what it has compiled before, so a type gets a second look in a JVM of its own.
    @ParameterizedTest
    @MethodSource("types")
    void matricesTimesOneVectorOrMany(TensorType type) throws Exception {
        if (!multipliesWithoutGarbage(type, Duration.ofSeconds(5))) {
            Process alone = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--add-modules",
                            "jdk.incubator.vector",
                            "-cp",
                            System.getProperty("java.class.path"),
                            AllocationTest.class.getName(),
                            type.name())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(alone.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(alone.waitFor())
                    .as("%s in a JVM of its own: %s", type, said)
                    .isZero();
        }
    }

    /// Multiplies with a matrix of the type that the argument names; the exit code is 1 if that leaves garbage.
    static void main(String[] arguments) {
        System.exit(new AllocationTest().multipliesWithoutGarbage(TensorType.valueOf(arguments[0]), PATIENCE) ? 0 : 1);
    }

    private boolean multipliesWithoutGarbage(TensorType type, Duration patience) {
        Matrix matrix = Numbers.arranged(kernels, Numbers.matrix(random, type, ROWS, N));
        float[] x = Numbers.random(random, 33 * N);
        float[] y = new float[33 * ROWS];
        for (int tokens : new int[] {1, 7, 33}) {
            Workers.Task task = Numbers.multiplication(kernels, matrix, x, tokens, y, ROWS, scratch);
            if (leastBytes(() -> task.run(0, 0), patience) > 0) {
                return false;
            }
        }
        return true;
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

    private static void assertAllocatesNothing(Runnable kernel) {
        assertThat(leastBytes(kernel, PATIENCE))
                .as("bytes allocated in 50 runs")
                .isZero();
    }

    /// The least that 50 runs allocate. Runs until C2 has compiled it, which on a busy machine may take a while.
    private static long leastBytes(Runnable kernel, Duration patience) {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long deadline = System.nanoTime() + patience.toNanos();
        long least = Long.MAX_VALUE;
        while (least > 0 && System.nanoTime() < deadline) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 50; i++) {
                kernel.run();
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }
}
