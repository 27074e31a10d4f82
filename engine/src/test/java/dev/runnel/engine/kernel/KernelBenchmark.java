package dev.runnel.engine.kernel;

import dev.runnel.engine.fixtures.RandomBlocks;
import dev.runnel.engine.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/// Products of one matrix of 2048 columns in each type, with one vector, few and many, each in a JVM of its own and
/// in time on the clock, so on an idle machine; [KernelBench] takes types by turns in one JVM, in a thread's own time.
/// Its name keeps it out of the suite; run it, for all types or for one, with
///
/// ```
/// mvn -pl engine -am test -Dtest=KernelBenchmark -Dsurefire.failIfNoSpecifiedTests=false [-Dkernel.type=Q4_K]
/// ```
///
/// `weights` counts bytes of the file's form, `multiplications` one for each weight and vector; both a second.
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class KernelBenchmark {

    private static final int COLUMNS = 2048;
    private static final int PART = 128; // rows of a worker's task

    /// Bytes of weights: with one vector far more than caches hold, else what stays in them.
    private static final long LARGE = 300_000_000;

    private static final int SMALL_ROWS = 2048;

    @Param({"F16", "Q8_0", "Q4_0", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "Q2_K", "Q3_K"})
    public TensorType type = TensorType.Q8_0;

    @Param({"1", "4", "16", "512"})
    public int vectors = 1;

    @Param("1")
    public int threads = 1;

    private final Kernels kernels = KernelChoice.detect().kernels();
    private final Operand operand = new Operand();
    private Workers workers = new Workers(1);
    private Scratch[] scratches = {};
    private Matrix matrix = new Matrix(TensorType.F32, 0, COLUMNS, MemorySegment.NULL);
    private float[] x = {};
    private float[] y = {};

    /// What a product comes to.
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Counters {
        public long weights;
        public long multiplications;

        @Setup(Level.Iteration)
        public void clear() {
            weights = 0;
            multiplications = 0;
        }
    }

    @Setup
    public void start() {
        workers.close();
        workers = new Workers(threads);
        scratches = new Scratch[threads];
        Arrays.setAll(scratches, _ -> new Scratch(COLUMNS));
        Random random = new Random(42);
        int rows = vectors == 1 ? (int) (LARGE / type.bytes(COLUMNS)) : SMALL_ROWS;
        byte[] some = RandomBlocks.of(type, random, COLUMNS * 64, 1);
        MemorySegment data = Arena.ofAuto().allocate(rows * type.bytes(COLUMNS), 64);
        for (long at = 0; at + some.length <= data.byteSize(); at += some.length) {
            MemorySegment.copy(MemorySegment.ofArray(some), 0, data, at, some.length);
        }
        matrix = kernels.arrange(new Matrix(type, rows, COLUMNS, data), workers, Arena.ofAuto());
        x = Numbers.random(random, vectors * COLUMNS);
        y = new float[vectors * rows];
    }

    @TearDown
    public void stop() {
        workers.close();
    }

    @Benchmark
    public float[] product(Counters counters) {
        int parts = kernels.preparationParts(matrix, vectors);
        if (parts > 0) {
            workers.run(parts, kernels.preparation(matrix, x, vectors, operand, scratches));
        }
        workers.run(
                Math.ceilDiv(matrix.rows(), PART),
                kernels.multiplication(matrix, x, operand, vectors, y, PART, scratches));
        counters.weights += matrix.rows() * type.bytes(COLUMNS);
        counters.multiplications += (long) matrix.rows() * COLUMNS * vectors;
        return y;
    }

    @Test
    void run() throws RunnerException {
        OptionsBuilder options = new OptionsBuilder();
        String type = System.getProperty("kernel.type");
        if (type != null) {
            options.param("type", type);
        }
        new Runner(options.include(KernelBenchmark.class.getName())
                        .addProfiler(GCProfiler.class)
                        .build())
                .run();
    }
}
