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
import dev.runnel.testing.Await;
import dev.runnel.testing.RecordingReader;
import dev.runnel.testing.TextListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The scheduler on its own thread, under readers that come and go as they like.
class SchedulerThreadTest {

    /// Says the alphabet after every prompt, and ends; after a prompt that begins with `z`, never.
    private final FakeModel model = new FakeModel(
            100_000,
            1_000_000,
            FakeModel.saying(
                    history -> history[0] != 'z' && history.length > 26 ? FakeModel.END : 'a' + history.length % 26));

    private final ExecutorService intake = Executors.newSingleThreadExecutor();
    private final Scheduler scheduler = new Scheduler(
            model, FakeModel.BYTES, new Limits(8, 1000, 16, Duration.ofHours(1)), intake, System::nanoTime, () -> 1);

    @BeforeEach
    void start() {
        scheduler.start(() -> {});
    }

    @AfterEach
    void close() {
        scheduler.close();
        intake.shutdown();
        assertThat(model.reserved()).isZero();
        assertThat(model.isClosed()).isTrue();
    }

    private CompletionStream complete(String prompt) {
        return complete(scheduler, prompt);
    }

    private static CompletionStream complete(Scheduler scheduler, String prompt) {
        CompletionRequest request = CompletionRequest.of("fake", new Prompt.Text(prompt))
                .withSampling(Sampling.GREEDY)
                .withMaxTokens(1000);
        return scheduler.complete(
                request,
                () -> new PreparedPrompt(
                        prompt.chars().toArray(),
                        ReplyFormat.text(request.stopping().strings(), false)));
    }

    @Test
    void readersThatComeAndGoAllGetWhatTheyWaitFor() throws Exception {
        String alphabet = Completion.of(complete("a")).text();
        List<Future<Boolean>> readers = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 300; i++) {
                Random random = new Random(i);
                readers.add(threads.submit(() -> {
                    int events = random.nextBoolean() ? Integer.MAX_VALUE : random.nextInt(20);
                    StringBuilder text = new StringBuilder();
                    try (CompletionStream stream = complete("a")) {
                        for (TokenEvent event : stream) {
                            if (event instanceof TokenEvent.Text(var _, var piece, var _)) {
                                text.append(piece);
                            }
                            if (--events < 0) {
                                break;
                            }
                        }
                    }
                    return events < 0 ? alphabet.startsWith(text.toString()) : alphabet.contentEquals(text);
                }));
            }
        }

        for (Future<Boolean> reader : readers) {
            assertThat(reader.get()).isTrue();
        }
        Await.until(
                "the work to stop",
                () -> scheduler.stats().running() + scheduler.stats().waiting() == 0);
        assertThat(scheduler.stats().completed() + scheduler.stats().cancelled())
                .isEqualTo(301);
        assertThat(scheduler.stats().failed()).isZero();
    }

    @Test
    void theLoopParksWhenThereIsNothingToDoAndWakesForTheNext() {
        Completion.of(complete("a"));

        Await.until("the loop to park", () -> loop().getState() == Thread.State.WAITING);

        assertThat(Completion.of(complete("a")).text()).hasSize(26);
    }

    @Test
    void theLoopParksWhileNoReaderAsks() {
        RecordingReader silent = RecordingReader.of(complete("z")).request(3).awaitEvents(3);

        Await.until("the loop to park", () -> loop().getState() == Thread.State.WAITING);

        silent.request(2).awaitEvents(5).cancel();
        Await.until("the work to stop", () -> scheduler.stats().running() == 0);
    }

    @Test
    void aFaultOfTheLoopIsToldAsOneAndNotAsAShutdown() {
        AtomicBoolean broken = new AtomicBoolean();
        Scheduler breaking = new Scheduler(
                new FakeModel(100_000, 1_000_000, FakeModel.saying(_ -> 'a')),
                FakeModel.BYTES,
                new Limits(8, 1000, 16, Duration.ofHours(1)),
                intake,
                () -> {
                    if (broken.get()) {
                        throw new IllegalStateException("the clock has stopped");
                    }
                    return System.nanoTime();
                },
                () -> 1);
        Logger log = Logger.getLogger(Scheduler.class.getName());
        log.setLevel(Level.OFF);
        breaking.start(() -> {});
        assertThat(breaking.hasEnded()).isFalse();
        RecordingReader running = RecordingReader.of(complete(breaking, "z"));
        running.request(2).awaitEvents(2);

        broken.set(true);
        running.request(5).awaitEnd();
        broken.set(false);

        RecordingReader late = RecordingReader.toTheEndOf(complete(breaking, "a"));
        for (RecordingReader reader : List.of(running, late)) {
            assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.INTERNAL);
            assertThat(reader.failure())
                    .hasMessage("the engine has stopped after a fault of its own")
                    .hasRootCauseMessage("the clock has stopped");
        }
        assertThat(breaking.hasEnded()).isTrue();
        breaking.close();
        log.setLevel(null);
    }

    @Test
    void closingFromWithinAnEventEndsEverything() {
        RecordingReader other = RecordingReader.of(complete("z")).request(Long.MAX_VALUE);
        complete("z").subscribe(new TextListener(scheduler::close));

        other.awaitEnd();
        assertThat(other.failure().kind()).isEqualTo(BackendException.Kind.SHUTTING_DOWN);
        Await.until("the model to be closed", model::isClosed);
    }

    @Test
    void closingWhileManyRunFailsThemAll() {
        List<RecordingReader> readers = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            readers.add(RecordingReader.of(complete("z")).request(Long.MAX_VALUE));
        }
        readers.getFirst().awaitEvents(10);

        scheduler.close();

        for (RecordingReader reader : readers) {
            assertThat(reader.awaitEnd().failure().kind()).isEqualTo(BackendException.Kind.SHUTTING_DOWN);
        }
    }

    private static Thread loop() {
        Thread[] threads = new Thread[Thread.activeCount() + 10];
        int count = Thread.enumerate(threads);
        return Arrays.stream(threads, 0, count)
                .filter(thread -> thread.getName().equals("runnel-steps"))
                .findFirst()
                .orElseThrow();
    }
}
