package dev.runnel.lab.report;

/// A drawing of numbers.
public sealed interface Chart extends Block permits Distribution, Timelines, Lines, Bars {

    /// What is to be seen, in a few words.
    String title();

    /// What more should be said beneath it; may be empty.
    String caption();

    /// The drawing as a file of its own, in SVG, with its title and caption.
    default String svg(Language language) {
        return Picture.of(this, Words.ofCharts(language)).alone();
    }
}
