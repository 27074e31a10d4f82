package dev.runnel.engine.schedule;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Usage;
import dev.runnel.engine.reply.ReplyFormat;
import dev.runnel.testing.RecordingReader;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The scheduler stepped by hand, over a model that says what a test wants.
///
/// A prompt is its bytes. The model says after a prompt `say:…;` what stands between, and ends; after any
/// other it says `a`, `b`, … for ever.
class SchedulerTest {

    private static final long SECOND = 1_000_000_000L;

    private final AtomicLong clock = new AtomicLong();
    private final AtomicLong seeds = new AtomicLong(1000);
    private FakeModel model = new FakeModel(1000, 100_000, FakeModel.saying(SchedulerTest::next));
    private Executor intake = Runnable::run;
    private Vocabulary vocabulary = FakeModel.BYTES;
    private Scheduler scheduler = schedule(new Limits(16, 16, 64, Duration.ofHours(1)));

    private static int next(int[] history) {
        byte[] bytes = new byte[history.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) history[i];
        }
        String text = new String(bytes, ISO_8859_1);
        int end = text.indexOf(';');
        if (!text.startsWith("say:") || end < 0) {
            return 'a' + history.length % 26;
        }
        int generated = text.length() - end - 1;
        return generated < end - 4 ? text.charAt(4 + generated) : FakeModel.END;
    }

    private Scheduler schedule(Limits limits) {
        scheduler = new Scheduler(
                model, vocabulary, limits, task -> intake.execute(task), clock::get, seeds::getAndIncrement);
        return scheduler;
    }

    @AfterEach
    void everyRoomIsGivenBack() {
        scheduler.close();
        assertThat(model.reserved()).isZero();
        assertThat(scheduler.stats().running()).isZero();
        assertThat(scheduler.stats().waiting()).isZero();
    }

    private static CompletionRequest request(String prompt) {
        return CompletionRequest.of("fake", new Prompt.Text(prompt)).withSampling(Sampling.GREEDY);
    }

    private CompletionStream complete(CompletionRequest request) {
        return scheduler.complete(request, () -> {
            byte[] bytes = ((Prompt.Text) request.prompt()).text().getBytes(UTF_8);
            int[] tokens = new int[bytes.length];
            Arrays.setAll(tokens, i -> bytes[i] & 0xff);
            return new PreparedPrompt(
                    tokens, ReplyFormat.text(request.stopping().strings(), false));
        });
    }

    private RecordingReader read(CompletionRequest request) {
        return RecordingReader.of(complete(request)).request(Long.MAX_VALUE);
    }

    private void stepTimes(int times) {
        for (int i = 0; i < times; i++) {
            scheduler.step();
        }
    }

    private void stepToTheEnd() {
        while (scheduler.step()) {}
    }

    private Completion whole(CompletionRequest request) {
        RecordingReader reader = read(request);
        stepToTheEnd();
        return Completion.of(reader.events());
    }

    // One completion

    @Test
    void aCompletionStartsWhenItIsAdmittedAndNotWhenItIsFirstStepped() {
        RecordingReader reader = read(request("say:hi;"));

        assertThat(reader.events()).containsExactly(new Started("fake", 1));
        assertThat(scheduler.stats().waiting()).isEqualTo(1);
    }

    @Test
    void tokensArePublishedAsTheyAreSampledAndTheEndTokenIsCounted() {
        RecordingReader reader = read(request("say:hi;"));
        stepToTheEnd();

        assertThat(reader.events())
                .containsExactly(
                        new Started("fake", 1),
                        new Text(0, "h"),
                        new Text(0, "i"),
                        new Finished(0, FinishReason.STOP),
                        new Usage(7, 3));
        assertThat(reader.completed()).isTrue();
        assertThat(model.batches()).containsExactly(List.of(7), List.of(1), List.of(1));
    }

    @Test
    void aCharacterOfManyTokensIsOneEvent() {
        RecordingReader reader = read(request("say:é中;"));
        stepToTheEnd();

        assertThat(reader.events()).contains(new Text(0, "é"), new Text(0, "中"), new Usage(10, 6));
    }

    @Test
    void theTokenLimitEndsAChoiceForItsLength() {
        Completion whole = whole(request("say:hello;").withMaxTokens(3));

        assertThat(whole.choices()).containsExactly(new Completion.Choice("hel", "", FinishReason.LENGTH));
        assertThat(whole.usage()).isEqualTo(new Usage(10, 3));
    }

    @Test
    void anEndTokenAtTheLimitIsAnEnd() {
        Completion whole = whole(request("say:hi;").withMaxTokens(3));

        assertThat(whole.choices()).containsExactly(new Completion.Choice("hi", "", FinishReason.STOP));
    }

    @Test
    void theEndOfTheContextEndsAChoiceForItsLength() {
        Completion whole = whole(request("x".repeat(990)));

        assertThat(whole.text()).hasSize(10);
        assertThat(whole.choices().getFirst().reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(whole.usage()).isEqualTo(new Usage(990, 10));
    }

    @Test
    void aStopStringOverManyTokensEndsAChoiceAndTheTokensItCutAreCounted() {
        RecordingReader reader = read(request("say:one, two;").withStop(List.of(", t", "zzz")));
        stepToTheEnd();

        assertThat(reader.events())
                .containsExactly(
                        new Started("fake", 1),
                        new Text(0, "o"),
                        new Text(0, "n"),
                        new Text(0, "e"),
                        new Finished(0, FinishReason.STOP),
                        new Usage(13, 6));
    }

    @Test
    void whatWasHeldForAStopStringIsReleasedAtTheEndAndAtTheLimit() {
        assertThat(whole(request("say:one, ;").withStop(List.of(", t"))).text()).isEqualTo("one, ");
        assertThat(whole(request("say:one, two;").withStop(List.of(", t")).withMaxTokens(5))
                        .text())
                .isEqualTo("one, ");
    }

    @Test
    void halfACharacterAtTheLimitIsAReplacementCharacter() {
        assertThat(whole(request("say:a中;").withMaxTokens(3)).text()).isEqualTo("a\ufffd");
    }

    @Test
    void choicesInterleaveAndThePromptIsCountedOnce() {
        RecordingReader reader = read(request("say:ab;").withChoices(3));
        stepToTheEnd();

        assertThat(reader.events())
                .containsExactly(
                        new Started("fake", 3),
                        new Text(0, "a"),
                        new Text(1, "a"),
                        new Text(2, "a"),
                        new Text(0, "b"),
                        new Text(1, "b"),
                        new Text(2, "b"),
                        new Finished(0, FinishReason.STOP),
                        new Finished(1, FinishReason.STOP),
                        new Finished(2, FinishReason.STOP),
                        new Usage(7, 9));
    }

    @Test
    void choicesBeginAsThereIsRoomForThem() {
        schedule(new Limits(2, 16, 64, Duration.ofHours(1)));

        Completion whole = whole(request("say:ab;").withChoices(5));

        assertThat(whole.choices()).hasSize(5).allMatch(choice -> choice.text().equals("ab"));
        assertThat(whole.usage()).isEqualTo(new Usage(7, 15));
        assertThat(model.batches()).allMatch(batch -> batch.size() <= 2);
    }

    // Seeds

    @Test
    void aSeedGivesTheSameTextAloneAndInABatchAndEachChoiceItsOwn() {
        model = new FakeModel(1000, 100_000, SchedulerTest::chance);
        schedule(new Limits(16, 16, 7, Duration.ofHours(1)));
        CompletionRequest seeded = request("a prompt longer than a slice")
                .withSampling(new Sampling(1, 0.9, OptionalLong.of(42)))
                .withMaxTokens(30)
                .withChoices(2);
        Completion alone = whole(seeded);

        List<RecordingReader> others = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            others.add(read(request("other" + i).withSampling(Sampling.DEFAULT).withMaxTokens(10 + i)));
            scheduler.step();
        }
        RecordingReader reader = read(seeded);
        for (int i = 6; i < 12; i++) {
            others.add(read(request("other" + i).withSampling(Sampling.DEFAULT).withMaxTokens(10 + i)));
            scheduler.step();
        }
        stepToTheEnd();

        assertThat(Completion.of(reader.events())).isEqualTo(alone);
        assertThat(alone.choices().get(0).text())
                .isNotEqualTo(alone.choices().get(1).text());
        assertThat(others).allMatch(RecordingReader::completed);
    }

    @Test
    void aRequestWithoutASeedGetsAFreshOne() {
        model = new FakeModel(1000, 100_000, SchedulerTest::chance);
        schedule(new Limits(16, 16, 64, Duration.ofHours(1)));
        CompletionRequest unseeded =
                request("prompt").withSampling(Sampling.DEFAULT).withMaxTokens(20);

        seeds.set(5);
        String first = whole(unseeded).text();
        String second = whole(unseeded).text();
        seeds.set(5);
        String third = whole(unseeded).text();

        assertThat(second).isNotEqualTo(first);
        assertThat(third).isEqualTo(first);
    }

    /// Logits that look random and depend on the whole history.
    private static void chance(int[] history, float[] logits) {
        Random random = new Random(Arrays.hashCode(history));
        for (int token = 0; token < logits.length; token++) {
            logits[token] = token >= 'a' && token <= 'z' ? (float) random.nextGaussian() : -100;
        }
    }

    // The batch

    @Test
    void sequencesJoinAndLeaveBetweenSteps() {
        RecordingReader first = read(request("say:abcd;"));
        scheduler.step();
        RecordingReader second = read(request("say:x;"));
        stepToTheEnd();

        assertThat(model.batches()).containsExactly(List.of(9), List.of(1, 6), List.of(1, 1), List.of(1), List.of(1));
        assertThat(first.completed()).isTrue();
        assertThat(second.completed()).isTrue();
    }

    @Test
    void aLongPromptIsReadInSlicesBetweenWhichTheOthersGoOn() {
        RecordingReader quick = read(request("say:abcdefgh;"));
        scheduler.step();
        RecordingReader slow = read(request("p".repeat(150)).withMaxTokens(1));
        RecordingReader late = read(request("q".repeat(10)).withMaxTokens(1));
        stepToTheEnd();

        assertThat(model.batches().subList(1, 4)).containsExactly(List.of(1, 10, 54), List.of(1, 64), List.of(1, 32));
        assertThat(List.of(quick, slow, late)).allMatch(RecordingReader::completed);
    }

    @Test
    void aShortPromptDoesNotWaitForALongOneBeforeIt() {
        read(request("endless"));
        scheduler.step();
        RecordingReader slow = read(request("p".repeat(900)).withMaxTokens(1));
        RecordingReader shorter = read(request("q".repeat(70)).withMaxTokens(1));
        RecordingReader shortest = read(request("r".repeat(20)).withMaxTokens(1));
        for (int i = 0; i < 3; i++) {
            scheduler.step();
        }

        assertThat(List.of(shorter, shortest)).allMatch(RecordingReader::completed);
        assertThat(slow.hasEnded()).isFalse();
        assertThat(model.batches().subList(1, 4))
                .containsExactly(List.of(1, 20, 12, 32), List.of(1, 32, 32), List.of(1, 26, 38));
    }

    @Test
    void thoseWithAsMuchToReadTakeTheirTurns() {
        for (char each = 'p'; each < 't'; each++) {
            read(request(String.valueOf(each).repeat(100)).withMaxTokens(1));
        }
        stepToTheEnd();

        assertThat(model.batches().subList(0, 3)).containsExactly(List.of(64), List.of(36, 28), List.of(64));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 64})
    void aLongPromptGetsOnAmongShortOnes(int promptTokensPerStep) {
        schedule(new Limits(16, 16, promptTokensPerStep, Duration.ofHours(1)));
        read(request("endless"));
        stepTimes(7);
        RecordingReader slow = read(request("p".repeat(100)).withMaxTokens(1));
        int tokens = 0;
        while (!slow.hasEnded()) {
            if (scheduler.stats().running() < 8) {
                read(request("short").withMaxTokens(1));
            }
            scheduler.step();
            tokens += promptTokensPerStep;
        }

        assertThat(tokens).isLessThanOrEqualTo(2 * 100 + promptTokensPerStep);
        assertThat(scheduler.stats().completed()).as("short ones too").isGreaterThanOrEqualTo(3);
    }

    @Test
    void aLongPromptHoldsUpThoseWhoAnswerNoLongerThanAllowed() {
        scheduler = new Scheduler(
                model,
                vocabulary,
                new Limits(16, 16, 256, Duration.ofMillis(50)),
                task -> intake.execute(task),
                clock::get,
                seeds::getAndIncrement);
        // A step takes 10 ms and 2 ms for each token of it.
        model.beforeForward(tokens -> clock.addAndGet((10 + 2 * tokens) * SECOND / 1000));
        read(request("endless"));
        for (int i = 0; i < 3; i++) {
            scheduler.step();
        }

        RecordingReader slow = read(request("p".repeat(300)).withMaxTokens(2));
        long worst = 0;
        int steps = 0;
        while (!slow.hasEnded()) {
            long before = clock.get();
            scheduler.step();
            worst = Math.max(worst, clock.get() - before);
            steps++;
        }

        assertThat(worst).isLessThanOrEqualTo(62 * SECOND / 1000);
        assertThat(steps).as("and it gets on").isLessThan(25);
    }

    @Test
    void aReaderWithoutDemandHoldsBackOnlyItselfAndGoesOnWhereItStood() {
        RecordingReader silent =
                RecordingReader.of(complete(request("say:abcd;"))).request(2);
        scheduler.step();
        assertThat(silent.events()).hasSize(2);
        RecordingReader other = read(request("say:xy;"));
        stepToTheEnd();

        assertThat(other.completed()).isTrue();
        assertThat(silent.events()).hasSize(2);
        assertThat(scheduler.stats().running()).isEqualTo(1);
        silent.request(Long.MAX_VALUE);
        stepToTheEnd();
        assertThat(Completion.of(silent.events()).text()).isEqualTo("abcd");
        assertThat(scheduler.stats().promptTokens()).isEqualTo(9 + 7);
    }

    @Test
    void aReaderWithoutDemandLeavesItsPlaceToThoseThatWaitAndGoesFirstWhenItAsksAgain() {
        schedule(new Limits(1, 16, 64, Duration.ofHours(1)));
        RecordingReader silent =
                RecordingReader.of(complete(request("say:abcd;"))).request(2);
        scheduler.step();
        RecordingReader other = read(request("say:xyzw;"));
        scheduler.step();
        scheduler.step();
        assertThat(other.events()).hasSizeGreaterThan(1);
        assertThat(other.hasEnded()).isFalse();

        silent.request(Long.MAX_VALUE);
        while (!silent.hasEnded()) {
            scheduler.step();
        }

        assertThat(Completion.of(silent.events()).text()).isEqualTo("abcd");
        assertThat(other.hasEnded()).isFalse();
        stepToTheEnd();
        assertThat(Completion.of(other.events()).text()).isEqualTo("xyzw");
        assertThat(model.batches()).allMatch(batch -> batch.size() <= 1);
    }

    @Test
    void thoseWhoseReadersAskForNothingHaveNoRowOfLogits() {
        Set<float[]> rows = Collections.newSetFromMap(new IdentityHashMap<>());
        model = new FakeModel(1000, 100_000, (history, logits) -> {
            rows.add(logits);
            FakeModel.saying(SchedulerTest::next).write(history, logits);
        });
        schedule(new Limits(2, 16, 64, Duration.ofHours(1)));
        List<RecordingReader> readers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            readers.add(RecordingReader.of(complete(request("say:abcd;"))).request(2));
            scheduler.step();
        }
        assertThat(scheduler.stats().running()).isEqualTo(6);

        readers.forEach(reader -> reader.request(Long.MAX_VALUE));
        stepToTheEnd();

        assertThat(readers)
                .allMatch(reader -> Completion.of(reader.events()).text().equals("abcd"));
        assertThat(rows).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void oneWhoseReaderAsksForNothingIsPassedOverInTheQueue() {
        schedule(new Limits(1, 16, 64, Duration.ofHours(1)));
        RecordingReader silent =
                RecordingReader.of(complete(request("say:abcd;"))).request(1);
        RecordingReader other = read(request("say:xy;"));
        stepToTheEnd();

        assertThat(other.completed()).isTrue();
        assertThat(silent.events()).containsExactly(new Started("fake", 1));
        silent.request(Long.MAX_VALUE);
        stepToTheEnd();
        assertThat(silent.completed()).isTrue();
    }

    @Test
    void eachEventWaitsToBeAskedFor() {
        RecordingReader reader = RecordingReader.of(complete(request("say:abc;")));
        for (int asked = 1; asked <= 6; asked++) {
            reader.request(1);
            stepToTheEnd();

            assertThat(reader.events()).hasSize(asked);
        }
        assertThat(reader.completed()).isTrue();
    }

    // Room

    @Test
    void oneMoreThanMayRunWaitsForAPlace() {
        schedule(new Limits(2, 16, 64, Duration.ofHours(1)));
        List<RecordingReader> readers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            readers.add(read(request("say:ab;")));
        }
        scheduler.step();

        assertThat(scheduler.stats().running()).isEqualTo(2);
        assertThat(scheduler.stats().waiting()).isEqualTo(3);
        stepToTheEnd();
        assertThat(model.batches()).allMatch(batch -> batch.size() <= 2);
        assertThat(readers).allMatch(RecordingReader::completed);
    }

    @Test
    void oneForWhichTheCacheHasNoRoomWaitsAndIsNotOvertaken() {
        model = new FakeModel(100, 140, FakeModel.saying(SchedulerTest::next));
        schedule(new Limits(16, 16, 64, Duration.ofHours(1)));
        RecordingReader first = read(request("say:abc;").withMaxTokens(80));
        RecordingReader large = read(request("say:x;").withMaxTokens(90));
        RecordingReader small = read(request("say:y;").withMaxTokens(2));
        scheduler.step();

        assertThat(scheduler.stats().running()).isEqualTo(1);
        assertThat(large.events()).hasSize(1);
        assertThat(small.events()).hasSize(1);
        stepToTheEnd();
        assertThat(List.of(first, large, small)).allMatch(RecordingReader::completed);
    }

    @Test
    void roomIsFreeBeforeTheReaderHearsOfTheEnd() {
        List<Integer> reserved = new ArrayList<>();
        var _ = complete(request("say:ab;")).completion().thenRun(() -> reserved.add(model.reserved()));
        stepToTheEnd();

        assertThat(reserved).containsExactly(0);
    }

    // Refusals

    private static BackendException refusal(RecordingReader reader) {
        assertThat(reader.events()).isEmpty();
        return reader.failure();
    }

    @Test
    void whatCanNeverFitIsRefusedWithTheCountsBeforeItStarts() {
        BackendException tooMany = refusal(read(request("p".repeat(812)).withMaxTokens(9000)));
        BackendException tooLong = refusal(read(request("p".repeat(1000))));

        assertThat(tooMany.kind()).isEqualTo(BackendException.Kind.CONTEXT_LENGTH_EXCEEDED);
        assertThat(tooMany)
                .hasMessage(
                        "a reply of up to 9000 tokens was asked for, but the prompt's 812 tokens leave 188 of the model's 1000");
        assertThat(tooLong.kind()).isEqualTo(BackendException.Kind.CONTEXT_LENGTH_EXCEEDED);
        assertThat(tooLong).hasMessage("the prompt has 1000 tokens, which leave none of the model's 1000 for a reply");
        assertThat(scheduler.stats().refused()).isEqualTo(2);
    }

    @Test
    void aPromptOfNoTokensIsRefused() {
        assertThat(refusal(read(request(""))).kind()).isEqualTo(BackendException.Kind.INVALID_REQUEST);
    }

    @Test
    void aPromptThatCantBePreparedIsRefusedWithItsReason() {
        BackendException reason = BackendException.invalidRequest("messages", "roles must alternate");

        RecordingReader refused = RecordingReader.of(scheduler.complete(request("x"), () -> {
                    throw reason;
                }))
                .request(1);
        RecordingReader broken = RecordingReader.of(scheduler.complete(request("x"), () -> {
                    throw new StackOverflowError();
                }))
                .request(1);

        assertThat(refusal(refused)).isSameAs(reason);
        assertThat(refusal(broken).kind()).isEqualTo(BackendException.Kind.INTERNAL);
    }

    @Test
    void whenTheQueueIsFullOneMoreIsToldWhenToComeBack() {
        schedule(new Limits(2, 3, 64, Duration.ofHours(1)));
        model.beforeForward(_ -> clock.addAndGet(2 * SECOND));
        whole(request("say:a;")); // two steps of two seconds
        for (int i = 0; i < 5; i++) {
            read(request("say:a;"));
        }

        BackendException refusal = refusal(read(request("say:a;")));

        assertThat(refusal.kind()).isEqualTo(BackendException.Kind.OVERLOADED);
        assertThat(refusal.retryAfter()).contains(Duration.ofSeconds(3 * 4));
        assertThat(refusal).hasMessage("5 completions run or wait, as many as this engine takes; try again in 12 s");
        stepToTheEnd();
        assertThat(read(request("say:a;")).events()).hasSize(1);
    }

    // Leaving

    @Test
    void oneThatLeavesDuringItsPreparationIsNeverAdmitted() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        intake = tasks::add;
        RecordingReader reader = read(request("say:a;"));
        assertThat(scheduler.stats().waiting()).isEqualTo(1);

        reader.cancel();
        tasks.remove().run();

        assertThat(scheduler.step()).isFalse();
        assertThat(scheduler.stats().waiting()).isZero();
        assertThat(scheduler.stats().cancelled()).isEqualTo(1);
        assertThat(scheduler.stats().lostTokens()).isZero();
    }

    @Test
    void oneThatLeavesTheQueueGivesItsPlaceFree() {
        schedule(new Limits(1, 1, 64, Duration.ofHours(1)));
        read(request("endless"));
        RecordingReader queued = read(request("say:a;"));
        scheduler.step();

        queued.cancel();
        scheduler.step();

        assertThat(scheduler.stats().waiting()).isZero();
        assertThat(read(request("say:a;")).events()).hasSize(1);
    }

    @Test
    void oneThatLeavesInItsPromptIsNotReadOn() {
        RecordingReader reader = read(request("p".repeat(500)));
        scheduler.step();
        scheduler.step();

        reader.cancel();

        assertThat(scheduler.step()).isFalse();
        assertThat(model.reserved()).isZero();
        assertThat(scheduler.stats().cancelled()).isEqualTo(1);
        assertThat(scheduler.stats().lostTokens()).isEqualTo(128);
    }

    @Test
    void oneThatLeavesInItsAnswerStopsWithAllItsChoices() {
        RecordingReader reader = read(request("endless").withChoices(3));
        scheduler.step();
        scheduler.step();

        reader.cancel();

        assertThat(scheduler.step()).isFalse();
        assertThat(model.reserved()).isZero();
        assertThat(scheduler.stats().cancelled()).isEqualTo(1);
        assertThat(scheduler.stats().completed()).isZero();
        assertThat(scheduler.stats().lostTokens()).isEqualTo(7 + 3 * 2);
        assertThat(scheduler.stats().promptTokens()).isEqualTo(7);
        assertThat(scheduler.stats().generatedTokens()).isEqualTo(3 * 2);
    }

    @Test
    void closingAStreamIsLeavingToo() {
        CompletionStream stream = complete(request("endless"));
        RecordingReader reader = RecordingReader.of(stream).request(Long.MAX_VALUE);
        scheduler.step();

        stream.close();

        assertThat(scheduler.step()).isFalse();
        assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.CLOSED);
        assertThat(model.reserved()).isZero();
    }

    // Faults

    @Test
    void aFaultOfTheModelEndsThoseInTheStepAndNoOthers() {
        RecordingReader silent =
                RecordingReader.of(complete(request("say:ab;"))).request(2);
        scheduler.step();
        RecordingReader hit = read(request("endless"));
        RecordingReader hitToo = read(request("endless").withChoices(2));
        scheduler.step();
        model.beforeForward(_ -> {
            throw new InternalError("a fault occurred in an unsafe memory access operation");
        });

        scheduler.step();

        for (RecordingReader reader : List.of(hit, hitToo)) {
            assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.INTERNAL);
            assertThat(reader.failure())
                    .hasMessage("the model failed while it computed a step")
                    .hasRootCauseMessage("a fault occurred in an unsafe memory access operation");
        }
        assertThat(scheduler.stats().failed()).isEqualTo(2);
        assertThat(scheduler.stats().lostTokens()).isEqualTo((7 + 1) + (7 + 2));
        model.beforeForward(_ -> {});
        silent.request(Long.MAX_VALUE);
        RecordingReader next = read(request("say:next;"));
        stepToTheEnd();
        assertThat(Completion.of(silent.events()).text()).isEqualTo("ab");
        assertThat(Completion.of(next.events()).text()).isEqualTo("next");
    }

    @Test
    void aFaultWhileAStepIsPutTogetherEndsThoseInItAndNotTheEngine() {
        RecordingReader silent =
                RecordingReader.of(complete(request("say:ab;"))).request(2);
        RecordingReader hit = read(request("endless"));
        scheduler.step();
        model.beforeReserve(() -> {
            throw new InternalError("a fault in the memory");
        });

        assertThat(scheduler.step()).isTrue();

        model.beforeReserve(() -> {});
        assertThat(hit.failure().kind()).isEqualTo(BackendException.Kind.INTERNAL);
        assertThat(hit.failure()).hasRootCauseMessage("a fault in the memory");
        silent.request(Long.MAX_VALUE);
        RecordingReader next = read(request("say:next;"));
        stepToTheEnd();
        assertThat(Completion.of(silent.events()).text()).isEqualTo("ab");
        assertThat(Completion.of(next.events()).text()).isEqualTo("next");
    }

    @Test
    void logitsThatAreNoNumbersEndOneCompletionAndNotItsNeighbours() {
        for (int threads : new int[] {1, 2}) {
            scheduler.close();
            model = new FakeModel(1000, 100_000, (history, logits) -> {
                        FakeModel.saying(SchedulerTest::next).write(history, logits);
                        if (history[0] == 'b' && history.length == 6) {
                            logits[77] = Float.NaN;
                        }
                    })
                    .withThreads(threads);
            schedule(new Limits(16, 16, 64, Duration.ofHours(1)));
            RecordingReader bad = read(request("bad").withChoices(2));
            RecordingReader good = read(request("say:fine;"));
            stepToTheEnd();

            assertThat(bad.failure().kind()).isEqualTo(BackendException.Kind.INTERNAL);
            assertThat(bad.failure()).hasMessage("the model gave token 77 the logit NaN, expected a finite number");
            assertThat(Completion.of(good.events()).text()).isEqualTo("fine");
        }
    }

    @Test
    void tokensDrawnOnSeveralThreadsAreThoseThatOneWouldDraw() {
        FakeModel.Script script = (history, logits) -> {
            for (int i = 0; i < logits.length; i++) {
                logits[i] = i == FakeModel.END ? -9 : (i * 31 + history.length * 17) % 7;
            }
        };
        List<CompletionRequest> requests = IntStream.range(0, 5)
                .mapToObj(i -> request("draw " + i)
                        .withChoices(2)
                        .withMaxTokens(20)
                        .withSampling(new Sampling(1, 0.9, 0, 0, 1, 1, 0.1 * i, 0, Map.of(), OptionalLong.of(i))))
                .toList();
        List<List<List<String>>> replies = new ArrayList<>();
        for (int threads : new int[] {1, 3}) {
            scheduler.close();
            model = new FakeModel(1000, 100_000, script).withThreads(threads);
            schedule(new Limits(16, 16, 64, Duration.ofHours(1)));
            List<RecordingReader> readers = requests.stream().map(this::read).toList();
            stepToTheEnd();
            replies.add(readers.stream().map(SchedulerTest::texts).toList());
            assertThat(model.partsDone()).isEqualTo(threads == 1 ? 0 : threads * 19); // the first tokens end a prompt
        }

        assertThat(replies.getLast()).isEqualTo(replies.getFirst());
    }

    private static List<String> texts(RecordingReader reader) {
        Completion completion = Completion.of(reader.events());
        return completion.choices().stream().map(Completion.Choice::text).toList();
    }

    @Test
    void aTokenThatHasNoTextIsAFaultOfOneCompletion() {
        vocabulary = new Vocabulary() {
            @Override
            public boolean isEndOfGeneration(int token) {
                return FakeModel.BYTES.isEndOfGeneration(token);
            }

            @Override
            public byte[] bytes(int token) {
                if (token == '!') {
                    throw new IllegalStateException("no text for token 33");
                }
                return FakeModel.BYTES.bytes(token);
            }

            @Override
            public byte[] bytesWithSpecial(int token) {
                return FakeModel.BYTES.bytesWithSpecial(token);
            }
        };
        schedule(new Limits(16, 16, 64, Duration.ofHours(1)));
        RecordingReader bad = read(request("say:a!;"));
        RecordingReader good = read(request("say:abc;"));
        stepToTheEnd();

        assertThat(bad.failure().kind()).isEqualTo(BackendException.Kind.INTERNAL);
        assertThat(bad.failure()).hasRootCauseMessage("no text for token 33");
        assertThat(good.completed()).isTrue();
    }

    // Closing

    @Test
    void closingFailsWhatIsPreparedWhatWaitsAndWhatRuns() {
        schedule(new Limits(1, 16, 64, Duration.ofHours(1)));
        RecordingReader running = read(request("endless"));
        RecordingReader waiting = read(request("say:a;"));
        scheduler.step();
        Queue<Runnable> tasks = new ArrayDeque<>();
        intake = tasks::add;
        RecordingReader prepared = read(request("say:a;"));

        scheduler.close();
        tasks.remove().run();
        RecordingReader late = read(request("say:a;"));
        tasks.remove().run();

        for (RecordingReader reader : List.of(running, waiting, prepared, late)) {
            assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.SHUTTING_DOWN);
        }
        assertThat(prepared.events()).isEmpty();
        assertThat(late.events()).isEmpty();
        assertThat(model.isClosed()).isTrue();
    }

    @Test
    void closingReachesAReaderThatHasStoppedAsking() {
        RecordingReader silent =
                RecordingReader.of(complete(request("endless").withChoices(3))).request(2);
        scheduler.step();
        assertThat(silent.events()).hasSize(2);

        scheduler.close();

        assertThat(silent.events()).hasSize(2);
        assertThat(silent.failure().kind()).isEqualTo(BackendException.Kind.SHUTTING_DOWN);
        assertThat(scheduler.stats().failed()).isEqualTo(1);
        assertThat(scheduler.stats().cancelled()).isZero();
    }
}
