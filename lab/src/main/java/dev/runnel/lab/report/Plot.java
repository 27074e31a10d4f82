package dev.runnel.lab.report;

/// The field of a chart that values are drawn in, between its two sides.
record Plot(Markup svg, double left, double top, double width, double height, Scale across, Scale up) {

    private static final int PIXELS_BETWEEN_TICKS = 60;

    /// Room that the ticks and the title of the lower side take.
    static final double BELOW = 38;

    double x(double value) {
        return left + width * across.place(value);
    }

    double y(double value) {
        return top + height * (1 - up.place(value));
    }

    double right() {
        return left + width;
    }

    double bottom() {
        return top + height;
    }

    /// Room that the widest label of `scale` takes beside a side.
    static double beside(Scale scale, int ticks) {
        return 12
                + scale.ticks(ticks).stream()
                        .mapToDouble(tick -> Letters.width(tick.label()))
                        .max()
                        .orElse(0);
    }

    /// The lower side: a line upwards at each tick, its label below, and what it measures.
    void drawAcross() {
        for (Scale.Tick tick : across.ticks((int) (width / PIXELS_BETWEEN_TICKS))) {
            double x = x(tick.value());
            svg.empty("path", "class", "grid", "d", "M" + Markup.pixels(x) + " " + Markup.pixels(top) + "v" + height);
            svg.element("text", tick.label(), "class", "tick", "x", x, "y", bottom() + 15, "text-anchor", "middle");
        }
        svg.element("text", across.title(), "class", "axis", "x", right(), "y", bottom() + 32, "text-anchor", "end");
        svg.empty(
                "path",
                "class",
                "side",
                "d",
                "M" + Markup.pixels(left) + " " + Markup.pixels(bottom()) + "H" + Markup.pixels(right()));
    }

    /// The left side: a line across at each tick, its label before, and above it what it measures.
    void drawUp(int ticks) {
        for (Scale.Tick tick : up.ticks(ticks)) {
            double y = y(tick.value());
            svg.empty("path", "class", "grid", "d", "M" + Markup.pixels(left) + " " + Markup.pixels(y) + "h" + width);
            svg.element("text", tick.label(), "class", "tick", "x", left - 6, "y", y + 4, "text-anchor", "end");
        }
        svg.element("text", up.title(), "class", "axis", "x", 0, "y", top - 10);
    }

    /// Where there is nothing to draw.
    void say(String words) {
        svg.element(
                "text", words, "class", "axis", "x", left + width / 2, "y", top + height / 2, "text-anchor", "middle");
    }
}
