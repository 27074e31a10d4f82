package dev.runnel.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RopeTest {

    private static final double[] FREQUENCIES = {1, 0.5, 0.01};

    @ParameterizedTest
    @EnumSource(RopeOrder.class)
    void pairsTurnByTheirAngleAndTheRestStays(RopeOrder order) {
        Rope rope = new Rope(order, 6, FREQUENCIES, 1, 2);
        float[] x = {9, 1, 2, 3, 4, 5, 6, 7, 8}; // a head of 8 elements, of which 6 turn, after another's last

        rope.prepare(1, 5);
        rope.turn(1, x, 1);

        for (int pair = 0; pair < 3; pair++) {
            int first = order == RopeOrder.NEIGHBOURS ? 1 + 2 * pair : 1 + pair;
            int second = order == RopeOrder.NEIGHBOURS ? first + 1 : first + 3;
            double angle = 5 * FREQUENCIES[pair];
            assertThat((double) x[first]).isCloseTo(first * Math.cos(angle) - second * Math.sin(angle), within(1e-5));
            assertThat((double) x[second]).isCloseTo(first * Math.sin(angle) + second * Math.cos(angle), within(1e-5));
        }
        assertThat(x[0]).isEqualTo(9);
        assertThat(x[7]).isEqualTo(7);
        assertThat(x[8]).isEqualTo(8);
    }

    @Test
    void aPositionFarOutIsStillExact() {
        Rope rope = new Rope(RopeOrder.HALVES, 2, new double[] {1}, 1, 1);
        float[] x = {1, 0};

        rope.prepare(0, 10_000_019);
        rope.turn(0, x, 0);

        assertThat((double) x[0]).isCloseTo(Math.cos(10_000_019), within(1e-7));
        assertThat((double) x[1]).isCloseTo(Math.sin(10_000_019), within(1e-7));
    }
}
