package dev.runnel.engine.schedule;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.core.Stopping;
import dev.runnel.core.TokenEvent;
import dev.runnel.engine.EngineStats;
import dev.runnel.engine.reply.ReplyFormat;
import dev.runnel.engine.sampling.LogitMask;
import dev.runnel.engine.speculation.Speculation;
import dev.runnel.testing.RecordingReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Guesses change when tokens come, and nothing else.
class SpeculationTest {

    private static final long MILLI = 1_000_000;

    private static final Limits LIMITS = new Limits(16, 16, 64, Duration.ofHours(1));

    /// Speaks of four letters, and after any two of them most of the time says the same: what it says
    /// repeats itself, but not for long.
    private static final FakeModel.Script BABBLING = babbling(1);

    /// Never repeats itself, so that only a model of its own can guess it.
    private static final FakeModel.Script UNHEARD_OF =
            FakeModel.saying(history -> new Random(history.length).nextInt(200));

    private static FakeModel.Script babbling(int salt) {
        return (history, logits) -> {
            Arrays.fill(logits, -30);
            int n = history.length;
            int hash = (history[n - 1] * 31 + history[Math.max(0, n - 2)]) * 0x9e3779b1 + salt;
            for (int i = 0; i < 4; i++) {
                logits['a' + i] = ((hash >>> (8 * i)) & 0xff) / 50f;
            }
            logits[FakeModel.END] = -2;
        };
    }

    /// What was said, and what it took.
    private record Outcome(List<Completion> completions, EngineStats stats, List<List<Integer>> batches) {

        List<List<Completion.Choice>> choices() {
            return completions.stream().map(Completion::choices).toList();
        }
    }

    private static Outcome run(FakeModel.Script script, Speculation speculation, CompletionRequest... requests) {
        return run(script, speculation, _ -> true, requests);
    }

    /// @param allowed tokens that may come
    private static Outcome run(
            FakeModel.Script script, Speculation speculation, IntPredicate allowed, CompletionRequest... requests) {
        FakeModel model = new FakeModel(400, 4000, script);
        Outcome outcome;
        try (Scheduler scheduler =
                new Scheduler(model, FakeModel.BYTES, LIMITS, Runnable::run, () -> 0, () -> 1, speculation)) {
            List<RecordingReader> readers = Arrays.stream(requests)
                    .map(request -> RecordingReader.of(scheduler.complete(
                                    request, () -> prepare(request).withMasks(_ -> mask(allowed))))
                            .request(Long.MAX_VALUE))
                    .toList();
            while (scheduler.step()) {}
            List<Completion> completions = readers.stream()
                    .map(reader -> Completion.of(reader.events()))
                    .toList();
            outcome = new Outcome(completions, scheduler.stats(), model.batches());
        }
        assertThat(model.reserved()).isZero();
        return outcome;
    }

    private static PreparedPrompt prepare(CompletionRequest request) {
        byte[] bytes = ((Prompt.Text) request.prompt()).text().getBytes(UTF_8);
        int[] tokens = new int[bytes.length];
        Arrays.setAll(tokens, i -> bytes[i] & 0xff);
        return new PreparedPrompt(tokens, ReplyFormat.text(request.stopping().strings(), false));
    }

    private static LogitMask mask(IntPredicate allowed) {
        return new LogitMask() {
            @Override
            public void mask(float[] logits) {
                for (int token = 0; token < logits.length; token++) {
                    logits[token] = allowed.test(token) ? logits[token] : Float.NEGATIVE_INFINITY;
                }
            }

            @Override
            public void accept(int token) {
                assertThat(allowed.test(token)).isTrue();
            }

            @Override
            public boolean hasEnded() {
                return false;
            }
        };
    }

    private static CompletionRequest request(String prompt) {
        return CompletionRequest.of("fake", new Prompt.Text(prompt)).withSampling(Sampling.GREEDY);
    }

    private static CompletionRequest seeded(long seed) {
        return request("abcdbbca" + seed)
                .withSampling(new Sampling(0.7, 1, OptionalLong.of(seed)))
                .withMaxTokens(120);
    }

    private static RecordingReader read(Scheduler scheduler, CompletionRequest request) {
        return RecordingReader.of(scheduler.complete(request, () -> prepare(request)))
                .request(Long.MAX_VALUE);
    }

    private static FakeModel draft(FakeModel.Script script) {
        return new FakeModel(400, 2000, script);
    }

    static Stream<Supplier<Speculation>> guessers() {
        return Stream.of(
                Speculation::lookup,
                () -> Speculation.withDraft(draft(BABBLING), FakeModel.END + 1, () -> 0),
                () -> Speculation.withDraft(draft(babbling(2)), FakeModel.END + 1, () -> 0),
                () -> Speculation.withDraft(
                        new FakeModel(150, 200, BABBLING).remembering(), FakeModel.END + 1, () -> 0));
    }

