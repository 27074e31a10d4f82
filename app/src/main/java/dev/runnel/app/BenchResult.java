package dev.runnel.app;

import dev.runnel.core.TokenCodec;
import dev.runnel.lab.Distribution;
import dev.runnel.lab.Load;
import dev.runnel.lab.Objective;
import dev.runnel.lab.Plan;
import dev.runnel.lab.Ratio;
import dev.runnel.lab.Series;
import dev.runnel.lab.Summary;
import dev.runnel.lab.Target;
import dev.runnel.lab.TokenCheck;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/// What a bench measured, for whoever writes it down.
///
/// @param codec to count tokens with
record BenchResult(Plan plan, List<Entry> entries, Optional<TokenCodec> codec, Instant begun) {

    /// A target under a load.
    record Entry(Series series, Summary summary) {

        Target target() {
            return series.target();
        }

        Load load() {
            return series.load();
        }
    }

    /// Two targets under the same load.
    record Pair(Entry a, Entry b) {}

    /// A figure that two targets are compared by.
    enum Compared {
        TTFT("ttft p50", summary -> millis(summary.ttft())),
        ITL("itl p50", summary -> millis(summary.itl())),
        TPOT("tpot p50", summary -> millis(summary.tpot())),
        E2EL("e2el p50", summary -> millis(summary.e2el())),
        OUTPUT("tokens a second", summary -> OptionalDouble.of(summary.outputThroughput())),
        REQUESTS("replies a second", summary -> OptionalDouble.of(summary.requestThroughput()));

        private final String words;
        private final Function<Summary, OptionalDouble> figure;

        Compared(String words, Function<Summary, OptionalDouble> figure) {
            this.words = words;
            this.figure = figure;
        }

        String words() {
            return words;
        }

        /// The second's in terms of the first's, round by round; absent where it can't be had.
        Optional<Ratio> ratio(Pair pair) {
            return Ratio.of(
                    pair.a().series(),
                    pair.b().series(),
                    round -> figure.apply(new Series(pair.a().target(), pair.a().load(), List.of(round))
                            .summary(Objective.NONE, Optional.empty())));
        }

        private static OptionalDouble millis(Distribution times) {
            return times.p50().isPresent()
                    ? OptionalDouble.of(times.p50().get().toNanos() / 1e6)
                    : OptionalDouble.empty();
        }
    }

    /// How late the lab may be before that is worth a word: far more than a thread takes to wake up.
    private static final Duration NOTABLE_LAG = Duration.ofMillis(5);

    static BenchResult of(Plan plan, List<Series> series, Optional<TokenCodec> codec, Instant begun) {
        return new BenchResult(
                plan,
                series.stream()
                        .map(each -> new Entry(each, each.summary(plan.objective(), codec)))
                        .toList(),
                codec,
                begun);
    }

    int complete() {
        return entries.stream().mapToInt(entry -> entry.summary().complete()).sum();
    }

    boolean hasObjective() {
        return !plan.objective().equals(Objective.NONE);
    }

    /// One for each load that both have been measured under; none where there is one target.
    List<Pair> pairs() {
        List<Pair> pairs = new ArrayList<>();
        for (int i = 1; i < entries.size(); i++) {
            Entry a = entries.get(i - 1);
            Entry b = entries.get(i);
            if (a.load().equals(b.load()) && !a.target().equals(b.target())) {
                pairs.add(new Pair(a, b));
            }
        }
        return pairs;
    }

    /// What should be known before the figures are believed, each in a sentence.
    List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        for (Entry entry : entries) {
            String where = entry.target().name() + ", " + entry.load().name() + ": ";
            Summary summary = entry.summary();
            Duration lag = summary.lag().p99().orElse(summary.lag().most());
            if (lag.compareTo(NOTABLE_LAG) > 0) {
                remarks.add(where
                        + "the lab itself was up to %s late to send requests; this machine is too slow, or too busy, for the load"
                                .formatted(Figures.time(lag)));
            }
            if (summary.waited() > 0) {
                remarks.add(where
                        + "%d requests waited for their turn; --max-concurrency lets more run at once"
                                .formatted(summary.waited()));
            }
            summary.tokens()
                    .filter(check -> !check.agrees())
                    .ifPresent(check -> remarks.add(where + disagreement(check)));
        }
        return remarks;
    }

    private static String disagreement(TokenCheck check) {
        return "the server's count of tokens can't be right in %d of %d replies; in all it charges %d, and %d were counted %s"
                .formatted(
                        check.replies() - check.agreeing(),
                        check.replies(),
                        check.charged(),
                        check.counted(),
                        check.method().words());
    }
}
