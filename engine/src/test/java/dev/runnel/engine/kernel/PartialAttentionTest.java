package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

/// Sums of parts against one softmax over all positions, in 64 bits.
class PartialAttentionTest {

    private static final int QUERIES = 3;
    private static final int SIZE = 16;
    private static final int PARTS = 4;
    private static final int POSITIONS = 5; // in a part

    private final Random random = new Random(42);
    private final double[][] scores = new double[QUERIES][PARTS * POSITIONS];
    private final float[][] values = new float[PARTS * POSITIONS][];

    /// Scores that grow from part to part, so that the largest one changes each time.
    PartialAttentionTest() {
        for (int p = 0; p < PARTS * POSITIONS; p++) {
            values[p] = Numbers.random(random, SIZE);
            for (int i = 0; i < QUERIES; i++) {
                scores[i][p] = (float) (random.nextGaussian() + 0.6 * p);
            }
        }
    }

    /// What the queries get from a part; the query `blind` sees nothing of it.
    private PartialAttention part(int number, int blind) {
        PartialAttention part = new PartialAttention(QUERIES, SIZE);
        part.clear(QUERIES);
        for (int i = 0; i < QUERIES; i++) {
            if (i == blind) {
                continue;
            }
            float most = Float.NEGATIVE_INFINITY;
            for (int p = number * POSITIONS; p < (number + 1) * POSITIONS; p++) {
                most = Math.max(most, (float) scores[i][p]);
            }
            float sum = 0;
            for (int p = number * POSITIONS; p < (number + 1) * POSITIONS; p++) {
                float weight = (float) Math.exp(scores[i][p] - most);
                sum += weight;
                for (int d = 0; d < SIZE; d++) {
                    part.out()[i * SIZE + d] += weight * values[p][d];
                }
            }
            part.count(i, most, sum);
        }
        return part;
    }

    /// The weighted mean of the values from position `from` on.
    private double mean(int query, int d, int from, double sink) {
        double sum = sink;
        double weighted = 0;
        for (int p = from; p < PARTS * POSITIONS; p++) {
            sum += Math.exp(scores[query][p]);
            weighted += Math.exp(scores[query][p]) * values[p][d];
        }
        return weighted / sum;
    }

    @Test
    void partsAddUpToTheWhole() {
        PartialAttention whole = new PartialAttention(QUERIES, SIZE);
        whole.clear(QUERIES);
        for (int part = 0; part < PARTS; part++) {
            whole.add(part(part, -1), QUERIES);
        }
        whole.finish(QUERIES);

        for (int i = 0; i < QUERIES * SIZE; i++) {
            assertThat((double) whole.out()[i]).isCloseTo(mean(i / SIZE, i % SIZE, 0, 0), within(1e-5));
        }
    }

    @Test
    void aPartThatAQuerySeesNothingOfLeavesItAlone() {
        PartialAttention whole = new PartialAttention(QUERIES, SIZE);
        whole.clear(QUERIES);
        whole.add(part(0, 1), QUERIES);
        for (int part = 1; part < PARTS; part++) {
            whole.add(part(part, -1), QUERIES);
        }
        whole.finish(QUERIES);

        for (int i = 0; i < QUERIES * SIZE; i++) {
            int from = i / SIZE == 1 ? POSITIONS : 0;
            assertThat((double) whole.out()[i]).isCloseTo(mean(i / SIZE, i % SIZE, from, 0), within(1e-5));
        }
    }

    @Test
    void aScoreThatGivesNothingTakesItsShare() {
        PartialAttention whole = new PartialAttention(QUERIES, SIZE);
        whole.clear(QUERIES);
        for (int i = 0; i < QUERIES; i++) {
            whole.count(i, 9, 1);
        }
        for (int part = 0; part < PARTS; part++) {
            whole.add(part(part, -1), QUERIES);
        }
        whole.finish(QUERIES);

        for (int i = 0; i < QUERIES * SIZE; i++) {
            assertThat((double) whole.out()[i]).isCloseTo(mean(i / SIZE, i % SIZE, 0, Math.exp(9)), within(1e-5));
        }
    }
}