    // The same

    @ParameterizedTest
    @MethodSource("guessers")
    void repliesAreTheSameWithAndWithout(Supplier<Speculation> guesser) {
        CompletionRequest[] requests = {
            request("abcd").withMaxTokens(100),
            seeded(1),
            seeded(2).withLogprobs(3),
            seeded(3).withChoices(4),
            seeded(4)
                    .withSampling(
                            new Sampling(1.1, 0.9, 3, 0.05, 0.9, 1.2, 0.3, 0.2, Map.of(98, 0.5), OptionalLong.of(4))),
            seeded(5).withStopping(new Stopping(OptionalInt.of(200), List.of("abba", "cdc"), Set.of(), true)),
            seeded(6).withStopping(new Stopping(OptionalInt.of(200), List.of(), Set.of((int) 'd'), false)),
            seeded(7).withMaxTokens(1),
            seeded(8).withEcho(true).withLogprobs(1),
            seeded(9).withCachePrompt(false)
        };

        Outcome without = run(BABBLING, Speculation.none(), requests);
        Outcome with = run(BABBLING, guesser.get(), requests);

        assertThat(with.choices()).isEqualTo(without.choices());
        assertThat(with.stats().generatedTokens()).isEqualTo(without.stats().generatedTokens());
        assertThat(with.stats().rightGuesses()).isBetween(50L, with.stats().guessedTokens());
        assertThat(with.stats().steps()).isLessThan(without.stats().steps());
        assertThat(without.stats().guessedTokens()).isZero();
    }

    @ParameterizedTest
    @MethodSource("guessers")
    void andAlone(Supplier<Speculation> guesser) {
        for (int seed = 0; seed < 8; seed++) {
            assertThat(run(BABBLING, guesser.get(), seeded(seed)).choices())
                    .isEqualTo(run(BABBLING, Speculation.none(), seeded(seed)).choices());
        }
    }

    @ParameterizedTest
    @MethodSource("guessers")
    void aMaskLetsNothingElseThrough(Supplier<Speculation> guesser) {
        IntPredicate allowed = token -> token != 'c' && token != FakeModel.END;

        Outcome without = run(BABBLING, Speculation.none(), allowed, seeded(1), seeded(2));
        Outcome with = run(BABBLING, guesser.get(), allowed, seeded(1), seeded(2));

        assertThat(with.choices()).isEqualTo(without.choices());
        assertThat(with.completions().getFirst().text()).doesNotContain("c");
    }

    // Faster

    private static int copying(int[] history) {
        int end = IntStream.range(0, history.length)
                .filter(i -> history[i] == ';')
                .findFirst()
                .orElseThrow();
        int generated = history.length - end - 1;
        return generated < end ? history[generated] : FakeModel.END;
    }

    @Test
    void aTextThatStandsInThePromptTakesFewSteps() {
        String text = "{\"name\": \"Ada\", \"born\": 1815}, {\"name\": \"Alan\", \"born\": 1912}";

        Outcome outcome = run(FakeModel.saying(SpeculationTest::copying), Speculation.lookup(), request(text + ";"));

        assertThat(outcome.completions().getFirst().text()).isEqualTo(text);
        assertThat(outcome.completions().getFirst().usage().completionTokens()).isEqualTo(text.length() + 1);
        assertThat(outcome.stats().steps()).isLessThan(text.length() / 2);
    }

    @Test
    void aTextThatGoesInCirclesIsGuessedFartherThanItGoesBack() {
        Outcome outcome = run(
                FakeModel.saying(history -> "xyz".charAt(history.length % 3)),
                Speculation.lookup(),
                request("q").withMaxTokens(130));

        assertThat(outcome.stats().steps()).isLessThan(25);
        assertThat(outcome.batches().getLast()).isNotEqualTo(List.of(1));
    }

    @Test
    void aTextThatDoesNotRepeatItselfIsHardlyGuessedAt() {
        Outcome outcome = run(
                FakeModel.saying(history -> new Random(history.length).nextInt(200)),
                Speculation.lookup(),
                request("q").withMaxTokens(300));

        assertThat(outcome.stats().guessedTokens()).isLessThan(30);
    }

    @Test
    void aDraftThatIsTheModelItselfIsAlwaysRight() {
        CompletionRequest[] requests = {
            request("ab").withMaxTokens(64), seeded(5).withMaxTokens(64), seeded(6)
        };

        Outcome outcome = run(BABBLING, Speculation.withDraft(draft(BABBLING), FakeModel.END + 1, () -> 0), requests);

        assertThat(outcome.stats().guessedTokens() - outcome.stats().rightGuesses())
                .isLessThan(32);
        assertThat(outcome.stats().steps()).isLessThan(30);
    }

