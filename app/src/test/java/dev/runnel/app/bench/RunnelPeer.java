package dev.runnel.app.bench;

import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.core.Stopping;
import dev.runnel.engine.Engine;
import dev.runnel.engine.EngineOptions;
import dev.runnel.engine.LoadingListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/// The engine in this process, through its front door: a request's time includes queueing, sampling and events. It
/// makes
/// no guesses, as the others make none.
final class RunnelPeer implements Peer {

    /// Ids of ordinary tokens in any vocabulary that is worth timing.
    private static final int FIRST = 256;

    private static final int LAST = 1280;

    /// C2 takes a while, and a small model does much in a second.
    private static final long WARM_UP_NANOS = Duration.ofSeconds(10).toNanos();

    /// Nobody reads along, so requests that come together begin together.
    private static final Duration STALL = Duration.ofSeconds(10);

    private final Engine engine;
    private final String model;
    private final Random random = new Random(42);

    RunnelPeer(Path file, int threads, boolean deep) {
        EngineOptions options = EngineOptions.DEFAULT
                .withThreads(threads)
                .withGuessing(EngineOptions.Guessing.OFF)
                .withSequences(16)
                .withStall(STALL)
                .withContextLength(deep ? Task.DEPTH + 256 : 2048);
        engine = Engine.open(file, options, LoadingListener.NONE);
        model = engine.models().getFirst().id();
        for (Task task : List.of(Task.PROMPT, Task.DECODE, Task.DECODE_16)) {
            long start = System.nanoTime();
            while (System.nanoTime() - start < WARM_UP_NANOS) {
                measure(task);
            }
        }
    }

    @Override
    public String name() {
        return "Runnel";
    }

    @Override
    public double measure(Task task) {
        return switch (task) {
            case PROMPT -> task.tokens / seconds(prompt(task.tokens), 1, 1);
            case DECODE -> task.tokens / seconds(prompt(1), task.tokens, 1);
            case DECODE_16 -> {
                // The others count from when all have a first token.
                Prompt.Tokens prompt = prompt(1);
                double first = seconds(prompt, 1, task.sequences);
                yield task.sequences * task.tokens / (seconds(prompt, 1 + task.tokens, task.sequences) - first);
            }
            case DECODE_DEEP -> {
                // The first request leaves the prompt in the cache; the second only writes.
                Prompt.Tokens prompt = prompt(Task.DEPTH);
                seconds(prompt, 1, 1);
                double first = seconds(prompt, 1, 1);
                yield task.tokens / (seconds(prompt, 1 + task.tokens, 1) - first);
            }
        };
    }

    private Prompt.Tokens prompt(int length) {
        return new Prompt.Tokens(random.ints(length, FIRST, LAST).boxed().toList());
    }

    /// @return from the requests to the end of the last reply
    private double seconds(Prompt prompt, int tokens, int sequences) {
        CompletionRequest request = CompletionRequest.of(model, prompt)
                .withSampling(Sampling.GREEDY)
                .withStopping(new Stopping(OptionalInt.of(tokens), List.of(), Set.of(), true));
        long start = System.nanoTime();
        List<CompletableFuture<Completion>> replies = IntStream.range(0, sequences)
                .mapToObj(_ -> engine.complete(request).completion())
                .toList();
        replies.forEach(CompletableFuture::join);
        return (System.nanoTime() - start) / 1e9;
    }

    @Override
    public void close() {
        engine.close();
    }
}
