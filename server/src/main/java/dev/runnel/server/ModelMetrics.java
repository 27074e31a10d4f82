package dev.runnel.server;

import dev.runnel.core.TokenEvent;
import dev.runnel.server.AccessLog.Outcome;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// What one model's completions took and cost. For any number of threads.
final class ModelMetrics {

    private final String id;
    private final LongAdder inFlight = new LongAdder();
    private final LongAdder promptTokens = new LongAdder();
    private final LongAdder cachedTokens = new LongAdder();
    private final LongAdder completionTokens = new LongAdder();
    private final Histogram firstToken = Histogram.ofRequests();
    private final Histogram interToken = Histogram.ofTokens();
    private final Histogram queue = Histogram.ofRequests();
    private final Histogram prompt = Histogram.ofRequests();
    private final Histogram decode = Histogram.ofRequests();
    private final Map<Outcome, Histogram> requests = new EnumMap<>(Outcome.class);

    /// @param id of the model; empty where there is none that is served
    ModelMetrics(String id) {
        this.id = id;
        for (Outcome outcome : Outcome.values()) {
            requests.put(outcome, Histogram.ofRequests());
        }
    }

    /// A completion is over.
    ///
    /// @param usage what it cost, where that is known
    void noteEnd(Outcome outcome, long nanos, TokenEvent.@Nullable Usage usage) {
        request(outcome).record(nanos);
        if (usage != null) {
            promptTokens.add(usage.promptTokens());
            cachedTokens.add(usage.cachedTokens());
            completionTokens.add(usage.completionTokens());
        }
    }

    String id() {
        return id;
    }

    /// Completions that clients wait for.
    LongAdder inFlight() {
        return inFlight;
    }

    LongAdder promptTokens() {
        return promptTokens;
    }

    LongAdder cachedTokens() {
        return cachedTokens;
    }

    LongAdder completionTokens() {
        return completionTokens;
    }

    /// From the request's head to the first piece.
    Histogram firstToken() {
        return firstToken;
    }

    /// Between two pieces of a choice.
    Histogram interToken() {
        return interToken;
    }

    /// From the asking of the backend to the completion's beginning.
    Histogram queue() {
        return queue;
    }

    /// From the beginning to the first piece.
    Histogram prompt() {
        return prompt;
    }

    /// From the first piece to the usage.
    Histogram decode() {
        return decode;
    }

    /// From the request's head to the end of the reply.
    Histogram request(Outcome outcome) {
        return Objects.requireNonNull(requests.get(outcome));
    }
}