    @Test
    void whereTheDraftHasNoRoomGuessesAreLookedUp() {
        CompletionRequest request = request("{\"name\": \"Ada\", \"born\": 1815};");
        FakeModel full = new FakeModel(400, 10, BABBLING);

        Outcome lookedUp = run(FakeModel.saying(SpeculationTest::copying), Speculation.lookup(), request);
        Outcome outcome = run(
                FakeModel.saying(SpeculationTest::copying),
                Speculation.withDraft(full, FakeModel.END + 1, () -> 0),
                request);

        assertThat(outcome.batches()).isEqualTo(lookedUp.batches());
        assertThat(full.batches()).isEmpty();
    }

    @Test
    void aDraftThatIsOfNoUseIsSoonLeftAlone() {
        Outcome outcome = run(
                FakeModel.saying(history -> new Random(history.length).nextInt(200)),
                Speculation.withDraft(draft(FakeModel.saying(_ -> 'x')), FakeModel.END + 1, () -> 0),
                request("q").withMaxTokens(300));

        assertThat(outcome.stats().rightGuesses()).isLessThan(10);
        assertThat(outcome.stats().guessedTokens()).isLessThan(60);
    }

    // Drafts

    /// A model that puts the clock forward.
    private static FakeModel taking(FakeModel model, AtomicLong clock, long millisOfStep, long millisOfToken) {
        model.beforeForward(tokens -> clock.addAndGet((millisOfStep + millisOfToken * tokens) * MILLI));
        return model;
    }

    /// A scheduler whose prompts may take 50 ms of a step.
    private static Scheduler drafting(FakeModel model, FakeModel draft, int promptTokensPerStep, AtomicLong clock) {
        return new Scheduler(
                model,
                FakeModel.BYTES,
                new Limits(16, 16, promptTokensPerStep, Duration.ofMillis(50)),
                Runnable::run,
                clock::get,
                () -> 1,
                Speculation.withDraft(draft, FakeModel.END + 1, clock::get));
    }

    @Test
    void aDraftThatCatchesUpHoldsUpThoseWhoAnswerNoLongerThanAllowed() {
        AtomicLong clock = new AtomicLong();
        FakeModel model = taking(new FakeModel(2000, 8000, UNHEARD_OF), clock, 10, 0);
        FakeModel draft = taking(new FakeModel(2000, 8000, UNHEARD_OF), clock, 0, 1);
        try (Scheduler scheduler = drafting(model, draft, 1000, clock)) {
            read(scheduler, request("q").withMaxTokens(1900));
            RecordingReader slow = read(scheduler, request("p".repeat(1000)).withMaxTokens(300));
            long longest = 0;
            while (!slow.hasEnded()) {
                long before = clock.get();
                scheduler.step();
                longest = Math.max(longest, clock.get() - before);
            }

            assertThat(longest).isLessThanOrEqualTo((10 + 50 + 2 * Speculation.MOST) * MILLI);
            assertThat(draft.batches().stream()
                            .flatMap(List::stream)
                            .mapToInt(Integer::intValue)
                            .sum())
                    .as("and it gets on")
                    .isGreaterThan(1000);
            assertThat(scheduler.stats().rightGuesses()).isGreaterThan(100);
        }
    }

    @Test
    void whatADraftTakesIsNotTakenForThePromptsTime() {
        AtomicLong clock = new AtomicLong();
        FakeModel model = taking(new FakeModel(2000, 8000, UNHEARD_OF), clock, 10, 2);
        FakeModel draft = taking(new FakeModel(2000, 8000, UNHEARD_OF), clock, 0, 1);
        try (Scheduler scheduler = drafting(model, draft, 256, clock)) {
            read(scheduler, request("q".repeat(1000)).withMaxTokens(900));
            for (int i = 0; i < 8; i++) {
                scheduler.step();
            }
            RecordingReader slow = read(scheduler, request("p".repeat(900)).withMaxTokens(1));
            int before = model.batches().size();
            while (!slow.hasEnded()) {
                scheduler.step();
            }

            assertThat(model.batches().subList(before, model.batches().size()))
                    .as("2 ms for each token, in 50 ms")
                    .allMatch(batch -> batch.size() < 2 || batch.get(1) <= 25);
        }
    }

