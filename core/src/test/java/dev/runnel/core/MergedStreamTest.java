package dev.runnel.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Usage;
import dev.runnel.testing.Await;
import dev.runnel.testing.RecordingReader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

class MergedStreamTest {

    private static final CompletionRequest REQUEST = CompletionRequest.of("m", "?");

    private static Script script(int choices, String... pieces) {
        List<Script.Step> steps = new ArrayList<>();
        steps.add(new Script.Step.Emit(new Started("m", choices)));
        for (String piece : pieces) {
            for (int choice = 0; choice < choices; choice++) {
                steps.add(new Script.Step.Emit(new Text(choice, piece + choice)));
            }
        }
        for (int choice = 0; choice < choices; choice++) {
            steps.add(new Script.Step.Emit(new Finished(choice, FinishReason.STOP)));
        }
        steps.add(new Script.Step.Emit(new Usage(3, 1, pieces.length + 1, 1)));
        return new Script(steps);
    }

    private static CompletionStream playing(Script script) {
        return new ScriptedBackend("m", script).complete(REQUEST);
    }

    @Test
    void choicesAreNumberedByPromptAndUsageIsTheSum() throws Exception {
        CompletionStream merged = CompletionStream.merged(
                List.of(playing(script(2, "a", "b")), playing(script(2, "c")), playing(script(2))), 2);

        Completion whole = merged.completion().get();

        assertThat(whole.choices().stream().map(Completion.Choice::text))
                .containsExactly("a0b0", "a1b1", "c0", "c1", "", "");
        assertThat(whole.usage()).isEqualTo(new Usage(9, 3, 6, 3));
    }

    @Test
    void oneStreamAloneIsItself() {
        CompletionStream only = playing(script(1, "a"));

        assertThat(CompletionStream.merged(List.of(only), 1)).isSameAs(only);
    }

    @Test
    void nothingBeginsBeforeAllHaveSoARefusalOfOneRefusesAll() {
        ScriptedBackend backend = new ScriptedBackend("m", script(1, "a", "b"));
        CompletionStream refused =
                CompletionStream.failed(BackendException.invalidRequest("prompt", "the second prompt is too long"));

        RecordingReader reader = RecordingReader.toTheEndOf(
                CompletionStream.merged(List.of(backend.complete(REQUEST), refused, backend.complete(REQUEST)), 1));

        assertThat(reader.events()).isEmpty();
        assertThat(reader.failure()).hasMessage("the second prompt is too long");
        assertThat(backend.inProgress()).isZero();
    }

    @Test
    void aFailureOfOneEndsTheOthers() {
        ScriptedBackend steady = new ScriptedBackend("m", script(1, "a").hangingAfter(2));
        Script failing =
                script(1, "b").failingAfter(2, new BackendException(BackendException.Kind.TIMED_OUT, "too slow"));

        RecordingReader reader = RecordingReader.toTheEndOf(
                CompletionStream.merged(List.of(steady.complete(REQUEST), playing(failing)), 1));

        assertThat(reader.failure()).hasMessage("too slow");
        assertThat(reader.events()).contains(new Started("m", 2), new Text(1, "b0"));
        assertThat(steady.inProgress()).isZero();
    }

    @Test
    void leavingStopsAllOfThem() {
        ScriptedBackend backend = new ScriptedBackend("m", script(1, "a", "b", "c"));
        RecordingReader reader = RecordingReader.of(
                CompletionStream.merged(List.of(backend.complete(REQUEST), backend.complete(REQUEST)), 1));
        reader.request(2).awaitEvents(2);
        assertThat(backend.inProgress()).isEqualTo(2);

        reader.cancel();

        Await.until("the work to stop", () -> backend.inProgress() == 0);
        assertThat(reader.events()).hasSize(2);
        assertThat(reader.hasEnded()).isFalse();
    }

    @Test
    void closingStopsAllOfThemAndTellsTheReader() {
        ScriptedBackend backend = new ScriptedBackend("m", script(1, "a", "b", "c"));
        CompletionStream merged =
                CompletionStream.merged(List.of(backend.complete(REQUEST), backend.complete(REQUEST)), 1);
        RecordingReader reader = RecordingReader.of(merged).request(2).awaitEvents(2);

        merged.close();

        assertThat(reader.awaitEnd().failure().kind()).isEqualTo(BackendException.Kind.CLOSED);
        assertThat(backend.inProgress()).isZero();
    }

