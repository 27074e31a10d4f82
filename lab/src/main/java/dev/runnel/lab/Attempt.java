package dev.runnel.lab;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.TokenEvent;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One request on its way. The stream's events are taken on the backend's thread, which only reads the clock and notes
/// it; the end is told on the lab's.
final class Attempt implements Flow.Subscriber<TokenEvent> {

    private final Time time;
    private final Target target;
    private final int index;
    private final long due;
    private final Duration lag;
    private final Duration waited;
    private final Consumer<Attempt> whenEnded;
    private final Timeline timeline;
    private final long started;

    // Only for the lab's thread.
    private @Nullable CompletionStream stream;
    private boolean hasStopStrings;

    // All under the lock of this.
    private final StringBuilder text = new StringBuilder();
    private boolean hasLogprobs;
    private int logprobTokens;
    private boolean hasReasoning;
    private boolean hasOther; // than text and reasoning
    private String finish = "";
    private TokenEvent.@Nullable Usage usage;
    private @Nullable Outcome outcome;
    private long ended;

    /// @param due when it was to begin
    /// @param lag by how much the lab was late
    /// @param waited how long it waited for its turn
    /// @param whenEnded called once, on the lab's thread
    Attempt(Time time, Target target, int index, long due, Duration lag, Duration waited, Consumer<Attempt> whenEnded) {
        this.time = time;
        this.target = target;
        this.index = index;
        this.due = due;
        this.lag = lag;
        this.waited = waited;
        this.whenEnded = whenEnded;
        timeline = new Timeline(time::nanoTime, due);
        started = time.nanoTime();
    }

    void begin(CompletionRequest request) {
        hasStopStrings = !request.stopping().strings().isEmpty();
        stream = target.backend().complete(request);
        stream.subscribe(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(TokenEvent event) {
        timeline.accept(event, this::read);
    }

    private synchronized void read(TokenEvent event) {
        switch (event) {
            case TokenEvent.Text(var _, var piece, var logprobs) -> {
                text.append(piece);
                hasLogprobs |= !logprobs.isEmpty();
                logprobTokens += logprobs.size();
            }
            case TokenEvent.Finished(var _, var reason) ->
                finish = reason.name().toLowerCase(Locale.ROOT);
            case TokenEvent.Usage cost -> usage = cost;
            case TokenEvent.Thinking _ -> hasReasoning = true;
            case TokenEvent.Refusal _, TokenEvent.Call _, TokenEvent.Arguments _ -> hasOther = true;
            case TokenEvent.Started _ -> {}
        }
    }

    @Override
    public synchronized void onComplete() {
        end(new Outcome.Complete(Objects.requireNonNull(usage), finish));
    }

    @Override
    public void onError(Throwable failure) {
        end(Outcome.Failed.of(BackendException.of(failure)));
    }

    /// Ends it from the lab's side.
    void give(Outcome instead) {
        end(instead);
        if (stream != null) {
            stream.close();
        }
    }

    private synchronized void end(Outcome how) {
        if (outcome == null) {
            outcome = how;
            ended = time.nanoTime();
            time.soon(() -> whenEnded.accept(this));
        }
    }

    /// How long it has been under way.
    Duration age(long now) {
        return Duration.ofNanos(now - started);
    }

    /// When it ended.
    synchronized long ended() {
        return ended;
    }

    /// When it was to begin.
    long due() {
        return due;
    }

    /// When it was sent, if the backend tells, on the thread that did; else when it was given to the backend. Once it
    /// has ended, not later than that, although the thread may hear of it while it sets about sending.
    long sent() {
        return stream == null ? due : Math.min(stream.begun().orElse(due), ended());
    }

    /// What it took, once it has ended.
    ///
    /// @param began the beginning of its round
    /// @param from when its times count
    synchronized Measurement measurement(long began, long from) {
        Duration e2el = Duration.ofNanos(ended - from);
        List<Duration> pieces = switch (target.reading()) {
            case STREAMED -> timeline.pieces(from);
            case WHOLE -> usage == null || timeline.pieces().isEmpty() ? List.<Duration>of() : List.of(e2el);
        };
        return new Measurement(
                index,
                Duration.ofNanos(from - began),
                lag.plusNanos(from - due),
                waited,
                pieces,
                e2el,
                Objects.requireNonNull(outcome),
                text.toString(),
                hasLogprobs ? OptionalInt.of(logprobTokens) : OptionalInt.empty(),
                !hasOther && !hasStopStrings && !(hasReasoning && isReasoningUntold()));
    }

    private boolean isReasoningUntold() {
        TokenEvent.Usage cost = usage;
        return cost == null || cost.reasoningTokens() == 0;
    }
}
