package dev.runnel.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ArrivalsTest {

    private static final double MEDIAN = Math.log(2) * 1e9; // of waits of a second on average, in nanoseconds

    @Test
    void neighbouringSeedsBeginAtMomentsThatHaveNothingToDoWithEachOther() {
        List<Long> firsts = LongStream.range(0, 400)
                .mapToObj(seed -> new Arrivals(1, seed, 0).next())
                .toList();

        assertThat(firsts.stream().filter(first -> first < MEDIAN)).hasSizeBetween(150, 250);
    }

    @Test
    void neighbouringRoundsBeginAtMomentsThatHaveNothingToDoWithEachOther() {
        List<Long> firsts = IntStream.range(0, 400)
                .mapToObj(round -> new Arrivals(1, 7, 2 + 20 * round).next())
                .toList();

        assertThat(firsts.stream().filter(first -> first < MEDIAN)).hasSizeBetween(150, 250);
    }

    @Test
    void aRoundOfOneSeedIsNoRoundOfAnother() {
        assertThat(new Arrivals(1, 7, 10).next()).isNotEqualTo(new Arrivals(1, 17, 0).next());
    }
}
