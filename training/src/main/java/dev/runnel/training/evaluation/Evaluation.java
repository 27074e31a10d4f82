package dev.runnel.training.evaluation;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Sampling;
import dev.runnel.core.TokenEvent;
import dev.runnel.training.data.Split;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Asks a backend's first model everything, some at a time, and judges what it says.
public final class Evaluation {

    private static final int AT_ONCE = 8;
    private static final int WARM_UPS = 5;

    private Evaluation() {}

    /// @param splits whose questions are asked
    /// @param isSample only a few questions of each kind
    public static Report of(Backend backend, List<Split> splits, boolean isSample) {
        String model = backend.models().getFirst().id();
        List<Question> questions = splits.stream()
                .flatMap(split -> Questions.of(model, split, isSample).stream())
                .toList();
        List<Report.Judged> judged = new ArrayList<>();
        try (ExecutorService askers = Executors.newFixedThreadPool(
                AT_ONCE, Thread.ofPlatform().daemon().name("asker-", 0).factory())) {
            List<Future<Report.Judged>> running = new ArrayList<>();
            for (Question question : questions) {
                Callable<Report.Judged> asked = () -> ask(backend, question);
                running.add(askers.submit(asked));
            }
            for (Future<Report.Judged> each : running) {
                judged.add(each.get());
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while asking", stop);
        } catch (ExecutionException failure) {
            throw new IllegalStateException("the model could not be asked", failure.getCause());
        }
        return new Report(model, splits, judged, pace(backend, model));
    }

    private static Report.Judged ask(Backend backend, Question question) {
        try (CompletionStream stream = backend.complete(question.request())) {
            Completion.Choice reply = stream.completion().join().choices().getFirst();
            return new Report.Judged(question, reply, question.isRight().test(reply));
        } catch (CompletionException failed) {
            BackendException failure = BackendException.of(failed);
            Completion.Choice none = new Completion.Choice(
                    "(failed: %s)".formatted(failure.getMessage()), "", "", List.of(), List.of(), FinishReason.STOP);
            return new Report.Judged(question, none, false);
        }
    }

    /// How fast one stream is, when nothing else runs.
    private static Report.Pace pace(Backend backend, String model) {
        CompletionRequest request =
                CompletionRequest.of(model, "Count from 1 to 100.").withSampling(Sampling.GREEDY);
        Report.Pace pace = new Report.Pace(Duration.ZERO, OptionalDouble.empty());
        for (int i = 0; i < WARM_UPS; i++) {
            pace = pace(backend, request);
        }
        return pace;
    }

    private static Report.Pace pace(Backend backend, CompletionRequest request) {
        long asked = System.nanoTime();
        long first = 0;
        int tokens = 0;
        try (CompletionStream events = backend.complete(request)) {
            for (TokenEvent event : events) {
                switch (event) {
                    case TokenEvent.Text _, TokenEvent.Thinking _, TokenEvent.Refusal _ ->
                        first = first == 0 ? System.nanoTime() : first;
                    case TokenEvent.Usage usage -> tokens = usage.completionTokens();
                    case TokenEvent.Started _, TokenEvent.Call _, TokenEvent.Arguments _, TokenEvent.Finished _ -> {}
                }
            }
        }
        if (first == 0 || tokens < 2) {
            return new Report.Pace(Duration.ZERO, OptionalDouble.empty());
        }
        double seconds = (System.nanoTime() - first) / 1e9;
        return new Report.Pace(Duration.ofNanos(first - asked), OptionalDouble.of((tokens - 1) / seconds));
    }
}
