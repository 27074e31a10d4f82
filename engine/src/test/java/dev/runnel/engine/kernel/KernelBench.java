package dev.runnel.engine.kernel;

import com.sun.management.ThreadMXBean;
import dev.runnel.engine.fixtures.RandomBlocks;
import dev.runnel.engine.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/// Measures products of one matrix in each type, with many vectors, one and few. Types joined by `+`, such as
/// `Q4_K+Q6_K`, are measured by turns, as a model that has both would multiply them: what C2 makes of a kernel
/// depends on what else it has compiled. A type with `@file` behind it lies in a mapped file. The command is in
/// `bench/NOTES-kernels.md`.
final class KernelBench {

    private static final String OF_A_FILE = "@file";
    private static final int COLUMNS = 2048;
    private static final int ROUNDS = 8;

    /// Rows of the matrix that more than one vector is multiplied by.
    private static final int SOME = 2048;

    /// A model reads a prompt before it writes.
    private static final int[] BATCHES = {512, 1, 4, 16};

    private final Kernels kernels = KernelChoice.detect().kernels();
    private final Workers workers;
    private final Scratch[] scratches;
    private final Operand operand = new Operand();
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Random random = new Random(42);

    private KernelBench(Workers workers) {
        this.workers = workers;
        scratches = new Scratch[workers.count()];
        Arrays.setAll(scratches, i -> new Scratch(COLUMNS));
    }

    /// @param arguments the number of threads, then the types to be measured, all if there are none
    static void main(String[] arguments) {
        try (Workers workers = new Workers(Integer.parseInt(arguments[0]))) {
            KernelBench bench = new KernelBench(workers);
            Stream<List<String>> types = arguments.length == 1
                    ? bench.kernels.matrixTypes().stream().map(TensorType::name).map(List::of)
                    : Arrays.stream(arguments).skip(1).map(joined -> List.of(joined.split("\\+")));
            IO.println("%s, %d threads".formatted(bench.kernels.name(), workers.count()));
            IO.println("             G multiplications/s with so many vectors, one also in GB/s of weights");
            IO.println("type           512        1                4       16   garbage, bytes");
            types.forEach(bench::measure);
        }
    }

    private void measure(List<String> types) {
        List<Turn> turns = types.stream().map(Turn::new).toList();
        for (int tokens : BATCHES) {
            float[] x = Numbers.random(random, tokens * COLUMNS);
            for (int round = -ROUNDS; round < ROUNDS; round++) {
                for (Turn turn : turns) {
                    turn.multiply(x, tokens, round);
                }
            }
            turns.forEach(turn -> turn.report(tokens));
        }
        turns.forEach(turn -> IO.println("%s   %d".formatted(turn.line, turn.garbage)));
    }

    private static Matrix inMemory(TensorType type, int rows, byte[] row) {
        MemorySegment data = Arena.ofAuto().allocate(rows * type.bytes(COLUMNS), 64);
        for (long at = 0; at + row.length <= data.byteSize(); at += row.length) {
            MemorySegment.copy(MemorySegment.ofArray(row), 0, data, at, row.length);
        }
        return new Matrix(type, rows, COLUMNS, data);
    }

    /// With one thread its own time, so that others on the machine don't count.
    private long now() {
        return workers.count() == 1 ? threads.getCurrentThreadCpuTime() : System.nanoTime();
    }

    /// One of the types that take turns.
    private final class Turn {

        private final Matrix whole; // larger than any cache
        private final Matrix some;
        private final double storedBytes;
        private final double[] times = new double[ROUNDS];
        private final StringBuilder line;
        private long garbage; // of the last rounds

        Turn(String name) {
            TensorType type = TensorType.valueOf(name.replace(OF_A_FILE, ""));
            int rows = (int) (300_000_000 / type.bytes(COLUMNS));
            byte[] row = RandomBlocks.of(type, random, COLUMNS * 64, 1);
            Matrix stored = name.endsWith(OF_A_FILE)
                    ? Numbers.ofAFile(type, rows, COLUMNS, out -> {
                        for (long left = rows * type.bytes(COLUMNS); left > 0; left -= row.length) {
                            out.write(row, 0, (int) Math.min(left, row.length));
                        }
                    })
                    : inMemory(type, rows, row);
            whole = kernels.arrange(stored, workers, Arena.ofAuto());
            MemorySegment data = stored.data();
            MemorySegment first = data.asSlice(0, SOME * type.bytes(COLUMNS));
            some = kernels.arrange(new Matrix(type, SOME, COLUMNS, first), workers, Arena.ofAuto());
            storedBytes = data.byteSize();
            line = new StringBuilder("%-9s".formatted(name));
        }

        /// @param round those before 0 are not counted
        void multiply(float[] x, int tokens, int round) {
            Matrix matrix = tokens == 1 ? whole : some;
            float[] y = new float[tokens * matrix.rows()];
            long bytes = threads.getCurrentThreadAllocatedBytes();
            long start = now();
            int parts = kernels.preparationParts(matrix, tokens);
            if (parts > 0) {
                workers.run(parts, kernels.preparation(matrix, x, tokens, operand, scratches));
            }
            workers.run(
                    Math.ceilDiv(matrix.rows(), 128),
                    kernels.multiplication(matrix, x, operand, tokens, y, 128, scratches));
            times[Math.max(round, 0)] = (now() - start) * 1e-9;
            if (round == ROUNDS - 1) {
                garbage += threads.getCurrentThreadAllocatedBytes() - bytes;
            }
        }

        void report(int tokens) {
            Arrays.sort(times);
            double seconds = times[ROUNDS / 4];
            int rows = tokens == 1 ? whole.rows() : some.rows();
            line.append(" %8.1f".formatted((double) rows * COLUMNS * tokens / seconds * 1e-9));
            if (tokens == 1) {
                line.append(" (%5.1f)".formatted(storedBytes / seconds * 1e-9));
            }
        }
    }
}
