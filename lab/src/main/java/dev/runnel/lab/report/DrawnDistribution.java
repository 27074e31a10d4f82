package dev.runnel.lab.report;

import static dev.runnel.lab.report.Legend.path;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A [Distribution]: where values lie as areas, and below, on the same scale, how many of them are no larger as steps.
final class DrawnDistribution {

    private static final double HISTOGRAM = 56;
    private static final double CURVE = 190;
    private static final int BINS = 72;
    private static final int TICKS_UP = 5;
    private static final Axis SHARE = new Axis("", Quantity.SHARE);

    private DrawnDistribution() {}

    static Picture of(Distribution chart, Words words) {
        Markup svg = new Markup();
        List<double[]> sorted =
                chart.series().stream().map(each -> each.samples().sorted()).toList();
        List<String> summaries = new ArrayList<>();
        List<Legend.Entry> entries = new ArrayList<>();
        for (int i = 0; i < sorted.size(); i++) {
            summaries.add(summary(
                    chart.series().get(i).name(), sorted.get(i), chart.axis().quantity(), words));
            entries.add(new Legend.Entry(Legend.Mark.LINE, Picture.look(i), summaries.get(i)));
        }
        double top = Legend.draw(svg, entries) + 8;

        Scale across = Scale.of(chart.axis(), sorted.stream().flatMapToDouble(Arrays::stream));
        Scale shares = Scale.fromZero(SHARE, 1);
        double left = Plot.beside(shares, TICKS_UP);
        double width = Picture.WIDTH - left - 20;
        Plot histogram = new Plot(svg, left, top, width, HISTOGRAM, across, shares);
        Plot curve = new Plot(svg, left, top + HISTOGRAM + 14, width, CURVE, across, shares);
        curve.drawAcross();
        curve.drawUp(TICKS_UP);
        for (int i = 0; i < sorted.size(); i++) {
            if (sorted.get(i).length > 0) {
                drawHistogram(histogram, sorted.get(i), Picture.look(i));
                drawCurve(curve, sorted.get(i), Picture.look(i));
                drawPercentiles(curve, chart.series().get(i).name(), sorted.get(i), chart.axis(), Picture.look(i));
            }
        }
        if (sorted.stream().allMatch(samples -> samples.length == 0)) {
            curve.say(words.say("nothing"));
        }
        return new Picture(chart, svg, curve.bottom() + Plot.BELOW, String.join(". ", summaries), List.of());
    }

    private static String summary(String name, double[] sorted, Quantity quantity, Words words) {
        StringBuilder summary = new StringBuilder(name).append(words.say("samples", sorted.length));
        for (int percent : percentiles(sorted.length)) {
            summary.append(", p%d %s".formatted(percent, quantity.readable(Numbers.quantile(sorted, percent / 100.0))));
        }
        return summary.toString();
    }

    /// Those that aren't just the largest sample.
    private static List<Integer> percentiles(int samples) {
        return samples == 0
                ? List.of()
                : samples < 10 ? List.of(50) : samples < 100 ? List.of(50, 90) : List.of(50, 90, 99);
    }

    private static void drawHistogram(Plot plot, double[] sorted, String look) {
        int[] bins = new int[BINS];
        for (double value : sorted) {
            bins[(int) Math.clamp(BINS * plot.across().place(value), 0, BINS - 1)]++;
        }
        double most = Arrays.stream(bins).max().orElse(1);
        double step = plot.width() / BINS;
        StringBuilder outline = new StringBuilder(path("M", plot.left(), plot.bottom()));
        for (int i = 0; i < BINS; i++) {
            outline.append('V')
                    .append(Markup.pixels(plot.bottom() - plot.height() * bins[i] / most))
                    .append('H')
                    .append(Markup.pixels(plot.left() + (i + 1) * step));
        }
        outline.append('V').append(Markup.pixels(plot.bottom())).append('z');
        plot.svg().empty("path", "class", "heap " + look, "d", outline);
    }

    /// A step for each value, or for each group of them that would be drawn in one place.
    private static void drawCurve(Plot plot, double[] sorted, String look) {
        StringBuilder steps = new StringBuilder(path("M", plot.left(), plot.bottom()));
        String drawn = "";
        for (int i = 0; i < sorted.length; i++) {
            String x = Markup.pixels(plot.x(sorted[i]));
            boolean last = i == sorted.length - 1
                    || !Markup.pixels(plot.x(sorted[i + 1])).equals(x);
            if (last && !x.equals(drawn)) {
                steps.append('H').append(x).append('V').append(Markup.pixels(plot.y((i + 1.0) / sorted.length)));
                drawn = x;
            }
        }
        steps.append('H').append(Markup.pixels(plot.right()));
        plot.svg().empty("path", "class", "line " + look, "d", steps);
    }

    private static void drawPercentiles(Plot plot, String name, double[] sorted, Axis axis, String look) {
        for (int percent : percentiles(sorted.length)) {
            double value = Numbers.quantile(sorted, percent / 100.0);
            plot.svg()
                    .open("circle", "class", "dot " + look, "cx", plot.x(value), "cy", plot.y(percent / 100.0), "r", 4)
                    .element(
                            "title",
                            "%s p%d: %s"
                                    .formatted(name, percent, axis.quantity().readable(value)))
                    .close();
        }
    }
}
