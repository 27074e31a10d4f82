package dev.runnel.lab.report;

import java.util.ArrayList;
import java.util.List;

/// A chart, drawn.
///
/// @param content elements of SVG, in a field of [#WIDTH] by `height` pixels
/// @param description what is to be seen, for who doesn't see it
/// @param notes what the drawing leaves out
record Picture(Chart chart, Markup content, double height, String description, List<String> notes) {

    static final double WIDTH = 720;

    private static final String SVG = "http://www.w3.org/2000/svg";
    private static final double MARGIN = 16;
    private static final double LINE = 18;

    static Picture of(Chart chart, Words words) {
        return switch (chart) {
            case Distribution distribution -> DrawnDistribution.of(distribution, words);
            case Timelines timelines -> DrawnTimelines.of(timelines, words);
            case Lines lines -> DrawnLines.of(lines, words);
            case Bars bars -> DrawnBars.of(bars, words);
        };
    }

    /// The look of the series at `index`; they repeat after six.
    static String look(int index) {
        return "s" + index % 6;
    }

    /// What is written beneath it.
    List<String> below() {
        List<String> below = new ArrayList<>();
        if (!chart.caption().isEmpty()) {
            below.add(chart.caption());
        }
        below.addAll(notes);
        return below;
    }

    /// As a part of a page that has the style sheet.
    void drawInto(Markup page) {
        page.open("figure").line();
        page.element("h3", chart.title()).line();
        page.open("svg", "viewBox", "0 0 " + (int) WIDTH + " " + Markup.pixels(height), "role", "img");
        page.element("title", chart.title()).element("desc", description).line();
        page.raw(content.toString()).close().line();
        if (!below().isEmpty()) {
            page.element("figcaption", String.join(" ", below())).line();
        }
        page.close().line();
    }

    /// As a file of its own.
    String alone() {
        List<String> lines = below().stream()
                .flatMap(text -> Letters.wrapped(text, WIDTH).stream())
                .toList();
        double top = MARGIN + 30;
        double whole = top + height + LINE * lines.size() + MARGIN;
        Markup svg = new Markup();
        svg.open(
                "svg",
                "xmlns",
                SVG,
                "viewBox",
                "0 0 " + (int) (WIDTH + 2 * MARGIN) + " " + Markup.pixels(whole),
                "width",
                WIDTH + 2 * MARGIN,
                "height",
                whole,
                "role",
                "img");
        svg.element("title", chart.title()).element("desc", description);
        svg.open("style").raw(Page.resource("chart.css")).close();
        svg.empty("rect", "class", "ground", "width", "100%", "height", "100%").line();
        svg.element("text", chart.title(), "class", "title", "x", MARGIN, "y", MARGIN + 12);
        svg.open("g", "transform", "translate(" + Markup.pixels(MARGIN) + " " + Markup.pixels(top) + ")");
        svg.raw(content.toString()).close().line();
        for (int i = 0; i < lines.size(); i++) {
            svg.element("text", lines.get(i), "class", "axis", "x", MARGIN, "y", top + height + LINE * (i + 0.8));
        }
        return svg.close().line().toString();
    }
}
