package dev.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.runnel.core.BackendException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LogitDifferenceTest {

    private static final double LN_3 = Math.log(3);

    @Test
    void aRowDoesNotDifferFromItself() {
        float[] row = random(1000);

        LogitDifference same = LogitDifference.of(row, row.clone(), 7);

        assertThat(same.divergence()).isZero();
        assertThat(same.otherLogprob()).isEqualTo(same.referenceLogprob());
        assertThat(same.sameTop()).isTrue();
        assertThat(same.sharedTop()).isEqualTo(LogitDifference.TOP);
        assertThat(same.maxDifference()).isZero();
        assertThat(same.rmsDifference()).isZero();
    }

    /// Probabilities of 1/4 and 3/4 against 1/2 and 1/2.
    @Test
    void theNumbersAreThoseOfTheDefinition() {
        LogitDifference difference = LogitDifference.of(new float[] {0, (float) LN_3}, new float[] {0, 0}, 1);

        assertThat(difference.divergence()).isCloseTo(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), within(1e-7));
        assertThat(difference.referenceLogprob()).isCloseTo(Math.log(0.75), within(1e-7));
        assertThat(difference.otherLogprob()).isCloseTo(Math.log(0.5), within(1e-7));
        assertThat(difference.sameTop()).isFalse();
        assertThat(difference.maxDifference()).isCloseTo(2, within(1e-6)); // the deviation is ln 3 / 2
        assertThat(difference.rmsDifference()).isCloseTo(Math.sqrt(2), within(1e-6));
    }

    @Test
    void whatIsAddedToEveryLogitChangesNoProbability() {
        float[] row = random(1000);
        float[] higher = row.clone();
        for (int i = 0; i < higher.length; i++) {
            higher[i] += 2;
        }

        LogitDifference difference = LogitDifference.of(row, higher, 3);

        assertThat(difference.divergence()).isCloseTo(0, within(1e-9));
        assertThat(difference.sharedTop()).isEqualTo(LogitDifference.TOP);
        assertThat(difference.maxDifference()).isGreaterThan(0.5);
    }

    @Test
    void theFiveMostProbableAreCountedWhateverTheirOrder() {
        float[] reference = {9, 8, 7, 6, 5, 0, 0, 0};
        float[] other = {5, 6, 7, 8, 0, 9, 0, 0};

        LogitDifference difference = LogitDifference.of(reference, other, 0);

        assertThat(difference.sharedTop()).isEqualTo(4);
        assertThat(difference.sameTop()).isFalse();
    }

    @Test
    void logitsOfAnotherVocabularyOrNoNumbersAreRefused() {
        assertThatThrownBy(() -> LogitDifference.of(new float[3], new float[4], 0))
                .hasMessage("3 logits against 4, expected as many");
        assertThatThrownBy(() -> LogitDifference.of(new float[2], new float[] {0, Float.NaN}, 0))
                .isInstanceOf(BackendException.class)
                .hasMessageContaining("NaN");
    }

    private static float[] random(int size) {
        Random random = new Random(42);
        float[] row = new float[size];
        for (int i = 0; i < size; i++) {
            row[i] = (float) random.nextGaussian() * 3;
        }
        return row;
    }
}
