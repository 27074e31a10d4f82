package dev.runnel.app;

import dev.runnel.app.BenchResult.Compared;
import dev.runnel.app.BenchResult.Pair;
import dev.runnel.app.BenchResult.Row;
import dev.runnel.lab.Load;
import dev.runnel.lab.Measurement;
import dev.runnel.lab.Outcome;
import dev.runnel.lab.Round;
import dev.runnel.lab.Summary;
import dev.runnel.lab.Target;
import dev.runnel.lab.report.Axis;
import dev.runnel.lab.report.Bars;
import dev.runnel.lab.report.Block;
import dev.runnel.lab.report.Distribution;
import dev.runnel.lab.report.Language;
import dev.runnel.lab.report.Lines;
import dev.runnel.lab.report.Numbers;
import dev.runnel.lab.report.Prose;
import dev.runnel.lab.report.Report;
import dev.runnel.lab.report.Section;
import dev.runnel.lab.report.Table;
import dev.runnel.lab.report.Timelines;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A bench's result as a page to look at.
final class BenchPage {

    private static final DateTimeFormatter DAY_AND_MINUTE =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'").withZone(ZoneOffset.UTC);

    /// Beyond this many a chart's lines can't be told apart.
    private static final int MOST_SERIES = 6;

    private final BenchResult result;
    private final List<Target> targets;
    private final List<Load> loads;

    private BenchPage(BenchResult result) {
        this.result = result;
        targets = result.rows().stream().map(Row::target).distinct().toList();
        loads = result.rows().stream().map(Row::load).distinct().toList();
    }

    static String of(BenchResult result) {
        return new BenchPage(result).report().html();
    }

    private Report report() {
        List<Section> sections = new ArrayList<>();
        sections.add(new Section(
                "Result",
                Stream.concat(remarks(), Stream.of(latencies(), throughput())).toList()));
        if (!result.pairs().isEmpty()) {
            sections.add(new Section("Comparison", comparison()));
        }
        if (loads.size() > 1) {
            sections.add(new Section("Latency against throughput", sweep()));
        }
        sections.add(new Section("Distributions", distributions()));
        sections.add(new Section("Streams", timelines()));
        if (result.rows().stream().anyMatch(row -> row.summary().failed() > 0)) {
            sections.add(new Section("Failures", failures()));
        }
        sections.add(new Section("What is measured", definitions()));
        String title = "Bench of " + targets.stream().map(Target::name).collect(Collectors.joining(" and "));
        return new Report(Language.ENGLISH, title, lead(), sections);
    }

    private String lead() {
        String models = targets.stream().map(Target::model).distinct().collect(Collectors.joining(", "));
        int replies = result.rows().stream()
                .mapToInt(row -> row.summary().complete() + row.summary().failed())
                .sum();
        String objective = !result.hasObjective()
                ? ""
                : " Goodput counts replies with " + result.plan().objective() + ".";
        return "%s. Model %s. %d requests, %s.%s"
                .formatted(
                        DAY_AND_MINUTE.format(result.begun()),
                        models,
                        replies,
                        loads.stream().map(Load::name).collect(Collectors.joining(", then ")),
                        objective);
    }

    private Stream<Block> remarks() {
        return result.remarks().stream().map(remark -> new Prose(remark, Prose.Kind.FAILURE));
    }

    /// What tells a row from the others.
    private String name(Row row) {
        return targets.size() == 1
                ? row.load().name()
                : loads.size() == 1
                        ? row.target().name()
                        : row.target().name() + ", " + row.load().name();
    }

    private Table latencies() {
        List<List<String>> rows = new ArrayList<>();
        for (Row row : result.rows()) {
            Summary summary = row.summary();
            rows.add(cells(
                    name(row),
                    BenchText.time(summary.ttft().p50()),
                    BenchText.time(summary.ttft().p99()),
                    BenchText.time(summary.itl().p50()),
                    BenchText.time(summary.itl().p99()),
                    BenchText.time(summary.tpot().p50()),
                    BenchText.time(summary.e2el().p50()),
                    BenchText.time(summary.e2el().p99())));
        }
        return new Table(
                "How long a reader waits. Percentiles that rest on too few measurements are left out.",
                List.of("", "ttft p50", "p99", "itl p50", "p99", "tpot p50", "e2el p50", "p99"),
                rows);
    }

