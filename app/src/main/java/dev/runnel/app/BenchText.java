package dev.runnel.app;

import dev.runnel.app.BenchResult.Compared;
import dev.runnel.app.BenchResult.Pair;
import dev.runnel.app.BenchResult.Row;
import dev.runnel.lab.Distribution;
import dev.runnel.lab.Ratio;
import dev.runnel.lab.Summary;
import dev.runnel.lab.Timing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// A bench's result as text for people.
final class BenchText {

    private static final String NONE = "–";

    private final BenchResult result;
    private final Style style;
    private final StringBuilder text = new StringBuilder();

    private BenchText(BenchResult result, Style style) {
        this.result = result;
        this.style = style;
    }

    static String of(BenchResult result, Style style) {
        return new BenchText(result, style).text();
    }

    private String text() {
        result.rows().forEach(this::describe);
        if (result.rows().stream().map(Row::load).distinct().count() > 1) {
            sweep();
        }
        result.pairs().forEach(this::ratios);
        result.remarks().forEach(remark -> text.append("note: ").append(remark).append('\n'));
        return text.toString();
    }

    private void describe(Row row) {
        Summary summary = row.summary();
        text.append(style.bold(
                        "%s, %s".formatted(row.target().name(), row.load().name())))
                .append('\n');
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("", "p50", "p90", "p99", "p99.9", "mean", "longest", "of"));
        rows.add(latency("ttft", summary.ttft()));
        rows.add(latency("itl", summary.itl()));
        rows.add(latency("tpot", summary.tpot()));
        rows.add(latency("e2el", summary.e2el()));
        text.append(Table.of("  ", rows));
        List<List<String>> facts = new ArrayList<>();
        facts.add(List.of("replies", replies(summary)));
        facts.add(List.of("tokens", tokens(summary)));
        summary.tokens()
                .filter(check -> check.agrees())
                .ifPresent(check -> facts.add(List.of(
                        "",
                        "%d charged, %d counted %s"
                                .formatted(
                                        check.charged(),
                                        check.counted(),
                                        check.method().words()))));
        if (!summary.errors().isEmpty()) {
            facts.add(List.of("failed", errors(summary)));
        }
        if (summary.stopped() > 0) {
            facts.add(List.of("cut off", String.valueOf(summary.stopped())));
        }
        text.append(Table.of("  ", facts)).append('\n');
    }

    private static List<String> latency(String name, Distribution times) {
        return List.of(
                name,
                time(times.p50()),
                time(times.p90()),
                time(times.p99()),
                time(times.p999()),
                times.count() == 0 ? NONE : Timing.readable(times.mean()),
                times.count() == 0 ? NONE : Timing.readable(times.most()),
                String.valueOf(times.count()));
    }

    static String time(Optional<Duration> time) {
        return time.map(Timing::readable).orElse(NONE);
    }

    private String replies(Summary summary) {
        String all = "%d in %s, %s a second"
                .formatted(
                        summary.complete(), Figures.seconds(summary.took()), Figures.rate(summary.requestThroughput()));
        return !result.hasObjective()
                ? all
                : "%s; %d of %d, %s a second, kept %s"
                        .formatted(
                                all,
                                summary.good(),
                                summary.complete() + summary.failed(),
                                Figures.rate(summary.goodput()),
                                result.plan().objective());
    }

    private static String tokens(Summary summary) {
        return "%s generated a second, %s with the prompts'; %s a piece; %d of %d prompt tokens from a cache"
                .formatted(
                        Figures.rate(summary.outputThroughput()),
                        Figures.rate(summary.totalTokenThroughput()),
                        Figures.decimal(summary.tokensPerPiece(), 2),
                        summary.cachedTokens(),
                        summary.promptTokens());
    }

    static String errors(Summary summary) {
        return summary.failed() + ": "
                + summary.errors().entrySet().stream()
                        .map(error -> error.getValue() + " " + Style.harmless(error.getKey()))
                        .collect(Collectors.joining(", "));
    }

    private void sweep() {
        boolean isOfSeveral = !result.pairs().isEmpty();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of(
                isOfSeveral ? "target and load" : "load",
                "ttft p50",
                "p99",
                "itl p50",
                "p99",
                "e2el p50",
                "p99",
                "tokens/s",
                "replies/s",
                "good/s",
                "failed"));
        for (Row row : result.rows()) {
            Summary summary = row.summary();
            rows.add(List.of(
                    (isOfSeveral ? row.target().name() + ", " : "") + row.load().name(),
                    time(summary.ttft().p50()),
                    time(summary.ttft().p99()),
                    time(summary.itl().p50()),
                    time(summary.itl().p99()),
                    time(summary.e2el().p50()),
                    time(summary.e2el().p99()),
                    Figures.rate(summary.outputThroughput()),
                    Figures.rate(summary.requestThroughput()),
                    result.hasObjective() ? Figures.rate(summary.goodput()) : NONE,
                    String.valueOf(summary.failed())));
        }
        text.append(Table.of("", rows)).append('\n');
    }

    private void ratios(Pair pair) {
        text.append(style.bold("%s: %s in terms of %s"
                        .formatted(
                                pair.a().load().name(),
                                pair.b().target().name(),
                                pair.a().target().name())))
                .append('\n');
        List<List<String>> rows = new ArrayList<>();
        for (Compared figure : Compared.values()) {
            figure.ratio(pair).ifPresent(ratio -> rows.add(List.of(figure.words(), words(ratio))));
        }
        text.append(Table.of("  ", rows)).append('\n');
    }

    static String words(Ratio ratio) {
        return "%s (%s to %s in %d rounds)"
                .formatted(
                        Figures.decimal(ratio.median(), 3),
                        Figures.decimal(ratio.least(), 3),
                        Figures.decimal(ratio.most(), 3),
                        ratio.rounds());
    }
}
