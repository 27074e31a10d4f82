package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.runnel.engine.gguf.TensorType;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Matrices times vectors, in every type, in sizes that fill vectors and sizes that don't.
class MultiplyTest {

    private static final int[] LENGTHS = {1, 3, 15, 16, 17, 32, 64, 96, 100, 172, 512, 1056, 2048};

    static final int[] BATCHES = {1, 2, 3, 4, 5, 7, 16, 33};

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
                assertThat((double) y[t * 3 + r])
                        .isCloseTo(Numbers.product(w, r, x, t, n), within(Numbers.tolerance(w, r, x, t, n)));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void vectorsGiveTheBitsOfScalarCode(TensorType type, int n) {
        Random random = new Random(42);
        for (int rows : new int[] {1, 2, 3, 5, 37}) {
            Matrix matrix = Numbers.matrix(random, type, rows, n);
            for (int tokens : BATCHES) {
                float[] x = Numbers.random(random, tokens * n);
                assertThat(Numbers.bits(multiply(fastest, matrix, x, tokens)))
                        .as("%d rows, %d tokens", rows, tokens)
                        .isEqualTo(Numbers.bits(multiply(scalar, matrix, x, tokens)));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void aTokenHasTheSameBitsAloneAndInABatch(TensorType type, int n) {
        Random random = new Random(42);
        int rows = 21;
        Matrix matrix = Numbers.matrix(random, type, rows, n);
        for (int tokens : BATCHES) {
            float[] x = Numbers.random(random, tokens * n);
            float[] together = multiply(fastest, matrix, x, tokens);
            for (int t = 0; t < tokens; t++) {
                float[] alone = multiply(fastest, matrix, Arrays.copyOfRange(x, t * n, (t + 1) * n), 1);
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
        Matrix matrix = Numbers.matrix(random, TensorType.Q8_0, 50, n);
        float[] x = Numbers.random(random, tokens * n);
        float[] parts = new float[tokens * 50];

        Workers.Task task = fastest.multiplication(matrix, x, tokens, parts, 7, new Scratch[] {new Scratch(n)});
        for (int part = 0; part < 8; part++) {
            task.run(0, part);
        }

        assertThat(Numbers.bits(parts)).isEqualTo(Numbers.bits(multiply(fastest, matrix, x, tokens)));
    }

    private static float[] multiply(Kernels kernels, Matrix matrix, float[] x, int tokens) {
        float[] y = new float[tokens * matrix.rows()];
        Arrays.fill(y, Float.NaN);
        Numbers.multiply(kernels, matrix, x, tokens, y, new Scratch(matrix.columns()));
        return y;
    }
}
