package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.runnel.engine.gguf.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Matrices times vectors, in every type, in sizes that fill vectors and sizes that don't.
class MultiplyTest {

    private static final int[] LENGTHS = {1, 3, 15, 16, 17, 32, 64, 96, 100, 172, 512, 1056, 2048};

    static final int[] BATCHES = {1, 2, 3, 4, 5, 7, 9, 16, 32, 33};

    static final TensorType[] TURNED = {TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0};

    private final Kernels scalar = KernelChoice.scalar();
    private final Kernels fastest = KernelChoice.detect().kernels();

    /// Every type with every length that is made of its blocks.
    static Stream<Arguments> rows() {
        return KernelChoice.scalar().matrixTypes().stream()
                .flatMap(type -> IntStream.of(LENGTHS)
                        .filter(length -> length % type.blockElements() == 0)
                        .mapToObj(length -> Arguments.of(type, length)));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void scalarCodeComesCloseToExactArithmetic(TensorType type, int n) {
        Random random = new Random(42);
        Matrix matrix = Numbers.matrix(random, type, 3, n);
        float[] w = Numbers.weights(scalar, matrix);
        float[] x = Numbers.random(random, 2 * n);

        float[] y = multiply(scalar, matrix, x, 2);

        for (int r = 0; r < 3; r++) {
            for (int t = 0; t < 2; t++) {
                double tolerance = Numbers.tolerance(w, r, x, t, n);
                if (scalar.preparationParts(matrix, 2) > 0) {
                    tolerance += Numbers.roundingTolerance(w, r, x, t, n);
                }
                assertThat((double) y[t * 3 + r]).isCloseTo(Numbers.product(w, r, x, t, n), within(tolerance));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void vectorsGiveTheBitsOfScalarCode(TensorType type, int n) {
        Random random = new Random(42);
        for (int rows : new int[] {1, 2, 3, 5, 37}) {
            Matrix matrix = Numbers.matrix(random, type, rows, n);
            Matrix fast = Numbers.arranged(fastest, matrix);
            for (int tokens : BATCHES) {
                float[] x = Numbers.random(random, tokens * n);
                assertThat(Numbers.bits(multiply(fastest, fast, x, tokens)))
                        .as("%d rows, %d tokens", rows, tokens)
                        .isEqualTo(Numbers.bits(multiply(scalar, matrix, x, tokens)));
            }
        }
    }

    /// Longer than the pieces of rows that are turned into lanes or written out at a time, and no whole number of them.
    @ParameterizedTest
    @FieldSource("TURNED")
    void longRowsGiveTheBitsOfScalarCode(TensorType type) {
        Random random = new Random(42);
        int n = 544;
        int rows = 37;
        Matrix matrix = Numbers.matrix(random, type, rows, n);
        Matrix fast = Numbers.arranged(fastest, matrix);
        int many = Math.max(LaneBlocks.LEAST, VectorTiles.MOST) + 3;
        for (int tokens : new int[] {9, VectorTiles.MOST, many}) {
            float[] x = Numbers.random(random, tokens * n);
            assertThat(Numbers.bits(multiply(fastest, fast, x, tokens)))
                    .as("%d tokens", tokens)
                    .isEqualTo(Numbers.bits(multiply(scalar, matrix, x, tokens)));
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void aTokenHasTheSameBitsAloneAndInABatch(TensorType type, int n) {
        Random random = new Random(42);
        int rows = 21;
        Matrix fast = Numbers.arranged(fastest, Numbers.matrix(random, type, rows, n));
        for (int tokens : BATCHES) {
            float[] x = Numbers.random(random, tokens * n);
            float[] together = multiply(fastest, fast, x, tokens);
            for (int t = 0; t < tokens; t++) {
                float[] alone = multiply(fastest, fast, Arrays.copyOfRange(x, t * n, (t + 1) * n), 1);
                assertThat(Numbers.bits(Arrays.copyOfRange(together, t * rows, (t + 1) * rows)))
                        .as("token %d of %d", t, tokens)
                        .isEqualTo(Numbers.bits(alone));
            }
        }
    }

    @ParameterizedTest
    @FieldSource("BATCHES")
    void rowsInPartsAreTheRowsOfTheWhole(int tokens) {
        Random random = new Random(42);
        int n = 96;
        for (TensorType type : new TensorType[] {TensorType.Q8_0, TensorType.Q4_0}) {
            Matrix fast = Numbers.arranged(fastest, Numbers.matrix(random, type, 50, n));
            float[] x = Numbers.random(random, tokens * n);
            float[] parts = new float[tokens * 50];

            Workers.Task task = Numbers.multiplication(fastest, fast, x, tokens, parts, 7, new Scratch(n));
            for (int part = 0; part < 8; part++) {
                task.run(0, part);
            }

            assertThat(Numbers.bits(parts)).isEqualTo(Numbers.bits(multiply(fastest, fast, x, tokens)));
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void aMatrixThatIsArrangedHasTheSameNumbers(TensorType type, int n) {
        Matrix matrix = Numbers.matrix(new Random(42), type, 5, n);

        assertThat(Numbers.bits(Numbers.weights(fastest, Numbers.arranged(fastest, matrix))))
                .isEqualTo(Numbers.bits(Numbers.weights(scalar, matrix)));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void noNumberAndInfinityAreTheSameToo(TensorType type, int n) {
        Matrix fast = Numbers.arranged(fastest, Numbers.matrix(new Random(42), type, 5, n));
        Matrix matrix = Numbers.matrix(new Random(42), type, 5, n);
        for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY, 0x1p-110f, 0}) {
            float[] x = new float[5 * n];
            Arrays.fill(x, odd);

            assertThat(Numbers.bits(multiply(fastest, fast, x, 5)))
                    .as("%s", odd)
                    .isEqualTo(Numbers.bits(multiply(scalar, matrix, x, 5)));
        }
    }

    @Test
    void aMatrixWithScalesThatAreNoNumbersIsTheSameInVectors() {
        for (TensorType type : new TensorType[] {TensorType.Q4_0, TensorType.Q6_K}) {
            int n = 512;
            Random random = new Random(42);
            Matrix matrix = Numbers.matrix(random, type, 5, n);
            long scale = type == TensorType.Q6_K ? 208 : 0;
            matrix.data().set(F16.HALF, matrix.offset(3) + scale, (short) 0x7c00);
            float[] x = Numbers.random(random, 2 * n);

            assertThat(Numbers.bits(multiply(fastest, Numbers.arranged(fastest, matrix), x, 2)))
                    .isEqualTo(Numbers.bits(multiply(scalar, matrix, x, 2)));
        }
    }

    @Test
    void everyHalfIsTheSameNumberInVectors() {
        assertThat(arrangedHalves(half -> true)).isEqualTo(Matrix.Layout.STORED);
    }

    @Test
    void everyFiniteHalfIsTheSameNumberInVectorsThatNeedNotLookForOthers() {
        assumeTrue(fastest instanceof VectorKernels, "this machine has no vectors for them");

        assertThat(arrangedHalves(half -> (half & 0x7c00) != 0x7c00)).isEqualTo(Matrix.Layout.FINITE);
    }

    /// Multiplies a matrix of those halves, each in a row of its own, and the others' rows zero.
    ///
    /// @return the layout that the matrix is given
    private Matrix.Layout arrangedHalves(IntPredicate isThere) {
        int rows = 1 << Short.SIZE;
        int n = Kernels.STRANDS;
        MemorySegment halves = Arena.ofAuto().allocate((long) rows * n * Short.BYTES);
        for (int row = 0; row < rows; row++) {
            short half = isThere.test(row) ? (short) row : 0;
            halves.set(F16.HALF, (long) row * n * Short.BYTES, half); // beside zeros, so it is the whole sum
        }
        Matrix matrix = new Matrix(TensorType.F16, rows, n, halves);
        Matrix arranged = Numbers.arranged(fastest, matrix);
        float[] ones = new float[n];
        Arrays.fill(ones, 1);

        assertThat(Numbers.bits(multiply(fastest, arranged, ones, 1)))
                .isEqualTo(Numbers.bits(multiply(scalar, matrix, ones, 1)));
        return arranged.layout();
    }

    private static float[] multiply(Kernels kernels, Matrix matrix, float[] x, int tokens) {
        float[] y = new float[tokens * matrix.rows()];
        Arrays.fill(y, Float.NaN);
        Numbers.multiply(kernels, matrix, x, tokens, y, new Scratch(matrix.columns()));
        return y;
    }
}
