package dev.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.BackendLoad;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.Model;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.TokenCodec;
import dev.runnel.core.TokenEvent;
import dev.runnel.testing.RecordingReader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// When models come and go. The test's thread is the keeper and the loader, and turns the clock.
class ModelFolderTest {

    private static final Duration IDLE = Duration.ofMinutes(5);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Script REPLY = Script.saying("m", "1", "2", "3");

    private static final Logger QUIET = Logger.getLogger(ModelFolder.class.getName());

    private final Queue<Runnable> loads = new ArrayDeque<>();
    private final List<String> log = new ArrayList<>();
    private final Map<String, Throwable> faults = new HashMap<>();
    private final Map<String, ScriptedBackend> engines = new HashMap<>(); // loaded last
    private long now = Long.MAX_VALUE - 1_000_000_000; // it may well overflow

    private Executor loader = loads::add;
    private ModelFolder folder = folder(30);

    /// Models a, b and c of 10 bytes each, their cache included.
    private ModelFolder folder(long memoryBytes) {
        List<FoundModel> found = Stream.of("a", "b", "c")
                .map(id -> new FoundModel(
                        new Model(id, Instant.EPOCH, "test", OptionalInt.empty()), Path.of(id + ".gguf"), 9))
                .toList();
        return new ModelFolder(
                found,
                this::open,
                EngineOptions.DEFAULT.withCacheBytes(1).withSequences(2).withWaiting(1),
                new FolderOptions(memoryBytes, IDLE, PATIENCE),
                task -> loader.execute(task),
                () -> now);
    }

    private Backend open(FoundModel found) {
        String id = found.model().id();
        log.add("load " + id);
        switch (faults.get(id)) {
            case null -> {}
            case RuntimeException fault -> throw fault;
            case Error fault -> throw fault;
            case Throwable fault -> throw new AssertionError(fault);
        }
        ScriptedBackend engine = new ScriptedBackend(id, REPLY);
        engines.put(id, engine);
        return new Logged(id, engine);
    }

    /// A model that tells when it is closed.
    private final class Logged implements Backend {
        private final String id;
        private final ScriptedBackend scripted;

        private Logged(String id, ScriptedBackend scripted) {
            this.id = id;
            this.scripted = scripted;
        }

        @Override
        public List<Model> models() {
            return scripted.models();
        }

        @Override
        public CompletionStream complete(CompletionRequest request) {
            return new Ledger(scripted.complete(request));
        }

        @Override
        public Map<String, BackendLoad> load() {
            return Map.of(id, new BackendLoad(scripted.inProgress(), 1, 8, 4, 2, 0.5, 6, 3));
        }

        @Override
        public Optional<TokenCodec> codec(String model) {
            return Optional.of(ModelText.embedded());
        }

        @Override
        public boolean hasEnded() {
            return scripted.hasEnded();
        }

        @Override
        public void close() {
            log.add("close " + id);
            scripted.close();
            if (faults.get("close " + id) instanceof Error fault) {
                throw fault;
            }
        }
    }

    /// A stream that tells what it has cost, as a model's do.
    private record Ledger(CompletionStream events) implements CompletionStream {

        @Override
        public Optional<TokenEvent.Usage> spent() {
            return Optional.of(new TokenEvent.Usage(7, 2));
        }

        @Override
        public OptionalLong begun() {
            return OptionalLong.of(5);
        }

        @Override
        public void subscribe(Flow.Subscriber<? super TokenEvent> subscriber) {
            events.subscribe(subscriber);
        }

        @Override
        public void close() {
            events.close();
        }
    }

    @BeforeEach
    void listenToNoNews() {
        QUIET.setLevel(Level.OFF);
    }

    @AfterEach
    void close() {
        folder.close();
        QUIET.setLevel(null);
    }

    @Test
    void allAreListedAndNoneIsLoaded() {
        assertThat(folder.models()).extracting(Model::id).containsExactly("a", "b", "c");
        assertThat(folder.loaded()).isEmpty();
        assertThat(log).isEmpty();
    }

