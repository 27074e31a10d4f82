package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Norms, gates and exponentials: scalar code against 64-bit arithmetic, vectors against scalar code.
class ElementwiseTest {

    private final Kernels scalar = KernelChoice.scalar();
    private final Kernels fastest = KernelChoice.detect().kernels();
    private final Scratch scratch = new Scratch(2048);

    @Test
    void theExponentialIsOffByLessThanTwoUnitsInTheLastPlace() {
        for (float x = -87; x < 88; x += 0.00371f) {
            double exact = StrictMath.exp(x);
            assertThat((double) Exp.of(x)).as("e^%s", x).isCloseTo(exact, within(2.0 * Math.ulp((float) exact)));
        }
    }

    @Test
    void theExponentialOfTheOutermostArgumentsIsThatOfTheBounds() {
        assertThat(Exp.of(Float.NEGATIVE_INFINITY))
                .isEqualTo(Exp.of(-87))
                .isPositive()
                .isLessThan(1e-37f);
        assertThat(Exp.of(Float.POSITIVE_INFINITY)).isEqualTo(Exp.of(88)).isFinite();
        assertThat(Exp.of(Float.NaN)).isNaN();
        assertThat(Exp.of(0)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 16, 33, 64, 100, 2048})
    void aNormScalesToAMeanSquareOfOne(int n) {
        Random random = new Random(42);
        float[] x = Numbers.random(random, n + 3);
        float[] weight = Numbers.random(random, n);
        float[] y = new float[n + 3];

        scalar.rmsNorm(x, 3, weight, 1e-5f, y, 3, scratch);

        double squares = 0;
        for (int i = 0; i < n; i++) {
            squares += (double) x[3 + i] * x[3 + i];
        }
        for (int i = 0; i < n; i++) {
            double exact = x[3 + i] / Math.sqrt(squares / n + 1e-5f) * weight[i];
            assertThat((double) y[3 + i]).isCloseTo(exact, within(n * 0x1p-23 * Math.abs(exact)));
        }
        float[] vectors = new float[n + 3];
        fastest.rmsNorm(x, 3, weight, 1e-5f, vectors, 3, scratch);
        assertThat(Numbers.bits(vectors)).isEqualTo(Numbers.bits(y));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 16, 33, 64, 100, 2048})
    void aLayerNormMovesTheMeanToZeroToo(int n) {
        Random random = new Random(42);
        float[] x = Numbers.random(random, n + 3);
        for (int i = 0; i < x.length; i++) {
            x[i] += 10;
        }
        float[] weight = Numbers.random(random, n);
        float[] bias = Numbers.random(random, n);
        float[] y = new float[n + 3];

        scalar.layerNorm(x, 3, weight, bias, 1e-3f, y, 3, scratch);

        double mean = 0;
        double variance = 0;
        for (int i = 0; i < n; i++) {
            mean += (double) x[3 + i] / n;
        }
        for (int i = 0; i < n; i++) {
            variance += (x[3 + i] - mean) * (x[3 + i] - mean) / n;
        }
        for (int i = 0; i < n; i++) {
            double exact = (x[3 + i] - mean) / Math.sqrt(variance + 1e-3f) * weight[i] + bias[i];
            assertThat((double) y[3 + i]).isCloseTo(exact, within(1e-4));
        }
        float[] vectors = new float[n + 3];
        fastest.layerNorm(x, 3, weight, bias, 1e-3f, vectors, 3, scratch);
        assertThat(Numbers.bits(vectors)).isEqualTo(Numbers.bits(y));
    }

    @ParameterizedTest
    @CsvSource({"SILU, 1", "SILU, 33", "SILU, 2048", "GELU, 7", "GELU, 100", "CLAMPED, 16", "CLAMPED, 100"})
    void aGateLetsThroughAsMuchAsItsActivationSays(Activation activation, int n) {
        Random random = new Random(42);
        float[] gate = Numbers.random(random, n);
        float[] up = Numbers.random(random, n);
        gate[0] = -200; // whose exponential has no float
        gate[n - 1] = 1e30f; // whose square has none
        up[n / 2] *= 20;
        float[] result = gate.clone();

        scalar.gate(activation, result, up, 0, n);

        for (int i = 0; i < n; i++) {
            double exact = gated(activation, gate[i], up[i]);
            assertThat((double) result[i]).isCloseTo(exact, within(3e-6 * Math.abs(exact) + 1e-30));
        }
        float[] vectors = gate.clone();
        fastest.gate(activation, vectors, up, 0, n);
        assertThat(Numbers.bits(vectors)).isEqualTo(Numbers.bits(result));
    }

    private static double gated(Activation activation, double g, double up) {
        return switch (activation) {
            case SILU -> g / (1 + Math.exp(-g)) * up;
            // Not through tanh, which has no digits left where it is near -1.
            case GELU -> g / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (g + 0.044715 * g * g * g))) * up;
            case CLAMPED ->
                Math.min(g, 7) / (1 + Math.exp(-1.702 * Math.min(g, 7))) * (Math.max(-7, Math.min(up, 7)) + 1);
        };
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 16, 33, 2048})
    void aSoftCapIsNeverExceeded(int n) {
        float[] x = Numbers.random(new Random(42), n + 5);
        x[5] = -1e30f;
        x[4 + n] = 12.5f;
        float[] capped = x.clone();

        scalar.softCap(4, capped, 5, 5 + n);

        for (int i = 5; i < 5 + n; i++) {
            assertThat((double) capped[i]).isCloseTo(4 * Math.tanh(x[i] / 4), within(2e-6));
            assertThat(capped[i]).isBetween(-4f, 4f);
        }
        assertThat(capped[4]).isEqualTo(x[4]);
        float[] vectors = x.clone();
        fastest.softCap(4, vectors, 5, 5 + n);
        assertThat(Numbers.bits(vectors)).isEqualTo(Numbers.bits(capped));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 16, 33, 64, 100, 2048})
    void exponentialsAreOfWhatScoresFallShortOfTheLargest(int n) {
        float[] scores = Numbers.random(new Random(42), n + 5);
        float[] results = scores.clone();

        float most = scalar.most(results, 5, n);
        float sum = scalar.exponentials(results, 5, n, most, scratch);

        double exactSum = 0;
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = 5; i < n + 5; i++) {
            largest = Math.max(largest, scores[i]);
            double exact = Math.exp(scores[i] - (double) most);
            assertThat((double) results[i]).isCloseTo(exact, within(1e-6 * exact));
            exactSum += exact;
        }
        assertThat(most).isEqualTo(largest);
        assertThat((double) sum).isCloseTo(exactSum, within(1e-5 * exactSum));
        assertThat(results[4]).isEqualTo(scores[4]);
        float[] vectors = scores.clone();
        assertThat(fastest.most(vectors, 5, n)).isEqualTo(most);
        assertThat(fastest.exponentials(vectors, 5, n, most, scratch)).isEqualTo(sum);
        assertThat(Numbers.bits(vectors)).isEqualTo(Numbers.bits(results));
    }

    @Test
    void exponentialsOfHugeScoresAreFinite() {
        float[] scores = {1e30f, -1e30f, 1e30f};

        assertThat(fastest.exponentials(scores, 0, 3, 1e30f, scratch)).isEqualTo(2);

        assertThat(scores[0]).isEqualTo(1);
        assertThat(scores[1]).isLessThan(1e-37f);
        assertThat(scores[2]).isEqualTo(1);
    }
}
