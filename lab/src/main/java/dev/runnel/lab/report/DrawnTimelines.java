package dev.runnel.lab.report;

import static dev.runnel.lab.report.Legend.path;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/// [Timelines], a row for each stream: a thin line while nothing has come, ticks on a band from the first piece on.
final class DrawnTimelines {

    /// Rows of which each is still seen.
    private static final int MOST_ROWS = 160;

    /// Ticks that each can be hovered over, in all rows together.
    private static final int MOST_TOLD = 1500;

    private static final double NAMED_ROW = 12;
    private static final double APART = 1;

    private final Timelines chart;
    private final Words words;
    private final Markup svg = new Markup();
    private final boolean told;
    private boolean merged;

    private DrawnTimelines(Timelines chart, Words words) {
        this.chart = chart;
        this.words = words;
        told = chart.streams().stream().mapToInt(each -> each.pieces().size()).sum() <= MOST_TOLD;
    }

    static Picture of(Timelines chart, Words words) {
        return new DrawnTimelines(chart, words).picture();
    }

    private Picture picture() {
        List<Timelines.Stream> rows = shown();
        double top = Legend.draw(svg, legend(rows)) + 8;
        double height = Math.clamp(640.0 / Math.max(1, rows.size()), 4, 34);
        double left = height < NAMED_ROW
                ? 8
                : Math.min(
                        160,
                        12
                                + rows.stream()
                                        .mapToDouble(row -> Letters.width(row.label()))
                                        .max()
                                        .orElse(0));
        Scale across = Scale.fromZero(
                chart.axis(),
                rows.stream()
                        .flatMapToDouble(row -> DoubleStream.of(row.end()))
                        .max()
                        .orElse(0));
        Plot plot =
                new Plot(svg, left, top, Picture.WIDTH - left - 20, height * Math.max(1, rows.size()), across, across);
        plot.drawAcross();
        for (int i = 0; i < rows.size(); i++) {
            draw(plot, rows.get(i), top + height * i, height);
        }
        if (rows.isEmpty()) {
            plot.say(words.say("nothing"));
        }
        List<String> notes = new ArrayList<>();
        if (rows.size() < chart.streams().size()) {
            long failed = failed(chart.streams());
            int all = chart.streams().size();
            notes.add(
                    failed == 0
                            ? words.say("thinned", rows.size(), all)
                            : words.say("thinnedFailures", rows.size(), all, failed(rows), failed));
        }
        if (merged) {
            notes.add(words.say("merged"));
        }
        return new Picture(chart, svg, plot.bottom() + Plot.BELOW, description(), notes);
    }

    private List<Legend.Entry> legend(List<Timelines.Stream> rows) {
        List<Legend.Entry> entries = new ArrayList<>();
        entries.add(new Legend.Entry(Legend.Mark.DOT, "s1", words.say("first")));
        entries.add(new Legend.Entry(Legend.Mark.TICK, "s0", words.say("piece")));
        entries.add(new Legend.Entry(Legend.Mark.SQUARE, "ink", words.say("end")));
        if (rows.stream().anyMatch(row -> row.failure().isPresent())) {
            entries.add(new Legend.Entry(Legend.Mark.CROSS, "bad", words.say("failure")));
        }
        return entries;
    }

    /// Of those that failed every so many, and so of the others. The former have a quarter of the rows if they are so
    /// many, and more if that is their share.
    private List<Timelines.Stream> shown() {
        List<Timelines.Stream> all = chart.streams();
        if (all.size() <= MOST_ROWS) {
            return all;
        }
        long failed = failed(all);
        double failures = Math.min(failed, Math.max(MOST_ROWS / 4, MOST_ROWS * failed / all.size()));
        double takenOfFailed = failed == 0 ? 0 : failures / failed;
        double takenOfOthers = (MOST_ROWS - failures) / Math.max(1, all.size() - failed);
        List<Timelines.Stream> shown = new ArrayList<>();
        double owedOfFailed = 0.5;
        double owedOfOthers = 0.5;
        for (Timelines.Stream each : all) {
            if (each.failure().isPresent()) {
                owedOfFailed += takenOfFailed;
                if (owedOfFailed >= 1) {
                    owedOfFailed--;
                    shown.add(each);
                }
            } else {
                owedOfOthers += takenOfOthers;
                if (owedOfOthers >= 1) {
                    owedOfOthers--;
                    shown.add(each);
                }
            }
        }
        return shown;
    }