    @Test
    void theFirstDemandLoadsTheModelAndTheStreamWaitsForIt() {
        RecordingReader reader = RecordingReader.of(folder.complete(request("b")));
        settle();
        assertThat(log).isEmpty();

        reader.request(1);
        folder.step();
        assertThat(reader.events()).isEmpty();
        load();

        assertThat(reader.events()).hasSize(1);
        assertThat(folder.loaded()).containsExactly("b");
        reader.request(Long.MAX_VALUE);
        assertThat(reader.completed()).isTrue();
    }

    @Test
    void whatWaitsForAModelAndWhatTheModelDoesAreToldTogether() {
        RecordingReader.of(folder.complete(request("a"))).request(1);
        assertThat(folder.load()).containsOnlyKeys("a", "b", "c");
        assertThat(folder.load().get("a")).isEqualTo(BackendLoad.NONE.plusWaiting(1));

        settle();

        assertThat(folder.load()).containsEntry("a", new BackendLoad(1, 1, 8, 4, 2, 0.5, 6, 3));
        assertThat(folder.load()).containsEntry("b", BackendLoad.NONE);
    }

    @Test
    void theTokensOfALoadedModelAreAskedOfItAndNotOfItsFile() {
        assertThatThrownBy(() -> folder.codec("a")).hasMessage("a.gguf: there is no such file");
        assertThat(answered("a")).isTrue();

        assertThat(folder.codec("a")).isPresent();
        assertThat(folder.codec("no such model")).isEmpty();
    }

    @Test
    void whatAModelHasSpentAndWhenItBeganIsToldAlsoWhenTheClientHasLeft() {
        CompletionStream stream = folder.complete(request("a"));
        RecordingReader reader = RecordingReader.of(stream);
        assertThat(stream.spent()).contains(new TokenEvent.Usage(0, 0));
        assertThat(stream.begun()).isEmpty();

        reader.request(1);
        settle();
        reader.cancel();

        assertThat(stream.spent()).contains(new TokenEvent.Usage(7, 2));
        assertThat(stream.begun()).hasValue(5);
    }

    @Test
    void requestsForTheSameModelLoadItOnce() {
        List<RecordingReader> readers =
                IntStream.range(0, 3).mapToObj(_ -> ask("a")).toList();
        folder.step();
        load();
        RecordingReader late = ask("a");

        assertThat(readers).allSatisfy(reader -> assertThat(reader.completed()).isTrue());
        assertThat(late.completed()).isTrue();
        assertThat(log).containsExactly("load a");
    }

    @Test
    void modelsAreLoadedOneAtATimeInTheOrderTheyWereAskedFor() {
        ask("c");
        folder.step();
        ask("a");
        ask("b");
        folder.step();
        assertThat(loads).hasSize(1);

        settle();

        assertThat(log).containsExactly("load c", "load a", "load b");
    }

    @Test
    void aModelThatIsIdleLongEnoughIsUnloaded() {
        ask("a");
        settle();
        after(IDLE.minusNanos(1));
        assertThat(folder.step()).isEqualTo(1);
        assertThat(folder.loaded()).containsExactly("a");

        after(Duration.ofNanos(1));
        folder.step();

        assertThat(log).containsExactly("load a", "close a");
        assertThat(folder.step()).as("nothing is due").isEqualTo(Long.MAX_VALUE);
        assertThat(answered("a")).isTrue();
    }

    @Test
    void useMakesTheIdleTimeBeginAgainAndACompletionThatRunsIsUse() {
        RecordingReader slow = RecordingReader.of(folder.complete(request("a"))).request(1);
        settle();
        after(IDLE.multipliedBy(3));
        settle();
        assertThat(folder.loaded()).containsExactly("a");

        slow.request(Long.MAX_VALUE);
        after(IDLE.minusNanos(1));
        settle();
        assertThat(folder.loaded()).containsExactly("a");

        after(Duration.ofNanos(1));
        settle();
        assertThat(folder.loaded()).isEmpty();
    }

