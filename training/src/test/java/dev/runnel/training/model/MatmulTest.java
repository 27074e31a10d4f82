package dev.runnel.training.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.runnel.training.model.Matmul.View;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MatmulTest {

    @ParameterizedTest
    @CsvSource({"1, 32, 1", "7, 32, 5", "8, 64, 256", "19, 96, 257", "33, 32, 600", "70, 96, 400"})
    void agreesWithThreeLoops(int m, int n, int k) {
        Random random = new Random(42);
        float[] a = numbers(random, m * k);
        float[] b = numbers(random, k * n);
        float[] before = numbers(random, m * n);
        float[] onSide = new float[a.length];
        Matmul.transpose(a, onSide, m, k);
        float[] c = before.clone();
        float[] added = before.clone();

        Matmul.multiply(View.rows(a, k), View.rows(b, n), View.rows(c, n), m, n, k, false);
        Matmul.multiply(View.transposed(onSide, m), View.rows(b, n), View.rows(added, n), m, n, k, true);

        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int l = 0; l < k; l++) {
                    sum += (double) a[i * k + l] * b[l * n + j];
                }
                assertThat(c[i * n + j]).isCloseTo((float) sum, within(1e-5f * k));
                assertThat(added[i * n + j]).isCloseTo((float) (sum + before[i * n + j]), within(1e-5f * k));
            }
        }
    }

    private static float[] numbers(Random random, int size) {
        float[] numbers = new float[size];
        for (int i = 0; i < size; i++) {
            numbers[i] = random.nextFloat() - 0.5f;
        }
        return numbers;
    }
}