    @Test
    void aDraftWhoseFirstStepIsSlowGuessesLater() {
        AtomicLong clock = new AtomicLong();
        FakeModel model = taking(new FakeModel(2000, 8000, UNHEARD_OF), clock, 10, 0);
        FakeModel draft = new FakeModel(2000, 8000, UNHEARD_OF);
        draft.beforeForward(tokens -> clock.addAndGet((draft.batches().isEmpty() ? 1000 : tokens) * MILLI));
        try (Scheduler scheduler = drafting(model, draft, 256, clock)) {
            RecordingReader reader = read(scheduler, request("q").withMaxTokens(1900));
            while (!reader.hasEnded()) {
                scheduler.step();
            }

            assertThat(scheduler.stats().rightGuesses()).isGreaterThan(500);
        }
    }

    @Test
    void aDraftThatFailsFailsNobody() {
        FakeModel draft = draft(BABBLING);
        AtomicInteger passes = new AtomicInteger();
        draft.beforeForward(_ -> {
            if (passes.incrementAndGet() % 20 == 0) {
                throw new InternalError("a fault occurred in an unsafe memory access operation");
            }
        });
        CompletionRequest[] requests = {
            seeded(1), seeded(2).withChoices(3), request("abcd").withMaxTokens(100)
        };
        Logger log = Logger.getLogger(Speculation.class.getName());
        List<LogRecord> told = new ArrayList<>();
        log.setFilter(record -> {
            told.add(record);
            return false;
        });

        Outcome without = run(BABBLING, Speculation.none(), requests);
        Outcome with = run(BABBLING, Speculation.withDraft(draft, FakeModel.END + 1, () -> 0), requests);
        log.setFilter(null);

        assertThat(passes).hasValueGreaterThanOrEqualTo(20);
        assertThat(with.choices()).isEqualTo(without.choices());
        assertThat(with.stats().failed()).isZero();
        assertThat(told).hasSize(1);
        assertThat(draft.reserved()).isZero();
    }

    @Test
    void aDraftThatHasFailedGuessesAtTheRepliesThatComeLater() {
        FakeModel draft = draft(BABBLING);
        AtomicBoolean fails = new AtomicBoolean(true);
        draft.beforeForward(_ -> {
            if (fails.get()) {
                throw new IllegalStateException("the draft can't");
            }
        });
        Logger log = Logger.getLogger(Speculation.class.getName());
        log.setLevel(Level.OFF);
        FakeModel model = new FakeModel(400, 4000, BABBLING);
        try (Scheduler scheduler = new Scheduler(
                model,
                FakeModel.BYTES,
                LIMITS,
                Runnable::run,
                () -> 0,
                () -> 1,
                Speculation.withDraft(draft, FakeModel.END + 1, () -> 0))) {
            read(scheduler, seeded(1));
            while (scheduler.step()) {}
            fails.set(false);
            int before = draft.batches().size();
            read(scheduler, seeded(2));
            while (scheduler.step()) {}

            assertThat(before).isZero();
            assertThat(draft.batches()).isNotEmpty();
            assertThat(scheduler.stats().completed()).isEqualTo(2);
        }
        log.setLevel(null);
    }

    // Bounds

    @Test
    void noMoreIsGeneratedThanIsAskedFor() {
        FakeModel model = new FakeModel(400, 4000, FakeModel.saying(history -> "xyz".charAt(history.length % 3)));
        try (Scheduler scheduler =
                new Scheduler(model, FakeModel.BYTES, LIMITS, Runnable::run, () -> 0, () -> 1, Speculation.lookup())) {
            CompletionRequest request = request("q").withMaxTokens(300);
            RecordingReader reader = RecordingReader.of(scheduler.complete(request, () -> prepare(request)));
            for (int asked = 31; asked < 36; asked++) {
                reader.request(asked);
                while (scheduler.step()) {}
            }

            assertThat(reader.events()).hasSize(31 + 32 + 33 + 34 + 35);
            assertThat(scheduler.stats().generatedTokens())
                    .isEqualTo(reader.events().size() - 1);
            assertThat(scheduler.stats().steps()).isLessThan(50);
        }
    }

    @Test
    void aReaderThatLeavesIsNotGivenTheRest() {
        FakeModel model = new FakeModel(400, 4000, FakeModel.saying(history -> "xyz".charAt(history.length % 3)));
        try (Scheduler scheduler =
                new Scheduler(model, FakeModel.BYTES, LIMITS, Runnable::run, () -> 0, () -> 1, Speculation.lookup())) {
            CompletionRequest request = request("q").withMaxTokens(300);
            var stream = scheduler.complete(request, () -> prepare(request));
            RecordingReader reader = RecordingReader.of(stream).request(Long.MAX_VALUE);
            while (reader.events().stream()
                            .filter(TokenEvent.Text.class::isInstance)
                            .count()
                    < 50) {
                scheduler.step();
            }
            stream.close();
            scheduler.step();

            assertThat(model.reserved()).isZero();
            assertThat(stream.spent().orElseThrow().completionTokens())
                    .isEqualTo((int) scheduler.stats().generatedTokens());
        }
    }
}
