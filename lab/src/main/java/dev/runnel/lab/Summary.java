package dev.runnel.lab;

import dev.runnel.core.TokenCodec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// What measurements say together. Latencies are those of complete replies.
///
/// @param stopped requests that the end of the bench cut off
/// @param waited requests that waited for their turn under the cap of an open loop
/// @param errors how many requests failed, by the code of their failure
/// @param took time spent measuring
/// @param good complete replies that kept the objective
/// @param promptTokens by the server's usage, as are all tokens
/// @param pieces of all complete replies
/// @param ttft time to first token
/// @param itl inter-token latency, of every gap of every reply
/// @param tpot time per output token, of every reply
/// @param e2el end-to-end latency
/// @param lag how late the lab was to begin requests
/// @param tokens absent where no reply is complete
public record Summary(
        int complete,
        int failed,
        int stopped,
        int waited,
        SortedMap<String, Integer> errors,
        Duration took,
        int good,
        long promptTokens,
        long cachedTokens,
        long completionTokens,
        long pieces,
        Distribution ttft,
        Distribution itl,
        Distribution tpot,
        Distribution e2el,
        Distribution lag,
        Optional<TokenCheck> tokens) {

    static Summary of(
            List<Measurement> measurements, Duration took, Objective objective, Optional<TokenCodec> tokenizer) {
        Tally tally = new Tally(objective);
        measurements.forEach(tally::add);
        return new Summary(
                tally.complete,
                tally.failed,
                tally.stopped,
                tally.waited,
                new TreeMap<>(Map.copyOf(tally.errors)),
                took,
                tally.good,
                tally.promptTokens,
                tally.cachedTokens,
                tally.completionTokens,
                tally.pieces,
                Distribution.of(tally.ttft),
                Distribution.of(tally.itl),
                Distribution.of(tally.tpot),
                Distribution.of(tally.e2el),
                Distribution.of(tally.lag),
                TokenCheck.of(measurements, tokenizer));
    }

    /// Complete replies a second.
    public double requestThroughput() {
        return perSecond(complete);
    }

    /// Complete replies a second that kept the objective.
    public double goodput() {
        return perSecond(good);
    }

    /// Generated tokens of complete replies a second.
    public double outputThroughput() {
        return perSecond(completionTokens);
    }

    /// Tokens read and generated a second.
    public double totalTokenThroughput() {
        return perSecond(promptTokens + completionTokens);
    }

    /// Tokens in a piece, on average: 1 where a server sends each by itself.
    public double tokensPerPiece() {
        return pieces == 0 ? 0 : (double) completionTokens / pieces;
    }

    private double perSecond(long count) {
        return took.isPositive() ? count / (took.toNanos() / 1e9) : 0;
    }
}
