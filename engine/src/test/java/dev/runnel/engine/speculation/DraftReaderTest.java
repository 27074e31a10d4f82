package dev.runnel.engine.speculation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Sampling;
import dev.runnel.engine.sampling.ChoiceSampling;
import dev.runnel.engine.sampling.Draws;
import dev.runnel.engine.schedule.FakeModel;
import org.junit.jupiter.api.Test;

class DraftReaderTest {

    private final DraftReader reader = new DraftReader(
            new FakeModel(10_000, 10_000, FakeModel.saying(_ -> 'a')),
            ChoiceSampling.of(Sampling.GREEDY, Draws.of(1, 0)),
            true);

    @Test
    void thatGuessesWereBadIsForgottenAndNeverMoreThanThat() {
        double unknown = reader.odds();
        for (int i = 0; i < 30; i++) {
            reader.settle(0, true, 0);
        }
        double bad = reader.odds();

        reader.canReach(100);
        double better = reader.odds();
        reader.canReach(5000);

        assertThat(better).isBetween(bad, unknown);
        assertThat(reader.odds()).isEqualTo(unknown);
    }
}