    private Table throughput() {
        List<List<String>> rows = new ArrayList<>();
        for (Row row : result.rows()) {
            Summary summary = row.summary();
            rows.add(cells(
                    name(row),
                    String.valueOf(summary.complete()),
                    String.valueOf(summary.failed()),
                    Figures.rate(summary.outputThroughput()),
                    Figures.rate(summary.totalTokenThroughput()),
                    Figures.rate(summary.requestThroughput()),
                    result.hasObjective() ? Figures.rate(summary.goodput()) : Table.NONE));
        }
        return new Table(
                "How much is done. Generated tokens, those of prompts too, replies, and replies that keep the "
                        + "objective, a second.",
                List.of("", "complete", "failed", "tokens/s", "all tokens/s", "replies/s", "good/s"),
                rows);
    }

    /// Cells that stay in one line each.
    private static List<String> cells(String... cells) {
        return Stream.of(cells).map(cell -> cell.replace(' ', '\u00a0')).toList();
    }

    private List<Block> comparison() {
        List<Block> blocks = new ArrayList<>();
        for (Pair pair : result.pairs()) {
            List<List<String>> rows = new ArrayList<>();
            for (Compared figure : Compared.values()) {
                figure.ratio(pair)
                        .ifPresent(ratio -> rows.add(List.of(
                                figure.words(),
                                Figures.decimal(ratio.median(), 3),
                                Figures.decimal(ratio.least(), 3),
                                Figures.decimal(ratio.most(), 3),
                                String.valueOf(ratio.rounds()))));
            }
            blocks.add(new Table(
                    "%s in terms of %s, %s, round by round"
                            .formatted(
                                    pair.b().target().name(),
                                    pair.a().target().name(),
                                    pair.a().load().name()),
                    List.of("", "median", "least", "most", "rounds"),
                    rows));
        }
        List<Bars.Bar> bars = result.rows().stream()
                .filter(row -> row.summary().complete() > 0)
                .map(row -> {
                    double first = seconds(row.summary().ttft().mean());
                    double end = seconds(row.summary().e2el().mean());
                    return new Bars.Bar(name(row), Numbers.of(first, Math.max(0, end - first)));
                })
                .toList();
        blocks.add(new Bars(
                "What a reader waits for",
                "Means. A reader of whole replies sees nothing until the end.",
                Axis.time("from the request"),
                List.of("until the first piece", "from there to the end"),
                bars));
        return blocks;
    }

    private List<Block> sweep() {
        return List.of(
                against("Time to first token", Summary::ttft),
                against("Inter-token latency", Summary::itl),
                against("End-to-end latency", Summary::e2el));
    }

    private Lines against(String latency, Function<Summary, dev.runnel.lab.Distribution> times) {
        List<Lines.Series> lines = new ArrayList<>();
        for (Target target : targets) {
            String prefix = targets.size() == 1 ? "" : target.name() + " ";
            lines.add(line(
                    prefix + "median", target, summary -> times.apply(summary).p50()));
            lines.add(
                    line(prefix + "p99", target, summary -> times.apply(summary).p99()));
        }
        return new Lines(
                latency + " against throughput",
                "Each point is a load. Further right is more work done, further down is less waiting.",
                Axis.number("generated tokens a second"),
                Axis.time(latency),
                lines.stream().filter(line -> line.x().size() > 0).toList());
    }

    private Lines.Series line(String name, Target target, Function<Summary, Optional<Duration>> latency) {
        List<Row> told = result.rows().stream()
                .filter(row -> row.target().equals(target))
                .filter(row -> latency.apply(row.summary()).isPresent())
                .toList();
        return new Lines.Series(
                name,
                Numbers.of(told.stream()
                        .mapToDouble(row -> row.summary().outputThroughput())
                        .toArray()),
                Numbers.ofDurations(told.stream()
                        .map(row -> latency.apply(row.summary()).orElseThrow())
                        .toList()),
                told.stream().map(row -> row.load().name()).toList());
    }

