package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Norms, gates and softmax: scalar code against 64-bit arithmetic, vectors against scalar code.
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
    void aGateLetsThroughAsMuchAsItsSigmoidSays(int n) {
        Random random = new Random(42);
        float[] gate = Numbers.random(random, n);
        gate[0] = -200; // whose exponential has no float
        float[] up = Numbers.random(random, n);
        float[] result = gate.clone();

        scalar.swiGlu(result, up, 0, n);

        for (int i = 0; i < n; i++) {
            double exact = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
            assertThat((double) result[i]).isCloseTo(exact, within(1e-6 * Math.abs(exact) + 1e-30));
        }
        float[] vectors = gate.clone();
        fastest.swiGlu(vectors, up, 0, n);
        assertThat(Numbers.bits(vectors)).isEqualTo(Numbers.bits(result));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 16, 33, 64, 100, 2048})
    void softmaxMakesWeightsOfScores(int n) {
        float[] scores = Numbers.random(new Random(42), n + 5);
        float[] weights = scores.clone();

        scalar.softmax(weights, 5, n, scratch);

        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += Math.exp(scores[5 + i]);
        }
        for (int i = 0; i < n; i++) {
            double exact = Math.exp(scores[5 + i]) / sum;
            assertThat((double) weights[5 + i]).isCloseTo(exact, within(1e-5 * exact));
        }
        assertThat(weights[4]).isEqualTo(scores[4]);
        float[] vectors = scores.clone();
        fastest.softmax(vectors, 5, n, scratch);
        assertThat(Numbers.bits(vectors)).isEqualTo(Numbers.bits(weights));
    }

    @Test
    void softmaxOfHugeScoresIsFinite() {
        float[] scores = {1e30f, -1e30f, 1e30f};

        fastest.softmax(scores, 0, 3, scratch);

        assertThat(scores[0]).isCloseTo(0.5f, within(1e-6f));
        assertThat(scores[1]).isLessThan(1e-37f);
        assertThat(scores[2]).isCloseTo(0.5f, within(1e-6f));
    }
}
