package dev.runnel.lab.report;

import java.util.List;

/// What the marks of a chart mean, above it.
final class Legend {

    static final double ROW = 19;
    private static final double SWATCH = 22;
    private static final double APART = 18;

    /// A mark and its meaning.
    ///
    /// @param look class of the style sheet
    record Entry(Mark mark, String look, String meaning) {}

    enum Mark {
        LINE,
        BOX,
        DOT,
        TICK,
        SQUARE,
        CROSS
    }

    private Legend() {}

    /// Draws entries side by side, in as many rows as that takes.
    ///
    /// @return how high they are together
    static double draw(Markup svg, List<Entry> entries) {
        double x = 0;
        double top = 0;
        for (Entry entry : entries) {
            double width = SWATCH + Letters.width(entry.meaning());
            if (x > 0 && x + width > Picture.WIDTH) {
                x = 0;
                top += ROW;
            }
            mark(svg, entry.mark(), entry.look(), x + 8, top + 9, 4);
            svg.element("text", entry.meaning(), "x", x + SWATCH, "y", top + 13);
            x += width + APART;
        }
        return entries.isEmpty() ? 0 : top + ROW;
    }

    /// Draws one mark about its middle.
    ///
    /// @param size half of its height
    static void mark(Markup svg, Mark mark, String look, double x, double y, double size) {
        switch (mark) {
            case LINE -> svg.empty("path", "class", "line " + look, "d", path("M", x - 8, y) + "h16");
            case BOX -> svg.empty("rect", "class", "area " + look, "x", x - 6, "y", y - 5, "width", 12, "height", 10);
            case DOT -> svg.empty("circle", "class", "dot " + look, "cx", x, "cy", y, "r", size);
            case TICK -> svg.empty("path", "class", "piece " + look, "d", path("M", x, y - 6) + "v12");
            case SQUARE ->
                svg.empty(
                        "rect",
                        "class",
                        "dot " + look,
                        "x",
                        x - size * 0.8,
                        "y",
                        y - size * 0.8,
                        "width",
                        size * 1.6,
                        "height",
                        size * 1.6);
            case CROSS ->
                svg.empty(
                        "path",
                        "class",
                        "cross " + look,
                        "d",
                        path("M", x - size, y - size)
                                + path("L", x + size, y + size)
                                + path("M", x - size, y + size)
                                + path("L", x + size, y - size));
        }
    }

    /// One step of a path.
    static String path(String step, double x, double y) {
        return step + Markup.pixels(x) + " " + Markup.pixels(y);
    }
}
