package dev.runnel.lab;

import dev.runnel.core.TokenEvent;
import dev.runnel.lab.report.Quantity;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;

/// When a completion's pieces came. Times count from the request.
///
/// @param pieces how many came
/// @param first when the first piece came
/// @param last when the last piece came
/// @param gaps the waits between one piece and the next, where there were at least two pieces
/// @param usage what the completion cost; absent while it runs and if it broke off
/// @param tokensPerSecond of the tokens after the first piece's, by the usage; absent where nothing can be said
public record Timing(
        int pieces,
        Optional<Duration> first,
        Optional<Duration> last,
        Optional<Gaps> gaps,
        Optional<TokenEvent.Usage> usage,
        OptionalDouble tokensPerSecond) {

    /// How evenly pieces followed each other.
    ///
    /// @param p99 99 of 100 gaps are no longer
    public record Gaps(Duration median, Duration p99, Duration worst) {}

    /// One line for people, without what isn't known:
    ///
    /// ```
    /// first piece 84.0 ms, last 3.24 s; 121 tokens, 38.0/s; gaps 25.1 ms, p99 31.0 ms, worst 44.2 ms
    /// ```
    @Override
    public String toString() {
        StringBuilder line = new StringBuilder();
        first.ifPresentOrElse(
                time -> line.append("first piece ").append(readable(time)), () -> line.append("no piece"));
        last.ifPresent(time -> line.append(", last ").append(readable(time)));
        usage.ifPresent(cost -> line.append("; ")
                .append(cost.completionTokens())
                .append(cost.completionTokens() == 1 ? " token" : " tokens"));
        tokensPerSecond.ifPresent(
                rate -> line.append(", ").append(Quantity.digits(rate)).append("/s"));
        gaps.ifPresent(gap -> line.append("; gaps ")
                .append(readable(gap.median()))
                .append(", p99 ")
                .append(readable(gap.p99()))
                .append(", worst ")
                .append(readable(gap.worst())));
        return line.toString();
    }

    /// A time as people read it: three digits and the unit that suits them, such as `41.2 ms`.
    public static String readable(Duration time) {
        return Quantity.TIME.readable(time.toNanos() / 1e9);
    }
}