    @Test
    void oneThatIsClosedBeforeItIsReadOpensNothing() {
        ScriptedBackend backend = new ScriptedBackend("m", script(1, "a"));
        CompletionStream merged =
                CompletionStream.merged(List.of(backend.complete(REQUEST), backend.complete(REQUEST)), 1);
        merged.close();

        RecordingReader reader = RecordingReader.toTheEndOf(merged);

        assertThat(reader.events()).isEmpty();
        assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.CLOSED);
        assertThat(backend.inProgress()).isZero();
    }

    @Test
    void aReaderThatLeavesAsSoonAsItCanLeavesNothingRunning() {
        ScriptedBackend backend = new ScriptedBackend("m", script(1, "a"));
        List<String> heard = new ArrayList<>();

        CompletionStream.merged(List.of(backend.complete(REQUEST), backend.complete(REQUEST)), 1)
                .subscribe(new Flow.Subscriber<>() {
                    @Override
                    public void onSubscribe(Flow.Subscription subscription) {
                        subscription.cancel();
                    }

                    @Override
                    public void onNext(TokenEvent event) {
                        heard.add(event.toString());
                    }

                    @Override
                    public void onError(Throwable failure) {
                        heard.add(failure.toString());
                    }

                    @Override
                    public void onComplete() {
                        heard.add("the end");
                    }
                });

        assertThat(heard).isEmpty();
        assertThat(backend.inProgress()).isZero();
    }

    @Test
    void noMoreComesThanIsAskedForAndNothingIsLost() {
        RecordingReader reader = RecordingReader.of(CompletionStream.merged(
                List.of(playing(script(1, "a", "b", "c")), playing(script(1, "d", "e")), playing(script(1))), 1));

        int asked = 0;
        while (!reader.hasEnded()) {
            reader.request(1);
            asked++;
            reader.awaitEvents(asked);
            assertThat(reader.events()).hasSizeLessThanOrEqualTo(asked);
        }

        assertThat(Completion.of(reader.events()).choices().stream().map(Completion.Choice::text))
                .containsExactly("a0b0c0", "d0e0", "");
    }

    @Test
    void nobodyIsAskedForAnythingBeforeTheReaderAsks() {
        ScriptedBackend backend = new ScriptedBackend("m", script(1, "a"));

        RecordingReader.of(CompletionStream.merged(List.of(backend.complete(REQUEST), backend.complete(REQUEST)), 1));

        assertThat(backend.inProgress()).isZero();
    }

    @Test
    void noMoreThanSoManyRunAtOnce() {
        ScriptedBackend backend = new ScriptedBackend("m", script(1, "a", "b", "c", "d"));
        List<CompletionStream> streams = new ArrayList<>();
        for (int i = 0; i < 3 * MergedStream.AT_ONCE; i++) {
            streams.add(backend.complete(REQUEST));
        }
        RecordingReader reader = RecordingReader.of(CompletionStream.merged(streams, 1));

        int most = 0;
        for (int asked = 1; !reader.hasEnded(); asked++) {
            reader.request(1).awaitEvents(asked);
            most = Math.max(most, backend.inProgress());
        }

        assertThat(most).isEqualTo(MergedStream.AT_ONCE);
        assertThat(Completion.of(reader.events()).choices()).hasSize(3 * MergedStream.AT_ONCE);
    }

    @Test
    void sourcesThatEmitAtTheSameTimeLoseNothing() throws Exception {
        int sources = 6;
        int pieces = 2000;
        try (ExecutorService threads = Executors.newFixedThreadPool(sources)) {
            List<CompletionStream> streams = new ArrayList<>();
            for (int i = 0; i < sources; i++) {
                EventChannel channel = new EventChannel(EventChannel.Producer.NONE);
                streams.add(channel);
                threads.execute(() -> {
                    channel.emit(new Started("m", 1));
                    for (int piece = 0; piece < pieces; piece++) {
                        channel.emit(new Text(0, "x"));
                    }
                    channel.emit(new Finished(0, FinishReason.STOP));
                    channel.emit(new Usage(1, pieces));
                });
            }

            Completion whole = CompletionStream.merged(streams, 1).completion().get();

            assertThat(whole.usage()).isEqualTo(new Usage(sources, sources * pieces));
            assertThat(whole.choices()).allMatch(choice -> choice.text().length() == pieces);
        }
    }

    @Test
    void aBackendThatBeginsAnotherNumberOfChoicesIsAtFault() {
        RecordingReader reader =
                RecordingReader.toTheEndOf(CompletionStream.merged(List.of(playing(script(1)), playing(script(2))), 1));

        assertThat(reader.failure()).hasMessage("a backend began 2 choices, but was asked for 1");
    }

    @Test
    void aSumThatCannotBeSaidIsAFailure() {
        Script huge =
                Script.of(new Started("m", 1), new Finished(0, FinishReason.STOP), new Usage(Integer.MAX_VALUE, 1));

        RecordingReader reader =
                RecordingReader.toTheEndOf(CompletionStream.merged(List.of(playing(huge), playing(huge)), 1));

        assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.INTERNAL);
    }
}
