package dev.runnel.lab.report;

import static dev.runnel.lab.report.Legend.path;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/// [Lines] between two scales, with the labels of their points as far as there is room for them.
final class DrawnLines {

    private static final double HEIGHT = 280;
    private static final int TICKS_UP = 5;
    private static final double LETTER_HEIGHT = 13;

    /// Room that is taken.
    private record Box(double left, double top, double right, double bottom) {

        boolean overlaps(Box other) {
            return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
        }
    }

    private final Lines chart;
    private final Markup svg = new Markup();
    private final List<Box> taken = new ArrayList<>();

    private DrawnLines(Lines chart) {
        this.chart = chart;
    }

    static Picture of(Lines chart, Words words) {
        return new DrawnLines(chart).picture(words);
    }

    private Picture picture(Words words) {
        List<Lines.Series> series = chart.series();
        double top = Legend.draw(
                        svg,
                        IntStream.range(0, series.size())
                                .mapToObj(i -> new Legend.Entry(
                                        Legend.Mark.LINE,
                                        Picture.look(i),
                                        series.get(i).name()))
                                .toList())
                + 30;
        Scale across = Scale.of(chart.x(), series.stream().flatMapToDouble(each -> values(each.x())));
        Scale up = Scale.of(chart.y(), series.stream().flatMapToDouble(each -> values(each.y())));
        double left = Plot.beside(up, TICKS_UP);
        Plot plot = new Plot(svg, left, top, Picture.WIDTH - left - 24, HEIGHT, across, up);
        plot.drawAcross();
        plot.drawUp(TICKS_UP);
        for (int i = 0; i < series.size(); i++) {
            drawLine(plot, series.get(i), Picture.look(i));
        }
        for (int i = 0; i < series.size(); i++) {
            drawPoints(plot, series.get(i), Picture.look(i));
        }
        series.forEach(each -> drawLabels(plot, each));
        if (series.stream().allMatch(each -> each.x().size() == 0)) {
            plot.say(words.say("nothing"));
        }
        return new Picture(chart, svg, plot.bottom() + Plot.BELOW, description(), List.of());
    }

    private static DoubleStream values(Numbers numbers) {
        return IntStream.range(0, numbers.size()).mapToDouble(numbers::at);
    }

    private void drawLine(Plot plot, Lines.Series series, String look) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < series.x().size(); i++) {
            double x = plot.x(series.x().at(i));
            double y = plot.y(series.y().at(i));
            line.append(path(i == 0 ? "M" : "L", x, y));
            if (i > 0) {
                take(plot.x(series.x().at(i - 1)), plot.y(series.y().at(i - 1)), x, y);
            }
        }
        if (!line.isEmpty()) {
            plot.svg().empty("path", "class", "line " + look, "d", line);
        }
    }

    /// Keeps labels off a stretch of a line, in steps as small as letters.
    private void take(double fromX, double fromY, double toX, double toY) {
        int steps = 1 + (int) (Math.hypot(toX - fromX, toY - fromY) / 4);
        for (int i = 0; i <= steps; i++) {
            double x = fromX + (toX - fromX) * i / steps;
            double y = fromY + (toY - fromY) * i / steps;
            taken.add(new Box(x - 1, y - 1, x + 1, y + 1));
        }
    }

    private void drawPoints(Plot plot, Lines.Series series, String look) {
        for (int i = 0; i < series.x().size(); i++) {
            double x = plot.x(series.x().at(i));
            double y = plot.y(series.y().at(i));
            taken.add(new Box(x - 4, y - 4, x + 4, y + 4));
            svg.open("circle", "class", "dot " + look, "cx", x, "cy", y, "r", 4)
                    .element("title", told(series, i))
                    .close();
        }
    }

    /// Above its point, or wherever else about it there is room.
    private void drawLabels(Plot plot, Lines.Series series) {
        for (int i = 0; i < series.labels().size(); i++) {
            String label = series.labels().get(i);
            double width = Letters.width(label);
            double x = plot.x(series.x().at(i));
            double y = plot.y(series.y().at(i));
            List<Box> places = List.of(
                    box(x - width / 2, y - 7 - LETTER_HEIGHT, width),
                    box(x - width / 2, y + 7, width),
                    box(x - 8 - width, y - LETTER_HEIGHT / 2, width),
                    box(x + 8, y - LETTER_HEIGHT / 2, width),
                    box(x - 5 - width, y - 4 - LETTER_HEIGHT, width),
                    box(x + 5, y + 4, width));
            places.stream()
                    .filter(place -> place.left() >= plot.left() && place.right() <= plot.right() + 24)
                    .filter(place -> place.top() >= plot.top() - 6 && place.bottom() <= plot.bottom())
                    .filter(place -> taken.stream().noneMatch(place::overlaps))
                    .findFirst()
                    .ifPresent(place -> {
                        taken.add(place);
                        svg.element("text", label, "class", "tick", "x", place.left(), "y", place.bottom() - 3);
                    });
        }
    }

    private static Box box(double left, double top, double width) {
        return new Box(left, top, left + width, top + LETTER_HEIGHT);
    }

    private String told(Lines.Series series, int i) {
        String label = series.labels().isEmpty() ? "" : " " + series.labels().get(i);
        return "%s%s: %s, %s"
                .formatted(
                        series.name(),
                        label,
                        chart.x().quantity().readable(series.x().at(i)),
                        chart.y().quantity().readable(series.y().at(i)));
    }

    /// Each series by its points.
    private String description() {
        return chart.y().label() + " / " + chart.x().label() + ". "
                + String.join(
                        ". ",
                        chart.series().stream()
                                .map(each -> String.join(
                                        "; ",
                                        IntStream.range(0, Math.min(20, each.x().size()))
                                                .mapToObj(i -> told(each, i))
                                                .toList()))
                                .toList());
    }
}
