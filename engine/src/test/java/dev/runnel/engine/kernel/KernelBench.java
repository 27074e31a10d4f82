package dev.runnel.engine.kernel;

import com.sun.management.ThreadMXBean;
import dev.runnel.engine.fixtures.RandomBlocks;
import dev.runnel.engine.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/// Measures products of one matrix in each type, with one vector, few and many. The command is in
/// `bench/NOTES-kernels.md`.
final class KernelBench {

    private static final int COLUMNS = 2048;
    private static final int ROUNDS = 8;

    private final Kernels kernels = KernelChoice.detect().kernels();
    private final Workers workers;
    private final Scratch[] scratches;
    private final Random random = new Random(42);
    private long garbage; // bytes, of the last rounds of a type

    private KernelBench(Workers workers) {
        this.workers = workers;
        scratches = new Scratch[workers.count()];
        Arrays.setAll(scratches, i -> new Scratch(COLUMNS));
    }

    /// @param arguments the number of threads, then the types to be measured, all if there are none
    static void main(String[] arguments) {
        try (Workers workers = new Workers(Integer.parseInt(arguments[0]))) {
            KernelBench bench = new KernelBench(workers);
            Set<TensorType> types = arguments.length == 1
                    ? bench.kernels.matrixTypes()
                    : Arrays.stream(arguments).skip(1).map(TensorType::valueOf).collect(Collectors.toSet());
            IO.println("%s, %d threads".formatted(bench.kernels.name(), workers.count()));
            IO.println("            GB/s of weights   G multiplications/s with so many vectors      garbage, bytes");
            IO.println("type             1                1        4       16      512");
            types.forEach(bench::measure);
        }
    }

    private void measure(TensorType type) {
        garbage = 0;
        int rows = (int) (300_000_000 / type.bytes(COLUMNS)); // larger than any cache, that of a server too
        byte[] row = RandomBlocks.of(type, random, COLUMNS * 64, 1);
        MemorySegment data = Arena.ofAuto().allocate(rows * type.bytes(COLUMNS), 64);
        for (long at = 0; at + row.length <= data.byteSize(); at += row.length) {
            MemorySegment.copy(MemorySegment.ofArray(row), 0, data, at, row.length);
        }
        Matrix stored = new Matrix(type, rows, COLUMNS, data);
        Matrix matrix = kernels.arrange(stored, workers, Arena.ofAuto());
        double seconds = seconds(matrix, 1);
        double megabytes = stored.data().byteSize() * 1e-6;
        StringBuilder line = new StringBuilder("%-8s %9.1f          ".formatted(type, megabytes / seconds * 1e-3));
        line.append("%8.1f ".formatted(rows * (double) COLUMNS / seconds * 1e-9));
        Matrix some = kernels.arrange(
                new Matrix(type, 2048, COLUMNS, data.asSlice(0, 2048 * type.bytes(COLUMNS))), workers, Arena.ofAuto());
        for (int tokens : new int[] {4, 16, 512}) {
            line.append("%8.1f ".formatted(2048 * (double) COLUMNS * tokens / seconds(some, tokens) * 1e-9));
        }
        IO.println(line.append("   %d".formatted(garbage)));
    }

    /// With one thread its own time, so that others on the machine don't count.
    private long now(ThreadMXBean threads) {
        return workers.count() == 1 ? threads.getCurrentThreadCpuTime() : System.nanoTime();
    }

    private double seconds(Matrix matrix, int tokens) {
        float[] x = Numbers.random(random, tokens * matrix.columns());
        float[] y = new float[tokens * matrix.rows()];
        Operand operand = new Operand();
        double[] times = new double[ROUNDS];
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (int round = -ROUNDS; round < ROUNDS; round++) {
            long bytes = threads.getCurrentThreadAllocatedBytes();
            long start = now(threads);
            int parts = kernels.preparationParts(matrix, tokens);
            if (parts > 0) {
                workers.run(parts, kernels.preparation(matrix, x, tokens, operand, scratches));
            }
            workers.run(
                    Math.ceilDiv(matrix.rows(), 128),
                    kernels.multiplication(matrix, x, operand, tokens, y, 128, scratches));
            times[Math.max(round, 0)] = (now(threads) - start) * 1e-9;
            if (round == ROUNDS - 1) {
                garbage += threads.getCurrentThreadAllocatedBytes() - bytes;
            }
        }
        Arrays.sort(times);
        return times[ROUNDS / 4];
    }
}
