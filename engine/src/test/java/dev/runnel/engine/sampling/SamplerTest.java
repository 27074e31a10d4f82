package dev.runnel.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.runnel.core.BackendException;
import dev.runnel.core.Sampling;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Comparator;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SamplerTest {

    @Test
    void atTemperatureZeroTheMostProbableTokenIsTakenAndOfEqualsTheFirst() {
        Sampler sampler = new Sampler(5);

        assertThat(sampler.sample(new float[] {1, 3, 2, 3, -9}, Sampling.GREEDY, Draws.of(1, 0)))
                .isEqualTo(1);
        assertThat(sampler.sample(new float[] {-5, -4, -4, -9, -4.5f}, Sampling.GREEDY, Draws.of(1, 0)))
                .isEqualTo(1);
        assertThat(sampler.sample(new float[5], Sampling.GREEDY, Draws.of(1, 0)))
                .isZero();
    }

    @ParameterizedTest
    @CsvSource({"1.0, 1.0", "0.5, 1.0", "2.0, 1.0", "1.0, 0.9", "0.7, 0.5", "1.5, 0.99", "1.0, 0.05"})
    void tokensComeAsOftenAsTheyAreProbable(double temperature, double topP) {
        float[] logits = {2.0f, -1.0f, 0.5f, 2.0f, 1.0f, -3.0f, 0.0f, 1.7f};
        Reference reference = new Reference(logits, temperature, topP);
        Sampling settings = settings(temperature, topP);
        Sampler sampler = new Sampler(logits.length);
        Draws draws = Draws.of(99, 0);
        int rounds = 200_000;

        int[] counts = new int[logits.length];
        for (int i = 0; i < rounds; i++) {
            counts[sampler.sample(logits, settings, draws)]++;
        }

        double chiSquare = 0;
        for (int token = 0; token < logits.length; token++) {
            double expected = reference.probability(token) * rounds;
            if (expected == 0) {
                assertThat(counts[token])
                        .as("token %d is outside the nucleus", token)
                        .isZero();
            } else {
                chiSquare += Math.pow(counts[token] - expected, 2) / expected;
            }
        }
        assertThat(chiSquare).isLessThan(24.3); // 7 degrees of freedom, 99.9 % of the time
    }

    /// The same draw must fall on the same token as in the textbook's version, which sorts everything.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 64, 1000, 4099})
    void agreesWithTheTextbookOnEveryDraw(int vocabulary) {
        Random random = new Random(42);
        Sampler sampler = new Sampler(vocabulary);
        for (int round = 0; round < 60; round++) {
            float[] logits = new float[vocabulary];
            double spread = Math.pow(10, random.nextDouble(-1, 1.5));
            for (int i = 0; i < vocabulary; i++) {
                logits[i] = (float) (random.nextGaussian() * spread);
            }
            double temperature = random.nextDouble(0.05, 2);
            double topP = round % 3 == 0 ? 1 : random.nextDouble();
            long seed = random.nextLong();

            int token = sampler.sample(logits, settings(temperature, topP), Draws.of(seed, 0));

            assertThat(new Reference(logits, temperature, topP).interval(token))
                    .as("temperature %s, top_p %s, spread %s", temperature, topP, spread)
                    .matches(interval -> {
                        double drawn = Draws.of(seed, 0).next();
                        return interval[0] - 1e-5 <= drawn && drawn <= interval[1] + 1e-5;
                    });
        }
    }

    @Test
    void equalTokensAtTheEdgeOfTheNucleusAreTakenFirstOnesFirst() {
        float[] logits = new float[10];
        Sampler sampler = new Sampler(logits.length);
        Draws draws = Draws.of(5, 0);

        int[] drawn = IntStream.range(0, 1000)
                .map(_ -> sampler.sample(logits, settings(1, 0.35), draws))
                .distinct()
                .sorted()
                .toArray();

        assertThat(drawn).containsExactly(0, 1, 2, 3);
    }

    @Test
    void aTopPOfZeroIsTheTopToken() {
        Sampler sampler = new Sampler(4);
        Draws draws = Draws.of(5, 0);

        assertThat(IntStream.range(0, 100).map(_ -> sampler.sample(new float[] {0, 1, 2, 1.9f}, settings(2, 0), draws)))
                .containsOnly(2);
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.MIN_VALUE, 1e-300, 1e-30, 1e-6})
    void aTemperatureNextToZeroIsGreedyAndNotBroken(double temperature) {
        Sampler sampler = new Sampler(3);
        float[] extremes = {-Float.MAX_VALUE, Float.MAX_VALUE, 1e30f};

        assertThat(sampler.sample(extremes, settings(temperature, 1), Draws.of(5, 0)))
                .isEqualTo(1);
        assertThat(sampler.sample(extremes, settings(temperature, 0.9), Draws.of(5, 0)))
                .isEqualTo(1);
    }

    @Test
    void theSameSeedGivesTheSameTokensWhateverTheSamplerDidBefore() {
        Random random = new Random(1);
        float[][] rows = new float[50][300];
        for (float[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                row[i] = (float) random.nextGaussian();
            }
        }
        Sampling settings = settings(1.2, 0.9);
        Sampler fresh = new Sampler(300);
        Draws alone = Draws.of(11, 2);
        int[] expected = Arrays.stream(rows)
                .mapToInt(row -> fresh.sample(row, settings, alone))
                .toArray();

        Sampler shared = new Sampler(300);
        Draws first = Draws.of(11, 2);
        Draws second = Draws.of(12, 0);
        int[] interleaved = Arrays.stream(rows)
                .mapToInt(row -> {
                    shared.sample(rows[7], settings(0.3, 1), second);
                    return shared.sample(row, settings, first);
                })
                .toArray();

        assertThat(interleaved).containsExactly(expected);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void aLogitThatIsNotFiniteIsRefusedByNameAtAnyTemperature(float bad) {
        float[] logits = new float[100];
        logits[17] = bad;
        Sampler sampler = new Sampler(100);

        for (Sampling settings : new Sampling[] {Sampling.GREEDY, Sampling.DEFAULT, settings(1, 0.5)}) {
            assertThatThrownBy(() -> sampler.sample(logits, settings, Draws.of(1, 0)))
                    .isInstanceOfSatisfying(
                            BackendException.class,
                            failure -> assertThat(failure.kind()).isEqualTo(BackendException.Kind.INTERNAL))
                    .hasMessage("the model gave token 17 the logit %s, expected a finite number", bad);
        }
    }

    @Test
    void theLogitsAreLeftAsTheyWere() {
        float[] logits = {1, 2, 3};

        new Sampler(3).sample(logits, settings(0.5, 0.5), Draws.of(1, 0));

        assertThat(logits).containsExactly(1, 2, 3);
    }

    @Test
    void samplingAllocatesNothing() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Random random = new Random(3);
        float[] logits = new float[2000];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) random.nextGaussian();
        }
        Sampler sampler = new Sampler(logits.length);
        Sampling nucleus = settings(1, 0.9);
        Draws draws = Draws.of(1, 0);
        sampler.sample(logits, nucleus, draws);

        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 1000; i++) {
            sampler.sample(logits, nucleus, draws);
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(allocated).isLessThan(10_000);
    }

    private static Sampling settings(double temperature, double topP) {
        return new Sampling(temperature, topP, OptionalLong.empty());
    }

    /// The definition, in doubles and with a full sort.
    private static final class Reference {

        private final double[] probabilities;

        Reference(float[] logits, double temperature, double topP) {
            double max = IntStream.range(0, logits.length)
                    .mapToDouble(i -> logits[i])
                    .max()
                    .orElseThrow();
            double[] weights = IntStream.range(0, logits.length)
                    .mapToDouble(i -> Math.exp((logits[i] - max) / temperature))
                    .toArray();
            double total = Arrays.stream(weights).sum();
            Integer[] order = IntStream.range(0, logits.length).boxed().toArray(Integer[]::new);
            Arrays.sort(order, Comparator.comparingDouble((Integer i) -> -weights[i]));
            double reached = 0;
            probabilities = new double[logits.length];
            for (int i = 0; i < order.length && (i == 0 || reached < topP * total); i++) {
                probabilities[order[i]] = weights[order[i]];
                reached += weights[order[i]];
            }
            double nucleus = reached;
            Arrays.setAll(probabilities, i -> probabilities[i] / nucleus);
            assertThat(Arrays.stream(probabilities).sum()).isCloseTo(1, within(1e-9));
        }

        double probability(int token) {
            return probabilities[token];
        }

        /// The draws that fall on `token`: from, to.
        double[] interval(int token) {
            double from = 0;
            for (int i = 0; i < token; i++) {
                from += probabilities[i];
            }
            return new double[] {from, from + probabilities[token]};
        }
    }
}