    private void draw(Plot plot, Timelines.Stream row, double top, double height) {
        double middle = top + height / 2;
        double half = Math.max(1, height * 0.3);
        double mark = Math.clamp(height * 0.16, 1.2, 4.5);
        boolean silent = row.pieces().size() == 0;
        double first = silent ? row.end() : row.pieces().at(0);

        svg.open("g").element("title", told(row));
        if (height >= NAMED_ROW) {
            String label = Letters.clipped(row.label(), plot.left() - 10);
            svg.element("text", label, "x", plot.left() - 8, "y", middle + 4, "text-anchor", "end");
        }
        String wait = path("M", plot.x(row.start()), middle) + "H" + Markup.pixels(plot.x(first));
        svg.empty("path", "class", "wait", "d", wait);
        double width = plot.x(row.end()) - plot.x(first);
        svg.empty("rect", "class", "band", "x", plot.x(first), "y", middle - half, "width", width, "height", 2 * half);
        if (told) {
            drawTicksThatTell(plot, row, middle, half);
        } else {
            drawTicks(plot, row, middle, half);
        }
        if (!silent) {
            Legend.mark(svg, Legend.Mark.DOT, "s1", plot.x(first), middle, mark);
        }
        Legend.Mark end = row.failure().isPresent() ? Legend.Mark.CROSS : Legend.Mark.SQUARE;
        Legend.mark(svg, end, row.failure().isPresent() ? "bad" : "ink", plot.x(row.end()), middle, mark);
        svg.close().line();
    }

    private void drawTicksThatTell(Plot plot, Timelines.Stream row, double middle, double half) {
        double before = row.start();
        for (int i = 0; i < row.pieces().size(); i++) {
            double time = row.pieces().at(i);
            String hover = words.say("pieceTold", i + 1, readable(time - row.start()), readable(time - before));
            svg.open("path", "class", "piece s0", "d", tick(plot.x(time), middle, half))
                    .element("title", hover)
                    .close();
            before = time;
        }
    }

    private void drawTicks(Plot plot, Timelines.Stream row, double middle, double half) {
        StringBuilder ticks = new StringBuilder();
        double drawn = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < row.pieces().size(); i++) {
            double x = plot.x(row.pieces().at(i));
            if (x - drawn >= APART) {
                ticks.append(tick(x, middle, half));
                drawn = x;
            } else {
                merged = true;
            }
        }
        if (!ticks.isEmpty()) {
            svg.empty("path", "class", "piece s0", "d", ticks);
        }
    }

    private static String tick(double x, double middle, double half) {
        return path("M", x, middle - half) + "v" + Markup.pixels(2 * half);
    }

    private String told(Timelines.Stream row) {
        String name = row.label().isEmpty() ? "" : row.label() + ": ";
        String first = row.pieces().size() == 0
                ? ""
                : words.say("firstTold", readable(row.pieces().at(0) - row.start())) + ", ";
        String end = readable(row.end() - row.start());
        return name
                + first
                + row.failure()
                        .map(why -> words.say("failureTold", row.pieces().size(), end, why))
                        .orElseGet(() -> words.say("endTold", row.pieces().size(), end));
    }

    private String readable(double time) {
        return chart.axis().quantity().readable(time);
    }

    private static long failed(List<Timelines.Stream> streams) {
        return streams.stream().filter(each -> each.failure().isPresent()).count();
    }

    private String description() {
        return chart.streams().size() <= 4
                ? String.join("; ", chart.streams().stream().map(this::told).toList())
                : words.say("streams", chart.streams().size(), failed(chart.streams()));
    }
}
