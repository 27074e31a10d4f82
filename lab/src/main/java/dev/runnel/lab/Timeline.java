package dev.runnel.lab;

import dev.runnel.core.Stage;
import dev.runnel.core.TokenEvent;
import dev.runnel.lab.report.Numbers;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Notes when the events of one stream pass, counted from its own making. Make it with the request:
///
/// ```java
/// Timeline timeline = new Timeline(System::nanoTime);
/// try (CompletionStream events = backend.complete(request).through(timeline)) {
///     for (TokenEvent event : events) { … }
/// }
/// IO.println(timeline.timing());
/// ```
///
/// A piece is text, reasoning, a refusal or a part of a call, of any choice, unless it is empty. What is measured is
/// arrival: a reader that is slow shows in it only once the window that a stream reads ahead is full.
public final class Timeline implements Stage {

    private final LongSupplier clock;
    private final long start;

    // All under the lock of this: events pass on the backend's thread, and any thread may ask for the timing.
    private long[] pieces = new long[64]; // nanoseconds from the start
    private int pieceCount;
    private long end;
    private TokenEvent.@Nullable Usage usage;

    /// @param clock nanoseconds from any fixed point; the time of the request is read here
    public Timeline(LongSupplier clock) {
        this(clock, clock.getAsLong());
    }

    /// @param start from when times count, in nanoseconds of the clock
    Timeline(LongSupplier clock, long start) {
        this.clock = clock;
        this.start = start;
    }

    @Override
    public void accept(TokenEvent event, Consumer<? super TokenEvent> next) {
        note(event, clock.getAsLong() - start);
        next.accept(event);
    }

    private synchronized void note(TokenEvent event, long time) {
        switch (event) {
            case TokenEvent.Text(var _, var text, var _) when text.isEmpty() -> {} // it only tells logprobs
            case TokenEvent.Text _,
                    TokenEvent.Thinking _,
                    TokenEvent.Refusal _,
                    TokenEvent.Call _,
                    TokenEvent.Arguments _ -> {
                if (pieceCount == pieces.length) {
                    pieces = Arrays.copyOf(pieces, 2 * pieceCount);
                }
                pieces[pieceCount++] = time;
            }
            case TokenEvent.Usage cost -> {
                usage = cost;
                end = time;
            }
            case TokenEvent.Started _, TokenEvent.Finished _ -> {}
        }
    }

    /// What has passed so far; of a stream that has ended, all of it.
    public synchronized Timing timing() {
        return new Timing(
                pieceCount,
                pieceCount == 0 ? Optional.empty() : Optional.of(Duration.ofNanos(pieces[0])),
                pieceCount == 0 ? Optional.empty() : Optional.of(Duration.ofNanos(pieces[pieceCount - 1])),
                gaps(),
                Optional.ofNullable(usage),
                tokensPerSecond());
    }

    /// When each piece passed.
    public List<Duration> pieces() {
        return pieces(start);
    }

    /// When each piece passed, counted from another moment of the clock.
    synchronized List<Duration> pieces(long from) {
        return Arrays.stream(pieces, 0, pieceCount)
                .mapToObj(piece -> Duration.ofNanos(start + piece - from))
                .toList();
    }

    private Optional<Timing.Gaps> gaps() {
        if (pieceCount < 2) {
            return Optional.empty();
        }
        long[] gaps = new long[pieceCount - 1];
        for (int i = 0; i < gaps.length; i++) {
            gaps[i] = pieces[i + 1] - pieces[i];
        }
        Arrays.sort(gaps);
        return Optional.of(new Timing.Gaps(quantile(gaps, 0.5), quantile(gaps, 0.99), quantile(gaps, 1)));
    }

    private static Duration quantile(long[] sorted, double q) {
        return Duration.ofNanos(sorted[Numbers.rank(sorted.length, q)]);
    }

    /// The first token's time is the prompt's, so the rate is that of the tokens after it.
    private OptionalDouble tokensPerSecond() {
        TokenEvent.Usage cost = usage;
        if (cost == null || pieceCount == 0 || cost.completionTokens() < 2 || end == pieces[0]) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of((cost.completionTokens() - 1) * 1e9 / (end - pieces[0]));
    }
}