    private List<Block> distributions() {
        return List.of(
                distribution("Time to first token", measured -> measured.ttft().stream()),
                distribution("Inter-token latency", measured -> measured.gaps().stream()),
                distribution("Time per output token", measured -> measured.tpot().stream()),
                distribution("End-to-end latency", measured -> Stream.of(measured.e2el())));
    }

    private Distribution distribution(String title, Function<Measurement, Stream<Duration>> times) {
        List<Distribution.Series> series = result.rows().stream()
                .limit(MOST_SERIES)
                .map(row -> new Distribution.Series(
                        name(row),
                        Numbers.ofDurations(row.series().measurements().stream()
                                .filter(measured -> measured.outcome() instanceof Outcome.Complete)
                                .flatMap(times)
                                .toList())))
                .toList();
        int left = result.rows().size() - series.size();
        return new Distribution(
                title,
                left == 0
                        ? ""
                        : "The first %d of %d."
                                .formatted(series.size(), result.rows().size()),
                Axis.time(title),
                series);
    }

    private List<Block> timelines() {
        return result.rows().stream()
                .map(row -> (Block)
                        new Timelines(name(row), "", Axis.time("from the beginning of the measurement"), streams(row)))
                .toList();
    }

    /// Rounds one after another, as if nothing had been between them.
    private static List<Timelines.Stream> streams(Row row) {
        List<Timelines.Stream> streams = new ArrayList<>();
        Duration before = Duration.ZERO;
        for (Round round : row.series().rounds()) {
            for (Measurement measured : round.measurements()) {
                Duration start = before.plus(measured.due());
                streams.add(new Timelines.Stream(
                        String.valueOf(measured.index()),
                        seconds(start),
                        Numbers.ofDurations(
                                measured.pieces().stream().map(start::plus).toList()),
                        seconds(start.plus(measured.e2el())),
                        failure(measured)));
            }
            before = before.plus(round.took());
        }
        streams.sort(Comparator.comparingDouble(Timelines.Stream::start));
        return streams;
    }

    private static Optional<String> failure(Measurement measured) {
        return switch (measured.outcome()) {
            case Outcome.Complete _ -> Optional.empty();
            case Outcome.Failed(var code, var message) -> Optional.of(code + ": " + message);
            case Outcome.Stopped() -> Optional.of("cut off when the bench was stopped");
        };
    }

    private Table failures() {
        List<List<String>> rows = new ArrayList<>();
        for (Row row : result.rows()) {
            Map<String, List<String>> byCode = new LinkedHashMap<>();
            for (Measurement measured : row.series().measurements()) {
                if (measured.outcome() instanceof Outcome.Failed(var code, var message)) {
                    int count = row.summary().errors().getOrDefault(code, 0);
                    byCode.putIfAbsent(code, List.of(name(row), code, String.valueOf(count), message));
                }
            }
            rows.addAll(byCode.values());
        }
        return new Table("", List.of("load", "failure", "requests", "the first of them"), rows);
    }

    private static List<Block> definitions() {
        return List.of(
                new Table(
                        "Names are those of vLLM's benchmark.",
                        List.of("", "what it is", "in NVIDIA's AIPerf"),
                        List.of(
                                List.of(
                                        "ttft",
                                        "time to first token: until the first piece that is not empty, reasoning included",
                                        "time to first token"),
                                List.of(
                                        "itl",
                                        "inter-token latency: each wait between two pieces, which may be several tokens each",
                                        "inter-chunk latency"),
                                List.of(
                                        "tpot",
                                        "time per output token after the first, by the tokens that the server counts",
                                        "inter-token latency"),
                                List.of(
                                        "e2el",
                                        "end-to-end latency: until the reply is known to be complete, its usage included",
                                        "request latency, which ends with the last piece"),
                                List.of(
                                        "good/s",
                                        "goodput: complete replies a second that keep the objective",
                                        "goodput"))),
                new Prose(
                        "Latencies are those of complete replies; failures are counted beside them. In an open loop they "
                                + "count from the moment a request was to be sent, whatever kept it from being sent then, so a "
                                + "stall is felt by all that came during it. Percentiles are of an HdrHistogram, to three digits."));
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }
}
