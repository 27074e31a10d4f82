package dev.runnel.engine.bench;

import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.OutputFormat;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.core.Stopping;
import dev.runnel.engine.Engine;
import dev.runnel.engine.EngineOptions;
import dev.runnel.engine.EngineOptions.Guessing;
import dev.runnel.engine.EngineStats;
import dev.runnel.engine.LoadingListener;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/// Measures what guessing ahead saves: the same replies with and without, in turns, alone and eight at a
/// time. The command is in `bench/NOTES.md`.
final class GuessingBench {

    private static final int ROUNDS = 7;

    private static final String CODE = """
            def total(items):
                result = 0
                for item in items:
                    if item.price > 0:
                        result += item.price * item.count
                return result
            """;

    private final Engine plain;
    private final Engine guessing;
    private final String model;
    private int lastTokens;

    private GuessingBench(Engine plain, Engine guessing) {
        this.plain = plain;
        this.guessing = guessing;
        model = plain.models().getFirst().id();
    }

    /// @param arguments a model file and a draft model's; without a model the embedded one, without a draft
    ///     none
    static void main(String[] arguments) {
        EngineOptions options = EngineOptions.DEFAULT;
        EngineOptions guesses = arguments.length > 1 ? options.withDraft(Path.of(arguments[1])) : options;
        try (Engine plain = open(arguments, options.withGuessing(Guessing.OFF));
                Engine guessing = open(arguments, guesses)) {
            new GuessingBench(plain, guessing).run();
        }
    }

    private static Engine open(String[] arguments, EngineOptions options) {
        return arguments.length == 0
                ? Engine.embedded(options, LoadingListener.NONE)
                : Engine.open(Path.of(arguments[0]), options, LoadingListener.NONE);
    }

    private CompletionRequest ask(String text) {
        return CompletionRequest.of(model, text).withSampling(Sampling.GREEDY).withMaxTokens(300);
    }

    /// A text to go on with, whatever a model makes of it.
    private CompletionRequest goOn(String text) {
        CompletionRequest request =
                CompletionRequest.of(model, new Prompt.Text(text)).withSampling(Sampling.GREEDY);
        return request.withStopping(new Stopping(OptionalInt.of(200), List.of(), Set.of(), true));
    }

    private void run() {
        Map<String, CompletionRequest> tasks = new LinkedHashMap<>();
        tasks.put("counting", ask("Count from 1 to 100, separated by commas, on one line."));
        tasks.put(
                "JSON",
                goOn("[{\"id\": 1, \"name\": \"a\", \"ok\": true}, {\"id\": 2, \"name\": \"b\", \"ok\": true}, "));
        tasks.put(
                "JSON by a grammar",
                ask("List five numbers and their names as JSON.").withFormat(new OutputFormat.JsonObject()));
        tasks.put("code edit", ask("Write this again, with amount instead of result:\n" + CODE));
        tasks.put("copying", goOn(CODE + "\n" + CODE + "\n"));
        tasks.put("prose", ask("Tell me a story about a small boat on a wide sea."));
        tasks.put(
                "nothing repeated", ask("Hello, who are you?").withSampling(new Sampling(1.2, 1, OptionalLong.of(1))));
        tasks.forEach((name, request) -> {
            compare(name, request, 1);
            compare(name, request, 8);
        });
    }

    private void compare(String name, CompletionRequest request, int at) {
        double[] ratios = new double[ROUNDS];
        double[] rates = new double[ROUNDS];
        seconds(plain, request, at);
        seconds(guessing, request, at);
        EngineStats before = guessing.stats();
        for (int round = 0; round < ROUNDS; round++) {
            double without = seconds(plain, request, at);
            double with = seconds(guessing, request, at);
            ratios[round] = without / with;
            rates[round] = lastTokens / with;
        }
        EngineStats after = guessing.stats();
        Arrays.sort(ratios);
        Arrays.sort(rates);
        long tokens = after.generatedTokens() - before.generatedTokens();
        long steps = after.steps() - before.steps();
        IO.println(
                "%-18s %d at a time: %5.2f times as fast (%.2f to %.2f), %7.1f tokens/s, %.2f tokens a step, %d of %d guesses right"
                        .formatted(
                                name,
                                at,
                                ratios[ROUNDS / 2],
                                ratios[0],
                                ratios[ROUNDS - 1],
                                rates[ROUNDS / 2],
                                (double) tokens / steps,
                                after.rightGuesses() - before.rightGuesses(),
                                after.guessedTokens() - before.guessedTokens()));
    }

    private double seconds(Engine engine, CompletionRequest request, int at) {
        long begin = System.nanoTime();
        List<Completion> completions =
                IntStream.range(0, at).mapToObj(_ -> engine.complete(request).completion()).toList().stream()
                        .map(CompletableFuture::join)
                        .toList();
        double seconds = (System.nanoTime() - begin) * 1e-9;
        lastTokens = completions.stream()
                .mapToInt(completion -> completion.usage().completionTokens())
                .sum();
        return seconds;
    }
}
