package dev.runnel.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DrawsTest {

    /// Pinned, because a seed that a user has kept must give the same tokens with the next release.
    @Test
    void aSeedKeepsItsNumbersForever() {
        Draws draws = Draws.of(42, 0);

        assertThat(new double[] {draws.next(), draws.next(), draws.next()})
                .containsExactly(0.6146409341949204, 0.45010882945711317, 0.20639215340029482);
    }

    @Test
    void choicesAndNeighbouringSeedsShareNoNumbers() {
        Set<Double> seen = new HashSet<>();
        for (long seed = -3; seed <= 3; seed++) {
            for (int choice = 0; choice < 8; choice++) {
                Draws draws = Draws.of(seed, choice);
                for (int i = 0; i < 100; i++) {
                    seen.add(draws.next());
                }
            }
        }

        assertThat(seen).hasSize(7 * 8 * 100);
    }

    @Test
    void numbersAreSpreadEvenlyFromZeroToLessThanOne() {
        int[] counts = new int[16];
        int perCell = 4_000;
        Draws draws = Draws.of(7, 3);
        for (int i = 0; i < counts.length * perCell; i++) {
            counts[(int) (draws.next() * counts.length)]++;
        }

        double chiSquare = 0;
        for (int count : counts) {
            chiSquare += Math.pow(count - perCell, 2) / perCell;
        }
        assertThat(chiSquare).isBetween(4.6, 32.8); // 15 degrees of freedom, 99 % of the time
    }
}
