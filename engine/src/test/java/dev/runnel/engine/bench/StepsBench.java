package dev.runnel.engine.bench;

import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.core.Stopping;
import dev.runnel.core.TokenEvent;
import dev.runnel.engine.Engine;
import dev.runnel.engine.EngineOptions;
import dev.runnel.engine.LoadingListener;
import dev.runnel.engine.fixtures.LlamaShape;
import dev.runnel.engine.fixtures.TinyModels;
import dev.runnel.engine.fixtures.Vocabulary;
import dev.runnel.engine.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;

/// Measures what the step loop does for those who share it: time to the first token of a prompt of 2048 tokens
/// that the cache has, beside one that it has not; and the gaps between the tokens of a running stream while a
/// prompt of 4096 tokens enters. The command is in `bench/NOTES.md`.
final class StepsBench {

    private static final int CACHED_PROMPT = 2048;
    private static final int LONG_PROMPT = 4096;

    private final Engine engine;
    private final Random random = new Random(42);
    private final int vocabulary;

    private StepsBench(Engine engine, int vocabulary) {
        this.engine = engine;
        this.vocabulary = vocabulary;
    }

    /// @param arguments width and layers of a random model; by default 512 and 8
    static void main(String[] arguments) throws IOException {
        int width = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 512;
        int layers = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 8;
        LlamaShape shape = new LlamaShape(width, layers, width / 64, width / 128, 4 * width, 32_000, 8192, true);
        Path file = Files.createTempFile("steps", ".gguf");
        try {
            TinyModels.llama(shape, TensorType.Q8_0, Vocabulary.BYTE_LEVEL, 42).write(file);
            EngineOptions options = EngineOptions.DEFAULT.withModelId("random").withContextLength(8192);
            try (Engine engine = Engine.open(file, options, LoadingListener.NONE)) {
                StepsBench bench = new StepsBench(engine, shape.vocabulary());
                bench.firstToken();
                bench.gaps();
                IO.println(engine.stats());
            }
        } finally {
            Files.delete(file);
        }
    }

    private CompletionRequest request(List<Integer> prompt, int maxTokens) {
        return CompletionRequest.of("random", new Prompt.Tokens(prompt))
                .withSampling(Sampling.GREEDY)
                .withMaxTokens(maxTokens);
    }

    private List<Integer> prompt(int length) {
        return random.ints(length, 3, vocabulary).boxed().toList();
    }

    private void firstToken() {
        List<Double> cold = new ArrayList<>();
        List<Double> same = new ArrayList<>();
        List<Double> begun = new ArrayList<>();
        for (int round = 0; round < 4; round++) {
            List<Integer> prompt = prompt(CACHED_PROMPT);
            List<Integer> other = new ArrayList<>(prompt);
            other.addAll(prompt(20));
            cold.add(secondsToFirst(request(prompt, 1)));
            same.add(secondsToFirst(request(prompt, 1)));
            begun.add(secondsToFirst(request(other, 1)));
        }
        IO.println(
                "first token after %d tokens: not cached %.1f ms, cached %.1f ms (%.2f %%), cached and 20 more %.1f ms (%.2f %%)"
                        .formatted(
                                CACHED_PROMPT,
                                1e3 * median(cold),
                                1e3 * median(same),
                                100 * median(same) / median(cold),
                                1e3 * median(begun),
                                100 * median(begun) / median(cold)));
    }

    private double secondsToFirst(CompletionRequest request) {
        long start = System.nanoTime();
        try (CompletionStream stream = engine.complete(request)) {
            for (TokenEvent event : stream) {
                if (event instanceof TokenEvent.Text || event instanceof TokenEvent.Finished) {
                    return (System.nanoTime() - start) * 1e-9;
                }
            }
        }
        throw new IllegalStateException("no token came");
    }

    private void gaps() {
        Gaps alone = new Gaps();
        engine.complete(stopless(200)).subscribe(alone);
        alone.await();
        Gaps beside = new Gaps();
        CompletionStream running = engine.complete(stopless(4000));
        running.subscribe(beside);
        double entering = secondsToFirst(request(prompt(LONG_PROMPT), 1));
        running.close();
        IO.println(
                "gaps of a running stream: alone median %.1f ms, worst %.1f; while %d tokens enter (%.1f s) median %.1f, 99th %.1f, worst %.1f"
                        .formatted(
                                alone.millis(0.5),
                                alone.millis(1),
                                LONG_PROMPT,
                                entering,
                                beside.millis(0.5),
                                beside.millis(0.99),
                                beside.millis(1)));
    }

    private CompletionRequest stopless(int maxTokens) {
        CompletionRequest request = request(prompt(10), maxTokens);
        return request.withLogprobs(0) // so that every token is an event
                .withStopping(new Stopping(request.stopping().maxTokens(), List.of(), Set.of(), true));
    }

    private static double median(List<Double> values) {
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted.get(sorted.size() / 2);
    }

    /// When the events of a stream came.
    private static final class Gaps implements Flow.Subscriber<TokenEvent> {
        private final List<Double> gaps = Collections.synchronizedList(new ArrayList<>());
        private final CountDownLatch end = new CountDownLatch(1);
        private long last;

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(TokenEvent event) {
            long now = System.nanoTime();
            if (last != 0) {
                gaps.add((now - last) * 1e-6);
            }
            last = event instanceof TokenEvent.Text ? now : 0;
        }

        @Override
        public void onError(Throwable failure) {
            end.countDown();
        }

        @Override
        public void onComplete() {
            end.countDown();
        }

        void await() {
            try {
                end.await();
            } catch (InterruptedException interrupted) {
                throw new IllegalStateException(interrupted);
            }
        }

        double millis(double quantile) {
            List<Double> sorted = new ArrayList<>(gaps);
            Collections.sort(sorted);
            return sorted.get((int) Math.min(sorted.size() - 1, quantile * sorted.size()));
        }
    }
}
