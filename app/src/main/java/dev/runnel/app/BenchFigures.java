package dev.runnel.app;

import dev.runnel.lab.Distribution;
import dev.runnel.lab.Load;
import dev.runnel.lab.Summary;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A summary's figures for programs, under the names that vLLM's benchmark writes them by, as far as it has them. What
/// can't be told is null.
final class BenchFigures {

    private BenchFigures() {}

    static Map<String, @Nullable Number> of(Load load, Summary summary) {
        Map<String, @Nullable Number> all = new LinkedHashMap<>();
        switch (load) {
            case Load.Closed(var concurrency, var _) -> {
                all.put("request_rate", null);
                all.put("max_concurrency", concurrency);
            }
            case Load.Open(var rate, var mostAtOnce, var _) -> {
                all.put("request_rate", rate);
                all.put("max_concurrency", mostAtOnce);
            }
        }
        all.put("num_prompts", load.requests());
        all.put("duration", summary.took().toNanos() / 1e9);
        all.put("completed", summary.complete());
        all.put("failed", summary.failed());
        all.put("stopped", summary.stopped());
        all.put("waited", summary.waited());
        all.put("good", summary.good());
        all.put("total_input_tokens", summary.promptTokens());
        all.put("total_cached_tokens", summary.cachedTokens());
        all.put("total_output_tokens", summary.completionTokens());
        all.put("total_pieces", summary.pieces());
        all.put(
                "counted_output_tokens",
                summary.tokens().map(check -> check.counted()).orElse(null));
        all.put(
                "replies_with_wrong_usage",
                summary.tokens()
                        .map(check -> check.replies() - check.agreeing())
                        .orElse(null));
        all.put("request_throughput", summary.requestThroughput());
        all.put("request_goodput", summary.goodput());
        all.put("output_throughput", summary.outputThroughput());
        all.put("total_token_throughput", summary.totalTokenThroughput());
        put(all, "ttft", summary.ttft());
        put(all, "itl", summary.itl());
        put(all, "tpot", summary.tpot());
        put(all, "e2el", summary.e2el());
        put(all, "lag", summary.lag());
        return all;
    }

    private static void put(Map<String, @Nullable Number> all, String name, Distribution times) {
        boolean any = times.count() > 0;
        all.put("count_" + name, times.count());
        all.put("mean_" + name + "_ms", any ? millis(times.mean()) : null);
        all.put("std_" + name + "_ms", any ? millis(times.deviation()) : null);
        all.put("min_" + name + "_ms", any ? millis(times.least()) : null);
        all.put("max_" + name + "_ms", any ? millis(times.most()) : null);
        all.put("median_" + name + "_ms", millis(times.p50()));
        all.put("p90_" + name + "_ms", millis(times.p90()));
        all.put("p99_" + name + "_ms", millis(times.p99()));
        all.put("p99.9_" + name + "_ms", millis(times.p999()));
    }

    private static @Nullable Number millis(Optional<Duration> time) {
        return time.map(BenchFigures::millis).orElse(null);
    }

    /// To the microsecond.
    static double millis(Duration time) {
        return Math.round(time.toNanos() / 1e3) / 1e3;
    }
}
