package dev.runnel.lab.report;

import java.util.ArrayList;
import java.util.List;

/// [Bars] from left to right, one below the other, with their sums behind them.
final class DrawnBars {

    private static final double ROW = 40;
    private static final double BAR = 26;

    private DrawnBars() {}

    static Picture of(Bars chart, Words words) {
        Markup svg = new Markup();
        List<Legend.Entry> entries = new ArrayList<>();
        for (int i = 0; chart.parts().size() > 1 && i < chart.parts().size(); i++) {
            entries.add(new Legend.Entry(
                    Legend.Mark.BOX, look(chart, i), chart.parts().get(i)));
        }
        double top = Legend.draw(svg, entries) + 8;

        Quantity quantity = chart.axis().quantity();
        double left = 12
                + chart.bars().stream()
                        .mapToDouble(bar -> Letters.width(bar.label()))
                        .max()
                        .orElse(0);
        left = Math.min(left, Picture.WIDTH / 3);
        double most = chart.bars().stream()
                .mapToDouble(bar -> bar.parts().sum())
                .max()
                .orElse(0);
        Scale across = Scale.fromZero(chart.axis(), most);
        double width = Picture.WIDTH - left - 12 - Letters.width(quantity.readable(most));
        double height = ROW * Math.max(1, chart.bars().size());
        Plot plot = new Plot(svg, left, top, width, height, across, across);
        plot.drawAcross();
        List<String> sums = new ArrayList<>();
        for (int i = 0; i < chart.bars().size(); i++) {
            Bars.Bar bar = chart.bars().get(i);
            draw(plot, chart, bar, top + ROW * i + (ROW - BAR) / 2);
            sums.add(bar.label() + ": " + quantity.readable(bar.parts().sum()));
        }
        if (chart.bars().isEmpty()) {
            plot.say(words.say("nothing"));
        }
        return new Picture(chart, svg, plot.bottom() + Plot.BELOW, String.join("; ", sums), List.of());
    }

    private static void draw(Plot plot, Bars chart, Bars.Bar bar, double top) {
        Quantity quantity = chart.axis().quantity();
        Markup svg = plot.svg();
        String label = Letters.clipped(bar.label(), plot.left() - 10);
        svg.element("text", label, "x", plot.left() - 8, "y", top + BAR / 2 + 4, "text-anchor", "end");
        double before = 0;
        for (int i = 0; i < bar.parts().size(); i++) {
            double part = bar.parts().at(i);
            double from = plot.x(before);
            before += part;
            String meaning = chart.parts().get(i) + ": " + quantity.readable(part);
            svg.open(
                            "rect",
                            "class",
                            "area " + look(chart, i),
                            "x",
                            from,
                            "y",
                            top,
                            "width",
                            plot.x(before) - from,
                            "height",
                            BAR)
                    .element("title", meaning)
                    .close();
        }
        svg.element("text", quantity.readable(before), "x", plot.x(before) + 6, "y", top + BAR / 2 + 4);
    }

    /// The last part has the first look, which bars without parts have.
    private static String look(Bars chart, int part) {
        return Picture.look(chart.parts().size() - 1 - part);
    }
}
