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
import dev.runnel.lab.Timing;
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
/// @param isOfOneModel whether all targets are one model in one place, which may have what it read for one of
///     them in a cache when it reads the same for another
record BenchResult(Plan plan, List<Row> rows, boolean isOfOneModel, Instant begun) {

    /// A target under a load.
    ///
    /// @param codec to count the target's tokens with
    record Row(Series series, Summary summary, Optional<TokenCodec> codec) {

        Target target() {
            return series.target();
        }

        Load load() {
            return series.load();
        }
    }

    /// Two targets under the same load.
    record Pair(Row a, Row b) {}

    /// A figure that two targets are compared by.
    enum Compared {
        TTFT("ttft p50"),
        ITL("itl p50"),
        TPOT("tpot p50"),
        E2EL("e2el p50"),
        OUTPUT("tokens a second"),
        REQUESTS("replies a second");

        private final String words;

        Compared(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }

        /// The second's in terms of the first's, round by round; absent where it can't be had.
        Optional<Ratio> ratio(Pair pair) {
            return Ratio.of(pair.a().series(), pair.b().series(), round -> figure(round.summary(Objective.NONE)));
        }

        private OptionalDouble figure(Summary summary) {
            return switch (this) {
                case TTFT -> median(summary.ttft());
                case ITL -> median(summary.itl());
                case TPOT -> median(summary.tpot());
                case E2EL -> median(summary.e2el());
                case OUTPUT -> OptionalDouble.of(summary.outputThroughput());
                case REQUESTS -> OptionalDouble.of(summary.requestThroughput());
            };
        }

        private static OptionalDouble median(Distribution times) {
            return times.p50()
                    .map(time -> OptionalDouble.of(time.toNanos() / 1e9))
                    .orElse(OptionalDouble.empty());
        }
    }

    /// How late the lab may be before that is worth a word: far more than a thread takes to wake up.
    private static final Duration NOTABLE_LAG = Duration.ofMillis(5);

    /// @param codecs to count each target's tokens with
    static BenchResult of(
            Plan plan,
            List<Series> series,
            Function<Target, Optional<TokenCodec>> codecs,
            boolean isOfOneModel,
            Instant begun) {
        return new BenchResult(
                plan, series.stream().map(each -> row(plan, each, codecs)).toList(), isOfOneModel, begun);
    }

    private static Row row(Plan plan, Series series, Function<Target, Optional<TokenCodec>> codecs) {
        Optional<TokenCodec> codec = codecs.apply(series.target());
        return new Row(series, series.summary(plan.objective(), codec), codec);
    }

    int complete() {
        return rows.stream().mapToInt(row -> row.summary().complete()).sum();
    }

    boolean hasObjective() {
        return !plan.objective().equals(Objective.NONE);
    }

    /// One for each load that both have been measured under; none where there is one target.
    List<Pair> pairs() {
        List<Pair> pairs = new ArrayList<>();
        for (int i = 1; i < rows.size(); i++) {
            Row a = rows.get(i - 1);
            Row b = rows.get(i);
            if (a.load().equals(b.load()) && !a.target().equals(b.target())) {
                pairs.add(new Pair(a, b));
                i++; // the same load may come again
            }
        }
        return pairs;
    }

    /// What should be known before the figures are believed, each in a sentence.
    List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        if (isOfOneModel && !plan.workload().unique() && !pairs().isEmpty()) {
            remarks.add("one model was asked the same twice, so the second of a pair may have been answered from the "
                    + "prompt cache; with --unique-prompts it is not");
        }
        for (Row row : rows) {
            String where = row.target().name() + ", " + row.load().name() + ": ";
            Summary summary = row.summary();
            Duration lag = summary.lag().p99().orElse(summary.lag().most());
            if (lag.compareTo(NOTABLE_LAG) > 0) {
                remarks.add(where
                        + "the lab itself was up to %s late to send requests; this machine is too slow, or too busy, for the load"
                                .formatted(Timing.readable(summary.lag().most())));
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
