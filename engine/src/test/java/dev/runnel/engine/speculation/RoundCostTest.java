package dev.runnel.engine.speculation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RoundCostTest {

    private final RoundCost cost = new RoundCost();

    private void stepWithoutARound(int times) {
        for (int i = 0; i < times; i++) {
            cost.stepped();
        }
    }

    @Test
    void nothingIsKnownBeforeTheFirstRound() {
        stepWithoutARound(1);

        assertThat(cost.nanos()).isZero();
    }

    @Test
    void aSlowRoundIsForgottenWhereNoOtherFollows() {
        cost.took(1_000_000);
        stepWithoutARound(RoundCost.REMEMBERED);
        double remembered = cost.nanos();
        stepWithoutARound(1);

        assertThat(remembered).isEqualTo(1_000_000);
        assertThat(cost.nanos()).isZero();
    }

    @Test
    void thenTheNextCountsAlone() {
        cost.took(1_000_000);
        stepWithoutARound(RoundCost.REMEMBERED + 1);
        cost.took(80);
        cost.took(160);

        assertThat(cost.nanos()).isEqualTo(90);
    }

    @Test
    void roundsOfEveryStepAreAveraged() {
        for (int i = 0; i < 3 * RoundCost.REMEMBERED; i++) {
            cost.took(100);
            stepWithoutARound(1);
        }
        cost.took(900);

        assertThat(cost.nanos()).isEqualTo(200);
    }
}