    @Test
    void withoutAnIdleTimeModelsStay() {
        folder.close();
        folder = new ModelFolder(
                List.of(new FoundModel(
                        new Model("a", Instant.EPOCH, "test", OptionalInt.empty()), Path.of("a.gguf"), 1)),
                this::open,
                EngineOptions.DEFAULT,
                new FolderOptions(Long.MAX_VALUE, Duration.ZERO, PATIENCE),
                loads::add,
                () -> now);
        ask("a");
        settle();

        after(Duration.ofDays(1000));

        assertThat(folder.step()).isEqualTo(Long.MAX_VALUE);
        assertThat(folder.loaded()).containsExactly("a");
    }

    @Test
    void theModelUsedLongestAgoMakesRoom() {
        folder.close();
        folder = folder(20);
        for (String id : List.of("a", "b", "a", "c")) {
            ask(id);
            settle();
            after(Duration.ofSeconds(1));
        }

        assertThat(log).containsExactly("load a", "load b", "close b", "load c");
        assertThat(folder.loaded()).containsExactly("a", "c");
    }

    @Test
    void aModelWithACompletionThatRunsIsNeverUnloaded() {
        folder.close();
        folder = folder(20);
        RecordingReader running =
                RecordingReader.of(folder.complete(request("a"))).request(2);
        settle();
        after(Duration.ofSeconds(1));
        ask("b");
        settle();

        RecordingReader other = ask("c");
        settle();

        assertThat(other.completed()).isTrue();
        assertThat(log).containsExactly("load a", "load b", "close b", "load c");
        running.request(Long.MAX_VALUE);
        assertThat(running.completed()).isTrue();
    }

    @Test
    void ifAllAreAtWorkTheNextWaitsForOneToEndAndWhatComesForThatOneWaitsBehindIt() {
        folder.close();
        folder = folder(10);
        RecordingReader running =
                RecordingReader.of(folder.complete(request("a"))).request(2);
        settle();
        RecordingReader next = ask("b");
        settle();
        RecordingReader behind = ask("a");
        settle();
        assertThat(log).containsExactly("load a");
        assertThat(next.hasEnded() || behind.hasEnded()).isFalse();

        running.request(Long.MAX_VALUE);
        settle();

        assertThat(running.completed()).isTrue();
        assertThat(next.completed()).isTrue();
        assertThat(behind.completed()).isTrue();
        assertThat(log).containsExactly("load a", "close a", "load b", "close b", "load a");
    }

    @Test
    void whenNobodyWantsTheOtherModelAnyMoreWhatWaitedBehindItRuns() {
        folder.close();
        folder = folder(10);
        RecordingReader running =
                RecordingReader.of(folder.complete(request("a"))).request(2);
        settle();
        RecordingReader next = ask("b");
        settle();
        RecordingReader behind = ask("a");

        next.cancel();
        settle();

        assertThat(behind.completed()).isTrue();
        assertThat(log).containsExactly("load a");
        running.cancel();
        assertThat(folder.inProgress()).isZero();
    }

    @Test
    void aModelThatHasEndedByItselfIsLoadedAnewForTheNext() {
        RecordingReader running =
                RecordingReader.of(folder.complete(request("a"))).request(2);
        settle();

        engines.get("a").close();

        assertThat(running.failure().kind()).isEqualTo(BackendException.Kind.SHUTTING_DOWN);
        assertThat(answered("a")).isTrue();
        assertThat(log).containsExactly("load a", "close a", "load a");
        assertThat(folder.inProgress()).isZero();
    }

    @Test
    void aModelThatHasEndedByItselfGivesItsMemoryBack() {
        folder.close();
        folder = folder(10);
        ask("a");
        settle();

        engines.get("a").close();
        folder.step();

        assertThat(folder.loaded()).isEmpty();
        assertThat(log).containsExactly("load a", "close a");
    }

    @Test
    void aModelThatNeverFitsIsRefusedWithTheFigures() {
        folder.close();
        folder = folder(9);

        BackendException refusal = ask("a").failure();

        assertThat(refusal.kind()).isEqualTo(BackendException.Kind.UNSUPPORTED);
        assertThat(refusal)
                .hasMessage("the model a needs 1 MiB of memory for its weights and 1 for its cache, and this server's "
                        + "models may have 1");
        assertThat(folder.inProgress()).isZero();
    }

