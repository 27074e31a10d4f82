package dev.runnel.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.runnel.core.BackendException;
import dev.runnel.core.Sampling;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SamplerTest {

    @Test
    void atTemperatureZeroTheMostProbableTokenIsTakenAndOfEqualsTheFirst() {
        Sampler sampler = new Sampler(5);

        assertThat(sampler.sample(new float[] {1, 3, 2, 3, -9}, ChoiceSampling.of(Sampling.GREEDY, Draws.of(1, 0))))
                .isEqualTo(1);
        assertThat(sampler.sample(
                        new float[] {-5, -4, -4, -9, -4.5f}, ChoiceSampling.of(Sampling.GREEDY, Draws.of(1, 0))))
                .isEqualTo(1);
        assertThat(sampler.sample(new float[5], ChoiceSampling.of(Sampling.GREEDY, Draws.of(1, 0))))
                .isZero();
    }

    @ParameterizedTest
    @CsvSource({"1.0, 1.0", "0.5, 1.0", "2.0, 1.0", "1.0, 0.9", "0.7, 0.5", "1.5, 0.99", "1.0, 0.05"})
    void tokensComeAsOftenAsTheyAreProbable(double temperature, double topP) {
        float[] logits = {2.0f, -1.0f, 0.5f, 2.0f, 1.0f, -3.0f, 0.0f, 1.7f};
        Sampling settings = settings(temperature, topP);
        Reference reference = new Reference(logits, settings, new History());
        Sampler sampler = new Sampler(logits.length);
        Draws draws = Draws.of(99, 0);
        int rounds = 200_000;

        int[] counts = new int[logits.length];
        for (int i = 0; i < rounds; i++) {
            counts[sampler.sample(logits, ChoiceSampling.of(settings, draws))]++;
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

            int token = sampler.sample(logits, ChoiceSampling.of(settings(temperature, topP), Draws.of(seed, 0)));

            assertThat(new Reference(logits, settings(temperature, topP), new History()).interval(token))
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
                .map(_ -> sampler.sample(logits, ChoiceSampling.of(settings(1, 0.35), draws)))
                .distinct()
                .sorted()
                .toArray();

        assertThat(drawn).containsExactly(0, 1, 2, 3);
    }

    @Test
    void aTopPOfZeroIsTheTopToken() {
        Sampler sampler = new Sampler(4);
        Draws draws = Draws.of(5, 0);

        assertThat(IntStream.range(0, 100)
                        .map(_ ->
                                sampler.sample(new float[] {0, 1, 2, 1.9f}, ChoiceSampling.of(settings(2, 0), draws))))
                .containsOnly(2);
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.MIN_VALUE, 1e-300, 1e-30, 1e-6})
    void aTemperatureNextToZeroIsGreedyAndNotBroken(double temperature) {
        Sampler sampler = new Sampler(3);
        float[] extremes = {-Float.MAX_VALUE, Float.MAX_VALUE, 1e30f};

        assertThat(sampler.sample(extremes, ChoiceSampling.of(settings(temperature, 1), Draws.of(5, 0))))
                .isEqualTo(1);
        assertThat(sampler.sample(extremes, ChoiceSampling.of(settings(temperature, 0.9), Draws.of(5, 0))))
                .isEqualTo(1);
    }

    @Test
    void whereNothingIsAskedForTokensAreDrawnAsTheModelSays() {
        float[] logits = {0, 1, 2, 1.9f};
        Sampler sampler = new Sampler(4);
        Draws unasked = Draws.of(3, 0);
        Draws asked = Draws.of(3, 0);

        for (int i = 0; i < 100; i++) {
            assertThat(sampler.sample(logits, ChoiceSampling.of(Sampling.DEFAULT, unasked)))
                    .isEqualTo(sampler.sample(logits, ChoiceSampling.of(settings(1, 1), asked)));
        }
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
                .mapToInt(row -> fresh.sample(row, ChoiceSampling.of(settings, alone)))
                .toArray();

        Sampler shared = new Sampler(300);
        Draws first = Draws.of(11, 2);
        Draws second = Draws.of(12, 0);
        int[] interleaved = Arrays.stream(rows)
                .mapToInt(row -> {
                    shared.sample(rows[7], ChoiceSampling.of(settings(0.3, 1), second));
                    return shared.sample(row, ChoiceSampling.of(settings, first));
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
            assertThatThrownBy(() -> sampler.sample(logits, ChoiceSampling.of(settings, Draws.of(1, 0))))
                    .isInstanceOfSatisfying(
                            BackendException.class,
                            failure -> assertThat(failure.kind()).isEqualTo(BackendException.Kind.INTERNAL))
                    .hasMessage("the model gave token 17 the logit %s, expected a finite number", bad);
        }
    }

    @Test
    void theLogitsAreLeftAsTheyWere() {
        float[] logits = {1, 2, 3};

        new Sampler(3).sample(logits, ChoiceSampling.of(settings(0.5, 0.5), Draws.of(1, 0)));

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
        Sampling everything =
                new Sampling(0.9, 0.9, 500, 0.01, 0.9, 1.1, 0.5, 0.5, Map.of(7, 1.0, 9, -1.0), OptionalLong.empty());
        ChoiceSampling choice = ChoiceSampling.of(everything, Draws.of(1, 0));
        choice.history().add(sampler.sample(logits, choice));

        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 1000; i++) {
            sampler.sample(logits, choice);
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(allocated).isLessThan(10_000);
    }

    /// As above, with every step of the chain in every combination.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 64, 1000})
    void theWholeChainAgreesWithTheTextbookOnEveryDraw(int vocabulary) {
        Random random = new Random(7);
        Sampler sampler = new Sampler(vocabulary);
        for (int round = 0; round < 400; round++) {
            float[] logits = new float[vocabulary];
            for (int i = 0; i < vocabulary; i++) {
                logits[i] = (float) (random.nextGaussian() * random.nextInt(1, 6));
            }
            History history =
                    new History(random.ints(random.nextInt(6), 0, vocabulary).toArray());
            random.ints(random.nextInt(9), 0, vocabulary).forEach(history::add);
            Sampling settings = new Sampling(
                    random.nextDouble(0.2, 2),
                    random.nextBoolean() ? 1 : random.nextDouble(),
                    random.nextBoolean() ? 0 : random.nextInt(1, vocabulary + 2),
                    random.nextBoolean() ? 0 : random.nextDouble(),
                    random.nextBoolean() ? 1 : random.nextDouble(0.01, 1),
                    random.nextBoolean() ? 1 : random.nextDouble(0.5, 2),
                    random.nextBoolean() ? 0 : random.nextDouble(-2, 2),
                    random.nextBoolean() ? 0 : random.nextDouble(-2, 2),
                    random.nextBoolean() ? Map.of() : Map.of(random.nextInt(vocabulary), random.nextDouble(-100, 5)),
                    OptionalLong.empty());
            long seed = random.nextLong();

            int token = sampler.sample(logits, choice(settings, history, Optional.empty(), seed));

            double drawn = Draws.of(seed, 0).next();
            assertThat(new Reference(logits, settings, history).interval(token))
                    .as("round %d: %s", round, settings)
                    .matches(interval -> interval[0] - 1e-5 <= drawn && drawn <= interval[1] + 1e-5);
        }
    }

    private static ChoiceSampling choice(Sampling settings, History history, Optional<LogitMask> mask, long seed) {
        return new ChoiceSampling(settings, LogitBias.of(settings.logitBias()), history, mask, Draws.of(seed, 0));
    }

    @Test
    void penaltiesCountWhatHasOccurredAndRepetitionThePromptToo() {
        Sampler sampler = new Sampler(4);
        History history = new History(0);
        history.add(1);
        history.add(1);
        float[] logits = {2.0f, 1.9f, 1.0f, -5};

        assertThat(greedy(sampler, logits, penalties(1, 0, 0), history)).isEqualTo(0);
        assertThat(greedy(sampler, logits, penalties(1.5, 0, 0), history)).isEqualTo(0); // 1.33 and 1.27
        assertThat(greedy(sampler, logits, penalties(2.5, 0, 0), history)).isEqualTo(2); // 0.8 and 0.76
        assertThat(greedy(sampler, new float[] {2, 2.8f, 1, -5}, penalties(1, 0.3, 0), history))
                .isEqualTo(1); // 2.2
        assertThat(greedy(sampler, new float[] {2, 2.8f, 1, -5}, penalties(1, 0.5, 0), history))
                .isEqualTo(0); // 1.8
        assertThat(greedy(sampler, new float[] {2, 2.8f, 1, -5}, penalties(1, 0, 1), history))
                .isEqualTo(0); // 1.8
        assertThat(greedy(sampler, logits, penalties(1, 0, 0), history))
                .as("nothing is left of earlier calls")
                .isEqualTo(0);
    }

    @Test
    void aNegativeLogitIsMultipliedByTheRepetitionPenalty() {
        float[] logits = {-1.0f, -1.5f, -9};

        assertThat(greedy(new Sampler(3), logits, penalties(2, 0, 0), new History(0)))
                .isEqualTo(1);
    }

    @Test
    void penaltiesBeyondAllBoundsLeaveNumbers() {
        History history = new History(0, 1);

        assertThat(greedy(new Sampler(3), new float[] {3, -3, 0}, penalties(Double.MIN_VALUE, 0, 0), history))
                .isZero();
        assertThat(greedy(new Sampler(3), new float[] {3, -3, -1}, penalties(Float.MAX_VALUE, 0, 0), history))
                .isZero();
    }

    @Test
    void biasIsAddedToTheLogitsOfTheTokensItNames() {
        Sampling banned = new Sampling(0, 1, 0, 0, 1, 1, 0, 0, Map.of(1, -100.0), OptionalLong.empty());
        Sampling wanted = new Sampling(0, 1, 0, 0, 1, 1, 0, 0, Map.of(2, 3.5), OptionalLong.empty());
        float[] logits = {2, 5, 1};

        assertThat(greedy(new Sampler(3), logits, banned, new History())).isEqualTo(0);
        assertThat(greedy(new Sampler(3), logits, wanted, new History())).isEqualTo(1);
        assertThat(greedy(new Sampler(3), new float[] {2, 4, 1}, wanted, new History()))
                .isEqualTo(2);
    }

    @Test
    void whatTheMaskTakesOutNeverComesAtAnyTemperature() {
        Sampler sampler = new Sampler(6);
        LogitMask onlyThree = mask(3);
        float[] logits = {9, 8, 7, -80, 6, 5};

        for (double temperature : new double[] {0, 0.01, 1, 2}) {
            for (long seed = 0; seed < 50; seed++) {
                Sampling settings =
                        new Sampling(temperature, 0.9, 4, 0.1, 0.9, 1, 0, 0, Map.of(), OptionalLong.empty());
                assertThat(sampler.sample(logits, choice(settings, new History(), Optional.of(onlyThree), seed)))
                        .isEqualTo(3);
            }
        }
        assertThat(logits).containsExactly(9, 8, 7, -80, 6, 5);
    }

    @Test
    void aMaskThatLeavesNothingIsAFault() {
        assertThatThrownBy(() -> new Sampler(3)
                        .sample(new float[3], choice(Sampling.DEFAULT, new History(), Optional.of(mask(-1)), 1)))
                .isInstanceOfSatisfying(
                        BackendException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(BackendException.Kind.INTERNAL));
    }

    private static LogitMask mask(int allowed) {
        return new LogitMask() {
            @Override
            public void mask(float[] logits) {
                for (int token = 0; token < logits.length; token++) {
                    logits[token] = token == allowed ? logits[token] : Float.NEGATIVE_INFINITY;
                }
            }

            @Override
            public void accept(int token) {}

            @Override
            public boolean hasEnded() {
                return false;
            }
        };
    }

    private static int greedy(Sampler sampler, float[] logits, Sampling settings, History history) {
        return sampler.sample(logits, choice(settings, history, Optional.empty(), 1));
    }

    private static Sampling penalties(double repetition, double frequency, double presence) {
        return new Sampling(0, 1, 0, 0, 1, repetition, frequency, presence, Map.of(), OptionalLong.empty());
    }

    private static Sampling settings(double temperature, double topP) {
        return new Sampling(temperature, topP, OptionalLong.empty());
    }

    /// The definition, in doubles and with full sorts.
    private static final class Reference {

        private final double[] probabilities;

        Reference(float[] logits, Sampling settings, History history) {
            double[] shaped = IntStream.range(0, logits.length)
                    .mapToDouble(token -> shaped(token, logits[token], settings, history))
                    .toArray();
            double max = Arrays.stream(shaped).max().orElseThrow();
            probabilities = Arrays.stream(shaped)
                    .map(logit ->
                            Math.exp((logit - max) / settings.temperature().orElseThrow()))
                    .toArray();
            normalize();
            if (settings.topK() > 0) {
                keep(token -> -probabilities[token], settings.topK(), 2);
            }
            if (settings.typicalP() < 1) {
                double entropy = Arrays.stream(probabilities)
                        .filter(p -> p > 0)
                        .map(p -> -p * Math.log(p))
                        .sum();
                keep(token -> Math.abs(-Math.log(probabilities[token]) - entropy), logits.length, settings.typicalP());
            }
            double topP = settings.topP().orElseThrow();
            if (topP < 1) {
                keep(token -> -probabilities[token], logits.length, topP);
            }
            double least = settings.minP() * Arrays.stream(probabilities).max().orElseThrow();
            Arrays.setAll(probabilities, i -> probabilities[i] >= least ? probabilities[i] : 0);
            normalize();
        }

        private static double shaped(int token, double logit, Sampling settings, History history) {
            double shaped = logit + settings.logitBias().getOrDefault(token, 0.0);
            int[] generated = Arrays.copyOf(history.generated(), history.count());
            long times = Arrays.stream(generated).filter(each -> each == token).count();
            if (times > 0 || Arrays.stream(history.prompt()).anyMatch(each -> each == token)) {
                shaped = shaped > 0 ? shaped / settings.repetitionPenalty() : shaped * settings.repetitionPenalty();
            }
            return shaped - times * settings.frequencyPenalty() - (times > 0 ? settings.presencePenalty() : 0);
        }

        /// Keeps the first tokens in an order, until they are so many or so probable.
        private void keep(IntToDoubleFunction order, int most, double wanted) {
            int[] ranked = IntStream.range(0, probabilities.length)
                    .filter(token -> probabilities[token] > 0)
                    .boxed()
                    .sorted(Comparator.comparingDouble(order::applyAsDouble))
                    .mapToInt(Integer::intValue)
                    .toArray();
            double[] kept = new double[probabilities.length];
            double reached = 0;
            for (int i = 0; i < ranked.length && i < most && (i == 0 || reached < wanted); i++) {
                kept[ranked[i]] = probabilities[ranked[i]];
                reached += kept[ranked[i]];
            }
            System.arraycopy(kept, 0, probabilities, 0, kept.length);
            normalize();
        }

        private void normalize() {
            double total = Arrays.stream(probabilities).sum();
            Arrays.setAll(probabilities, i -> probabilities[i] / total);
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
