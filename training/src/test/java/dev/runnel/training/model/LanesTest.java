package dev.runnel.training.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class LanesTest {

    @Test
    void powersAreRightToSevenDigits() {
        for (float x = -80; x < 80; x += 0.37f) {
            float power = Lanes.exp(FloatVector.broadcast(Matmul.SPECIES, x)).lane(0);

            assertThat(power / Math.exp(x)).isCloseTo(1, within(3e-7));
        }
    }

    @Test
    void aPowerTooSmallToHoldIsNearlyNothing() {
        assertThat(Lanes.exp(FloatVector.broadcast(Matmul.SPECIES, Float.NEGATIVE_INFINITY))
                        .lane(0))
                .isBetween(0f, 1e-37f);
    }
}