    @Test
    void aModelThatCantBeLoadedFailsThoseWhoWaitInOneSentenceAndIsTriedAgain() {
        faults.put("a", new ModelFileException("a.gguf", "has no tensors"));
        RecordingReader first = ask("a");
        RecordingReader second = ask("a");
        settle();
        faults.put("a", new OutOfMemoryError("Java heap space"));
        RecordingReader third = ask("a");
        settle();
        faults.put("a", new IllegalStateException("index 7 is out of bounds"));
        RecordingReader fourth = ask("a");
        settle();
        faults.clear();

        assertThat(first.failure()).hasMessage("the model a can't be loaded: a.gguf: has no tensors");
        assertThat(second.failure()).hasMessage("the model a can't be loaded: a.gguf: has no tensors");
        assertThat(third.failure())
                .hasMessage("the model a can't be loaded: there is not enough memory (Java heap space)");
        assertThat(fourth.failure()).hasMessage("the model a can't be loaded: there was a fault on this side");
        assertThat(first.events()).isEmpty();
        assertThat(answered("a")).isTrue();
    }

    @Test
    void aLoadThatCantBeginFailsThoseWhoWaitAndTheNextIsServed() {
        RecordingReader first = ask("a");
        loader = _ -> {
            throw new InternalError("there is no thread");
        };
        folder.step();
        loader = loads::add;

        assertThat(first.failure()).hasMessage("the model a can't be loaded: there was a fault on this side");
        assertThat(folder.inProgress()).isZero();
        assertThat(answered("a")).isTrue();
    }

    @Test
    void aModelThatCantBeClosedKeepsNoOtherFromBeingLoaded() {
        ask("a");
        settle();
        faults.put("close a", new InternalError("a fault in the memory"));
        after(IDLE);
        ask("b");
        settle();

        assertThat(folder.loaded()).containsExactly("b");
    }

    @Test
    void whoWaitsTooLongIsToldSo() {
        RecordingReader waiting = ask("a");
        folder.step();
        after(PATIENCE);
        folder.step();

        assertThat(waiting.failure().kind()).isEqualTo(BackendException.Kind.LOADING);
        assertThat(waiting.failure()).hasMessage("the model a was not loaded within 120 s; try again later");
        load();
        assertThat(folder.loaded()).as("it is there for the next").containsExactly("a");
        assertThat(folder.inProgress()).isZero();
    }

    @Test
    void onlySoManyWaitForAModel() {
        List<RecordingReader> waiting =
                IntStream.range(0, 3).mapToObj(_ -> ask("a")).toList();

        BackendException refusal = ask("a").failure();

        assertThat(refusal.kind()).isEqualTo(BackendException.Kind.OVERLOADED);
        assertThat(refusal.retryAfter()).hasValue(Duration.ofSeconds(5));
        settle();
        assertThat(waiting).allSatisfy(reader -> assertThat(reader.completed()).isTrue());
    }

    @Test
    void aReaderThatLeavesWhileItWaitsIsForgotten() {
        RecordingReader leaving = ask("a");
        leaving.cancel();
        settle();

        assertThat(log).isEmpty();
        assertThat(folder.inProgress()).isZero();
        assertThat(leaving.hasEnded()).isFalse();
    }

    @Test
    void closingFailsWhoWaitsAndClosesWhatIsLoadedOrLoading() {
        ask("a");
        settle();
        RecordingReader waiting = ask("b");
        folder.step();

        folder.close();
        load();

        assertThat(waiting.failure().kind()).isEqualTo(BackendException.Kind.SHUTTING_DOWN);
        assertThat(log).containsExactly("load a", "close a", "load b", "close b");
    }

    private static CompletionRequest request(String model) {
        return CompletionRequest.of(model, "count");
    }

    private RecordingReader ask(String model) {
        return RecordingReader.of(folder.complete(request(model))).request(Long.MAX_VALUE);
    }

    private boolean answered(String model) {
        RecordingReader reader = ask(model);
        settle();
        return reader.completed();
    }

    private void after(Duration time) {
        now += time.toNanos();
    }

    private void load() {
        loads.remove().run();
    }

    /// Does all that can be done without time passing.
    private void settle() {
        folder.step();
        while (!loads.isEmpty()) {
            load();
            folder.step();
        }
        folder.step();
    }
}
