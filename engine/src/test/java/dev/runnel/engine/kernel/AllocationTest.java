package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.runnel.engine.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Kernels allocate nothing once they are compiled. A vector on the heap would be seen at once: it means that
/// C2 has given up on inlining, and that the kernel is ten times slower than it should be.
class AllocationTest {

    private static final int N = 1024;
    private static final int ROWS = 64;

    private static final String ELEMENTWISE = "elementwise";
    private static final String ATTENTION = "attention";

    /// Behind a type: its weights are mapped, and not in memory of their own.
    private static final String OF_A_FILE = " of a file";

    /// Runs after which C2 has compiled not only a kernel, but what calls it. When that meets a kernel of
    /// another type it is compiled anew at once, before there is a profile of the other kernel.
    private static final int SETTLED = 8_000;

    /// How long C2 may take on a busy machine.
    private static final Duration PATIENCE = Duration.ofSeconds(25);

    private final Kernels kernels = KernelChoice.detect().kernels();
    private final Scratch scratch = new Scratch(N);
    private final Random random = new Random(42);

    static Stream<TensorType> types() {
        return KernelChoice.scalar().matrixTypes().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("types")
    void matricesTimesOneVectorOrMany(TensorType type) throws Exception {
        assertLeavesNoGarbage(type.name());
    }

    /// C2 has a budget for each method that it compiles, and what calls the kernels of one type may call those of
    /// another: with both inlined it may come to an end.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Q4_K+Q6_K",
                "Q5_K+Q6_K",
                "Q6_K>Q4_K",
                "F16>Q8_0>BF16",
                "Q8_0>Q4_0",
                "Q4_K>Q8_0" + OF_A_FILE,
                "Q6_K>Q4_K>Q4_0>Q8_0" + OF_A_FILE
            })
    void matricesOfTypesThatModelsMix(String types) throws Exception {
        assertLeavesNoGarbage(types);
    }

    @Test
    void normsGatesAndSoftmax() throws Exception {
        assertLeavesNoGarbage(ELEMENTWISE);
    }

    @Test
    void attention() throws Exception {
        assertLeavesNoGarbage(ATTENTION);
    }

    /// What C2 inlines depends on what it has compiled before, so kernels get a second look in a JVM of their own.
    /// There no frame is replaced on the stack: the loop of [#leastBytes] never leaves its frame, so it would stay
    /// with whatever C2 first made of that loop and of the kernels inlined into it, which no caller of the engine
    /// does.
    private void assertLeavesNoGarbage(String name) throws Exception {
        if (!leavesNoGarbage(name, Duration.ofSeconds(5))) {
            Process alone = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--add-modules",
                            "jdk.incubator.vector",
                            "-XX:-UseOnStackReplacement",
                            "-cp",
                            System.getProperty("java.class.path"),
                            AllocationTest.class.getName(),
                            name)
                    .redirectErrorStream(true)
                    .start();
            String said = new String(alone.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(alone.waitFor())
                    .as("%s in a JVM of its own: %s", name, said)
                    .isZero();
        }
    }

    /// Runs the kernels that the argument names; the exit code is 1 if that leaves garbage.
    static void main(String[] arguments) {
        System.exit(new AllocationTest().leavesNoGarbage(arguments[0], PATIENCE) ? 0 : 1);
    }

    /// @param name a type of matrices, or several joined by `+`, or by `>` one after another, perhaps [#OF_A_FILE],
    /// [#ELEMENTWISE] or [#ATTENTION]
    private boolean leavesNoGarbage(String name, Duration patience) {
        List<String> each = List.of(name.split(">"));
        for (String earlier : each.subList(0, each.size() - 1)) {
            runs(earlier).forEach(run -> {
                leastBytes(run, patience);
                for (int j = 0; j < SETTLED; j++) {
                    run.run();
                }
            });
        }
        return runs(each.getLast()).allMatch(run -> leastBytes(run, patience) == 0);
    }

    private Stream<Runnable> runs(String name) {
        return switch (name) {
            case ELEMENTWISE -> elementwise();
            case ATTENTION -> attending();
            default ->
                multiplying(Arrays.stream(name.split("\\+")).map(this::matrix).toList());
        };
    }

    private Matrix matrix(String name) {
        TensorType type = TensorType.valueOf(name.replace(OF_A_FILE, ""));
        Matrix matrix = Numbers.matrix(random, type, ROWS, N);
        return Numbers.arranged(kernels, name.endsWith(OF_A_FILE) ? ofAFile(matrix) : matrix);
    }

    private static Matrix ofAFile(Matrix matrix) {
        byte[] bytes = matrix.data().toArray(ValueLayout.JAVA_BYTE);
        return Numbers.ofAFile(matrix.type(), matrix.rows(), matrix.columns(), out -> out.write(bytes));
    }

    private Stream<Runnable> multiplying(List<Matrix> matrices) {
        int most = Math.max(LaneBlocks.LEAST + 1, 33);
        float[] x = Numbers.random(random, most * N);
        float[] y = new float[most * ROWS];
        return Stream.of(most, 33, 1, 2, 4, 8, 15, 16).map(tokens -> {
            List<Workers.Task> tasks = matrices.stream()
                    .map(matrix -> Numbers.multiplication(kernels, matrix, x, tokens, y, ROWS, scratch))
                    .toList();
            return () -> {
                for (int i = 0; i < tasks.size(); i++) { // an iterator would be garbage
                    tasks.get(i).run(0, 0);
                }
            };
        });
    }

    private Stream<Runnable> elementwise() {
        float[] x = Numbers.random(random, N);
        float[] y = Numbers.random(random, N);
        return Stream.concat(
                Stream.of(
                        () -> kernels.rmsNorm(x, 0, y, 1e-5f, x, 0, scratch),
                        () -> kernels.layerNorm(x, 0, y, y, 1e-5f, x, 0, scratch),
                        () -> kernels.exponentials(x, 0, N, kernels.most(x, 0, N), scratch),
                        () -> kernels.softCap(30, x, 0, N)),
                Stream.of(Activation.values()).map(activation -> () -> kernels.gate(activation, x, y, 0, N)));
    }

    private Stream<Runnable> attending() {
        PageLayout layout = new PageLayout(64, 64);
        MemorySegment page = Arena.ofAuto().allocate(layout.keyBytes(), 64); // of values too, which are as many
        float[] q = Numbers.random(random, 7 * 64);
        float[] scores = new float[7 * 32];
        float[] out = new float[7 * 64];
        MemorySegment halves = Arena.ofAuto().allocate(64 * 32 * Short.BYTES, 64);
        PartialAttention part = new PartialAttention(7, 64);
        PartialAttention whole = new PartialAttention(7, 64);
        for (int i = 0; i < 7; i++) {
            part.count(i, i, 1);
        }
        return Stream.of(
                () -> kernels.scores(q, 0, 7, layout, page, 0, 1, scores, 0, 32),
                () -> kernels.weigh(scores, 0, 32, 7, 32, layout, page, 0, out, 0),
                () -> whole.add(part, 7),
                () -> kernels.halves(halves, 0, page, 64 * 32),
                () -> kernels.bytes(halves, 0, 0, page, 0, 64),
                () -> kernels.bytes(halves, 0, 0.5f, page, 0, 64));
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
