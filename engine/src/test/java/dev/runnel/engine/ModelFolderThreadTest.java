package dev.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Model;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.testing.Await;
import dev.runnel.testing.RecordingReader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Many readers of many models, with memory for two, on threads of their own.
class ModelFolderThreadTest {

    private static final Logger QUIET = Logger.getLogger(ModelFolder.class.getName());
    private static final int READERS = 8;
    private static final int REQUESTS = 250;

    private final AtomicInteger loads = new AtomicInteger();

    @BeforeEach
    void listenToNoNews() {
        QUIET.setLevel(Level.OFF);
    }

    @AfterEach
    void listenAgain() {
        QUIET.setLevel(null);
    }

    @Test
    void everyCompletionIsServedOrLeftAndNoneIsCutOffByAnUnloading() throws Exception {
        List<FoundModel> found = Stream.of("a", "b", "c")
                .map(id -> new FoundModel(
                        new Model(id, Instant.EPOCH, "test", OptionalInt.empty()), Path.of(id + ".gguf"), 9))
                .toList();
        ModelFolder folder = new ModelFolder(
                found,
                model -> {
                    loads.incrementAndGet();
                    String id = model.model().id();
                    return new ScriptedBackend(
                            id, Script.saying(id, "1", "2", "3").paced(Duration.ofNanos(1000)));
                },
                EngineOptions.DEFAULT.withCacheBytes(1).withWaiting(1000),
                new FolderOptions(20, Duration.ofNanos(100_000), Duration.ofSeconds(60)),
                task -> Thread.ofPlatform().daemon().start(task),
                System::nanoTime);
        folder.start();

        try (folder;
                ExecutorService threads = Executors.newFixedThreadPool(READERS)) {
            List<Future<Integer>> served = new ArrayList<>();
            for (int i = 0; i < READERS; i++) {
                served.add(threads.submit(reader(folder, new Random(i))));
            }
            int whole = 0;
            for (Future<Integer> each : served) {
                whole += each.get();
            }

            assertThat(whole).isGreaterThan(READERS * REQUESTS / 2);
            Await.until("nothing to be left over", () -> folder.inProgress() == 0);
            Await.until("all to be unloaded", () -> folder.loaded().isEmpty());
        }
        assertThat(loads.get()).as("models came and went").isGreaterThan(10);
    }

    /// @return completions that it read to their end
    private static Callable<Integer> reader(ModelFolder folder, Random random) {
        return () -> {
            int whole = 0;
            for (int i = 0; i < REQUESTS; i++) {
                String model = List.of("a", "b", "c").get(random.nextInt(3));
                RecordingReader reader = RecordingReader.of(folder.complete(CompletionRequest.of(model, "count")));
                switch (random.nextInt(5)) {
                    case 0 -> reader.cancel();
                    case 1 -> {
                        reader.request(1 + random.nextInt(3));
                        reader.cancel();
                    }
                    default -> {
                        reader.request(2).request(Long.MAX_VALUE).awaitEnd();
                        assertThat(reader.completed()).as("%s", reader.events()).isTrue();
                        assertThat(reader.events()).hasSize(6);
                        whole++;
                    }
                }
            }
            return whole;
        };
    }
}
