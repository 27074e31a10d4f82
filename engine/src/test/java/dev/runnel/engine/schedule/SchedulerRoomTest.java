package dev.runnel.engine.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.core.TokenEvent;
import dev.runnel.engine.reply.ReplyFormat;
import dev.runnel.testing.RecordingReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Room in the cache: how it grows, who gives it up, and who reads what others have read.
class SchedulerRoomTest {

    private FakeModel model = new FakeModel(200, 400, SchedulerRoomTest::chance);
    private Scheduler scheduler = schedule();

    /// Letters that look random and depend on the whole history; an end now and then.
    private static void chance(int[] history, float[] logits) {
        Random random = new Random(Arrays.hashCode(history));
        Arrays.fill(logits, -100);
        for (int token = 'a'; token <= 'z'; token++) {
            logits[token] = (float) random.nextGaussian();
        }
        logits[FakeModel.END] = -1;
    }

    private Scheduler schedule() {
        return schedule(32);
    }

    private Scheduler schedule(int promptTokensPerStep) {
        scheduler = new Scheduler(
                model,
                FakeModel.BYTES,
                new Limits(16, 100, promptTokensPerStep, Duration.ofHours(1)),
                Runnable::run,
                System::nanoTime,
                () -> 1);
        return scheduler;
    }

    @AfterEach
    void everyRoomIsGivenBack() {
        scheduler.close();
        assertThat(model.reserved()).isZero();
    }

    private static CompletionRequest request(String prompt) {
        return CompletionRequest.of("fake", new Prompt.Text(prompt))
                .withSampling(new Sampling(1, 1, OptionalLong.of(prompt.hashCode())));
    }

    private static CompletionRequest endless(String prompt) {
        return request(prompt)
                .withSampling(new Sampling(1, 1, 0, 0, 1, 1, 0, 0, Map.of(FakeModel.END, -100.0), OptionalLong.of(1)));
    }

    private CompletionStream complete(CompletionRequest request) {
        int[] tokens = ((Prompt.Text) request.prompt()).text().chars().toArray();
        return scheduler.complete(
                request,
                () -> new PreparedPrompt(
                        tokens, ReplyFormat.text(request.stopping().strings(), false)));
    }

    private RecordingReader read(CompletionRequest request) {
        return RecordingReader.of(complete(request)).request(Long.MAX_VALUE);
    }

    private void stepToTheEnd() {
        while (scheduler.step()) {}
    }

    private Completion whole(CompletionRequest request) {
        RecordingReader reader = read(request);
        stepToTheEnd();
        return Completion.of(reader.events());
    }

    // Growing

    @Test
    void requestsWithoutALimitDontWaitForEachOther() {
        List<RecordingReader> readers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            readers.add(read(endless("unlimited " + i)));
        }
        scheduler.step();

