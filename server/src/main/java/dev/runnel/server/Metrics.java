package dev.runnel.server;

import static dev.runnel.server.MetricsText.label;

import dev.runnel.core.BackendLoad;
import dev.runnel.core.Model;
import dev.runnel.server.AccessLog.Outcome;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/// What a server has done, for Prometheus to collect. Labels take few values: a model's name is one only if
/// the model is served, and what clients make up is never one. For any number of threads.
///
/// Times are in seconds, from where the backend's events come out, except that a request ends when the socket
/// has taken the last byte. The buckets are [Histogram#ofTokens] between tokens and else [Histogram#ofRequests].
final class Metrics {

    private record Ended(String model, String endpoint, Outcome outcome, String kind) {}

    private final ConcurrentMap<String, ModelMetrics> models = new ConcurrentSkipListMap<>();
    private final ModelMetrics none = new ModelMetrics("");
    private final ConcurrentMap<Ended, LongAdder> requests = new ConcurrentHashMap<>();

    /// Where requests are measured that are for no model that is served. Not told to anyone.
    ModelMetrics ofNone() {
        return none;
    }

    /// @param model as the client named it
    ModelMetrics of(String model, List<Model> served) {
        ModelMetrics known = models.get(model);
        if (known != null) {
            return known;
        }
        return served.stream().anyMatch(one -> one.id().equals(model))
                ? models.computeIfAbsent(model, ModelMetrics::new)
                : none;
    }

    /// A request of any kind is over.
    ///
    /// @param endpoint a [Route#label]
    /// @param kind why it failed, in a word; empty if it did not
    void count(ModelMetrics model, String endpoint, Outcome outcome, String kind) {
        requests.computeIfAbsent(new Ended(model.id(), endpoint, outcome, kind), _ -> new LongAdder())
                .increment();
    }

    /// All of it, in Prometheus' text format.
    ///
    /// @param load of the backend, by model
    byte[] write(Map<String, BackendLoad> load) {
        MetricsText text = new MetricsText();
        writeRequests(text);
        writeTimes(text);
        writeTokens(text);
        writeLoad(text, new TreeMap<>(load));
        return text.toByteArray();
    }

    private void writeRequests(MetricsText text) {
        text.counter(
                "runnel_requests_total",
                "Requests that are over, by outcome (completed, refused, broken, cancelled, stalled) and kind of error.");
        requests.forEach((ended, count) -> text.sample(
                count.sum(),
                label("model", ended.model()),
                label("endpoint", ended.endpoint()),
                label("outcome", word(ended.outcome())),
                label("kind", ended.kind())));
        text.gauge("runnel_requests_in_flight", "Completions that clients wait for.");
        models.forEach((id, model) -> text.sample(model.inFlight().sum(), label("model", id)));
        text.histogram("runnel_request_seconds", "From a completion's request to the end of its reply.");
        models.forEach((id, model) -> {
            for (Outcome outcome : Outcome.values()) {
                text.sample(model.request(outcome), label("model", id), label("outcome", word(outcome)));
            }
        });
    }

    private void writeTimes(MetricsText text) {
        times(
                text,
                "runnel_time_to_first_token_seconds",
                "From a completion's request to the first piece of its reply.",
                ModelMetrics::firstToken);
        times(
                text,
                "runnel_inter_token_latency_seconds",
                "Between two pieces of a reply's choice.",
                ModelMetrics::interToken);
        times(text, "runnel_queue_seconds", "From the asking of the backend to its beginning.", ModelMetrics::queue);
        times(text, "runnel_prompt_seconds", "From the beginning to the first piece.", ModelMetrics::prompt);
        times(text, "runnel_decode_seconds", "From the first piece to the end of the reply.", ModelMetrics::decode);
    }

    private void times(MetricsText text, String name, String help, Function<ModelMetrics, Histogram> part) {
        text.histogram(name, help);
        models.forEach((id, model) -> text.sample(part.apply(model), label("model", id)));
    }

    private void writeTokens(MetricsText text) {
        tokens(
                text,
                "runnel_prompt_tokens_total",
                "Tokens of prompts, those from a cache included.",
                ModelMetrics::promptTokens);
        tokens(
                text,
                "runnel_cached_tokens_total",
                "The part of the prompts' tokens that a cache served.",
                ModelMetrics::cachedTokens);
        tokens(text, "runnel_completion_tokens_total", "Tokens generated.", ModelMetrics::completionTokens);
    }

    private void tokens(MetricsText text, String name, String help, Function<ModelMetrics, LongAdder> part) {
        text.counter(name, help);
        models.forEach((id, model) -> text.sample(part.apply(model).sum(), label("model", id)));
    }

    private static void writeLoad(MetricsText text, Map<String, BackendLoad> load) {
        now(text, "runnel_sequences_running", "Completions that have begun.", load, BackendLoad::running);
        now(text, "runnel_sequences_waiting", "Completions that have not begun.", load, BackendLoad::waiting);
        text.gauge(
                "runnel_cache_pages",
                "Pages of the KV cache: held by sequences, kept for prompts that begin alike, or free.");
        load.forEach((id, one) -> {
            text.sample(one.heldPages(), label("model", id), label("state", "held"));
            text.sample(one.keptPages(), label("model", id), label("state", "kept"));
            text.sample(one.freePages(), label("model", id), label("state", "free"));
        });
        text.gauge("runnel_cache_hit_ratio", "The part of all prompt tokens so far that the KV cache had.");
        load.forEach((id, one) -> text.sample(one.hitRatio(), label("model", id)));
        text.counter(
                "runnel_guesses_total",
                "Tokens guessed ahead of the model: right, or wrong and read for nothing (speculative decoding).");
        load.forEach((id, one) -> {
            text.sample(one.rightGuesses(), label("model", id), label("outcome", "right"));
            text.sample(one.wrongGuesses(), label("model", id), label("outcome", "wrong"));
        });
    }

    private static void now(
            MetricsText text,
            String name,
            String help,
            Map<String, BackendLoad> load,
            ToIntFunction<BackendLoad> part) {
        text.gauge(name, help);
        load.forEach((id, one) -> text.sample(part.applyAsInt(one), label("model", id)));
    }

    private static String word(Outcome outcome) {
        return outcome.name().toLowerCase(Locale.ROOT);
    }
}
