package dev.runnel.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.runnel.core.BackendException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogprobsTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 19, 20, 21, 5000})
    void areTheLogarithmsOfTheProbabilitiesAndRanked(int vocabulary) {
        Random random = new Random(vocabulary);
        Logprobs logprobs = new Logprobs(20);
        for (int round = 0; round < 20; round++) {
            float[] logits = new float[vocabulary];
            for (int i = 0; i < vocabulary; i++) {
                logits[i] = random.nextInt(8) * (round % 3 == 0 ? 1 : random.nextFloat() * 5); // with equals
            }
            double total = IntStream.range(0, vocabulary)
                    .mapToDouble(i -> Math.exp(logits[i]))
                    .sum();
            int[] ranked = IntStream.range(0, vocabulary)
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> -logits[i]))
                    .mapToInt(Integer::intValue)
                    .toArray();

            logprobs.read(logits, 20);

            assertThat(logprobs.alternatives()).isEqualTo(Math.min(20, vocabulary));
            assertThat(IntStream.range(0, logprobs.alternatives()).map(logprobs::alternative))
                    .containsExactly(Arrays.stream(ranked).limit(20).boxed().toArray(Integer[]::new));
            for (int token : ranked) {
                assertThat(logprobs.of(token)).isCloseTo(Math.log(Math.exp(logits[token]) / total), within(1e-5));
            }
        }
    }

    @Test
    void alternativesCostNothingWhereNoneAreWanted() {
        Logprobs logprobs = new Logprobs(20);

        logprobs.read(new float[] {1, 2, 3}, 0);

        assertThat(logprobs.alternatives()).isZero();
    }

    @Test
    void aLogitThatIsNotFiniteIsRefusedByName() {
        assertThatThrownBy(() -> new Logprobs(20).read(new float[] {1, Float.NaN}, 0))
                .isInstanceOf(BackendException.class)
                .hasMessage("the model gave token 1 the logit NaN, expected a finite number");
    }
}