        assertThat(scheduler.stats().running()).isEqualTo(5);
        stepToTheEnd();
        assertThat(readers).allMatch(RecordingReader::completed);
    }

    @Test
    void whereRoomRunsOutTheYoungestGivesItsUpAndGoesOnLaterAsIfNothingHadBeen() {
        List<CompletionRequest> requests = new ArrayList<>();
        List<Completion> alone = new ArrayList<>();
        for (int i = 0; requests.size() < 6; i++) {
            CompletionRequest request = request("long " + i).withCachePrompt(i % 2 == 0);
            Completion reply = whole(request);
            if (reply.text().length() > 80) {
                requests.add(request);
                alone.add(reply);
            }
        }
        assertThat(scheduler.stats().repeatedTokens()).isZero();

        List<RecordingReader> readers = requests.stream().map(this::read).toList();
        stepToTheEnd();

        for (int i = 0; i < readers.size(); i++) {
            assertThat(Completion.of(readers.get(i).events())).isEqualTo(alone.get(i));
        }
        assertThat(scheduler.stats().repeatedTokens()).isPositive();
    }

    @Test
    void aReaderThatAsksForNothingGivesItsRoomToThoseWhoDo() {
        CompletionRequest first = request("first");
        String alone = whole(first).text();
        model = new FakeModel(200, 200, SchedulerRoomTest::chance);
        scheduler.close();
        schedule();
        RecordingReader silent = RecordingReader.of(complete(first)).request(4);
        stepToTheEnd();

        RecordingReader other = read(request("x".repeat(150)).withMaxTokens(40));
        stepToTheEnd();

        assertThat(other.completed()).isTrue();
        silent.request(Long.MAX_VALUE);
        stepToTheEnd();
        assertThat(Completion.of(silent.events()).text()).isEqualTo(alone);
    }

    @Test
    void oneThatGaveItsRoomUpAndCanNotHaveItBackFailsAlone() {
        model = new FakeModel(200, 200, SchedulerRoomTest::chance);
        scheduler.close();
        schedule();
        RecordingReader silent =
                RecordingReader.of(complete(endless("first").withChoices(2))).request(4);
        stepToTheEnd();
        whole(request("x".repeat(150)).withMaxTokens(40));
        model.beforeReserve(() -> {
            throw new InternalError("a fault in the memory");
        });

        silent.request(Long.MAX_VALUE);
        stepToTheEnd();

        assertThat(silent.failure().kind()).isEqualTo(BackendException.Kind.INTERNAL);
        model.beforeReserve(() -> {});
        assertThat(whole(endless("second").withMaxTokens(9)).text()).hasSize(9);
    }

    @Test
    void oneThatGaveItsRoomUpAndIsLeftCostsNothingMore() {
        List<RecordingReader> readers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            readers.add(read(endless("endless " + i)));
        }
        for (int i = 0; i < 80; i++) {
            scheduler.step();
        }

        readers.forEach(RecordingReader::cancel);
        scheduler.step();

        assertThat(model.reserved()).isZero();
        assertThat(scheduler.stats().cancelled()).isEqualTo(6);
    }

    /// Any mix of readers, some of which stop asking and some of which leave, over a cache that is far too small:
    /// all that go on get what they would get alone.
    @Test
    void underAnyLoadEveryoneGetsInTheEndWhatTheyWouldGetAlone() {
        Random random = new Random(42);
        Map<String, Completion> alone = new HashMap<>();
        for (int i = 0; i < 12; i++) {
            for (int choices = 1; choices <= 3; choices++) {
                alone.put(i + "/" + choices, whole(mixed(i, choices)));
            }
        }
        for (int round = 0; round < 30; round++) {
            model = round % 2 == 0
                    ? new FakeModel(200, 260, SchedulerRoomTest::chance)
                    : new FakeModel(200, 260, SchedulerRoomTest::chance).remembering();
            scheduler.close();
            schedule();
            Map<RecordingReader, String> readers = new HashMap<>();
            for (int i = 0; i < 25; i++) {
                int choices = random.nextInt(1, 4);
                int prompt = random.nextInt(12);
                RecordingReader reader =
                        RecordingReader.of(complete(mixed(prompt, choices))).request(random.nextInt(1, 40));
                readers.put(reader, prompt + "/" + choices);
                for (int steps = random.nextInt(6); steps > 0; steps--) {
                    scheduler.step();
                }
                if (random.nextInt(6) == 0) {
                    reader.cancel();
                    readers.remove(reader);
                }
            }
            for (int more = 0; more < 400; more++) {
                readers.keySet().forEach(reader -> reader.request(1));
                scheduler.step();
            }
            readers.keySet().forEach(reader -> reader.request(Long.MAX_VALUE));
            stepToTheEnd();

            readers.forEach(
                    (reader, key) -> assertThat(Completion.of(reader.events()).choices())
                            .as(key)
                            .isEqualTo(alone.get(key).choices()));
        }
    }

    private static CompletionRequest mixed(int prompt, int choices) {
        return request("common beginning " + "p".repeat(prompt * 7)).withChoices(choices);
    }

    // Sharing

    @Test
    void choicesShareTheReadingOfThePrompt() {
        RecordingReader reader = read(request("p".repeat(80)).withMaxTokens(3).withChoices(4));
        stepToTheEnd();

        assertThat(model.batches().subList(0, 4))
                .containsExactly(List.of(32), List.of(32), List.of(16), List.of(1, 1, 1, 1));
        assertThat(Completion.of(reader.events()).usage().promptTokens()).isEqualTo(80);
        assertThat(scheduler.stats().promptTokens()).isEqualTo(80);
    }

    @Test
    void aChoiceForWhichThereIsNoRoomAtFirstComesLater() {
        model = new FakeModel(200, 205, SchedulerRoomTest::chance);
        scheduler.close();
        schedule();
        CompletionRequest request = request("p".repeat(100)).withMaxTokens(50).withChoices(3);

        Completion whole = whole(request);

        model = new FakeModel(200, 2000, SchedulerRoomTest::chance);
        scheduler.close();
        schedule();
        assertThat(whole.choices()).isEqualTo(whole(request).choices());
    }

    @Test
    void whatAnEarlierRequestReadIsCachedAndTold() {
        model = model.remembering();
        Completion first = whole(request("a long beginning, and one end").withMaxTokens(5));
        Completion second = whole(request("a long beginning, and another").withMaxTokens(5));

        assertThat(first.usage().cachedTokens()).isZero();
        assertThat(second.usage().cachedTokens()).isEqualTo("a long beginning, and ".length());
        assertThat(second.usage().promptTokens()).isEqualTo(first.usage().promptTokens());
        assertThat(scheduler.stats().cachedTokens()).isEqualTo(second.usage().cachedTokens());
        assertThat(scheduler.stats().promptTokens())
                .isEqualTo(2 * 29 - second.usage().cachedTokens());
        assertThat(scheduler.stats().hitRate()).isEqualTo(second.usage().cachedTokens() / 58.0);
    }

    @Test
    void aPromptThatIsWhollyCachedIsReadToItsLastToken() {
        model = model.remembering();
        CompletionRequest request = request("the same prompt").withMaxTokens(5);
        Completion first = whole(request);

        Completion second = whole(request);

        assertThat(second.choices()).isEqualTo(first.choices());
        assertThat(second.usage()).isEqualTo(new TokenEvent.Usage(15, 14, 5, 0));
    }

    @Test
    void thoseWhoArriveTogetherReadWhatTheyShareOnce() {
        model = model.remembering();
        List<RecordingReader> readers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            readers.add(read(request("s".repeat(100) + i).withMaxTokens(2)));
        }
        stepToTheEnd();

        assertThat(scheduler.stats().promptTokens())
                .isEqualTo(101 + 5 + 5); // of the step in which it has been read, the others had a part
        assertThat(readers.stream()
                        .map(reader -> Completion.of(reader.events()).usage().cachedTokens()))
                .containsExactly(0, 96, 96);
    }

    @Test
    void promptsThatFitInOneStepReadWhatTheyShareOnceToo() {
        scheduler.close();
        model = new FakeModel(200, 400, SchedulerRoomTest::chance).remembering();
        schedule(128);
        List<RecordingReader> readers = Stream.of(
                        "other", "s".repeat(33), "s".repeat(32) + "ab", "s".repeat(31) + "abc")
                .map(prompt -> read(request(prompt).withMaxTokens(1)))
                .toList();
        stepToTheEnd();

        assertThat(readers.stream()
                        .map(reader -> Completion.of(reader.events()).usage().cachedTokens()))
                .containsExactly(0, 0, 32, 0);
        assertThat(scheduler.stats().promptTokens()).isEqualTo(5 + 33 + 2 + 34);
    }

    @Test
    void aShortPromptThatBeginsLikeALongOneWaitsForWhatThatReads() {
        model = model.remembering();
        String beginning = "s".repeat(96);
        RecordingReader slow = read(request(beginning + "a".repeat(90)).withMaxTokens(1));
        scheduler.step();
        RecordingReader quick = read(request(beginning + "b".repeat(10)).withMaxTokens(1));
        RecordingReader other = read(request("another beginning").withMaxTokens(1));
        while (!quick.hasEnded()) {
            scheduler.step();
        }

        assertThat(slow.hasEnded()).isFalse();
        assertThat(other.completed()).isTrue();
        assertThat(Completion.of(quick.events()).usage().cachedTokens()).isEqualTo(96);
        stepToTheEnd();
        assertThat(scheduler.stats().promptTokens()).isEqualTo(186 + 10 + 17);
    }

    @Test
    void oneThatDoesNotWantTheCacheReadsItsPromptItself() {
        model = model.remembering();
        CompletionRequest unshared = request("a secret prompt").withMaxTokens(5).withCachePrompt(false);
        whole(unshared);
        assertThat(whole(request("a secret prompt").withMaxTokens(5)).usage().cachedTokens())
                .isZero();

        assertThat(whole(unshared).usage().cachedTokens()).isZero();
    }

    // The ledger

    @Test
    void aStreamTellsWhatItHasCostSoFarAlsoWhenItWasLeft() {
        CompletionStream stream =
                complete(request("p".repeat(40)).withChoices(2).withMaxTokens(10));
        assertThat(stream.spent()).contains(new TokenEvent.Usage(0, 0));
        RecordingReader reader = RecordingReader.of(stream).request(Long.MAX_VALUE);
        scheduler.step();
        assertThat(stream.spent()).contains(new TokenEvent.Usage(32, 0));
        scheduler.step();
        scheduler.step();

        reader.cancel();
        scheduler.step();

        assertThat(stream.spent()).contains(new TokenEvent.Usage(40, 4));
        assertThat(scheduler.stats().lostTokens()).isEqualTo(44);
    }

    @Test
    void aPromptCountsOnceAlsoIfItsRoomWasLostInTheMiddle() {
        model = new FakeModel(200, 174, SchedulerRoomTest::chance);
        scheduler.close();
        schedule();
        RecordingReader older = read(endless("first").withMaxTokens(120));
        for (int i = 0; i < 62; i++) {
            scheduler.step();
        }
        CompletionStream younger = complete(request("p".repeat(100)).withMaxTokens(5));
        RecordingReader reader = RecordingReader.of(younger).request(Long.MAX_VALUE);
        while (model.reserved() != 70) { // it had room for 105, until the older one needed a 70th
            scheduler.step();
        }
        assertThat(younger.spent()).contains(new TokenEvent.Usage(96, 0));
        stepToTheEnd();

        assertThat(older.completed()).isTrue();
        assertThat(Completion.of(reader.events()).usage().promptTokens()).isEqualTo(100);
        assertThat(scheduler.stats().promptTokens()).isEqualTo(5 + 100);
        assertThat(scheduler.stats().repeatedTokens()).isEqualTo(96);
    }

    @Test
    void waitingIsMeasured() {
        whole(request("x").withMaxTokens(1));

        assertThat(scheduler.stats().queued()).isPositive();
    }
}
