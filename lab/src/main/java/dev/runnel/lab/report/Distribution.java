package dev.runnel.lab.report;

import java.util.List;

/// How often which values occurred: above where they lie, each series to its own height; below which share of them does
/// not exceed a value, with the median and the 90th and 99th percentiles marked where there are samples enough to tell.
public record Distribution(String title, String caption, Axis axis, List<Series> series) implements Chart {

    /// @param samples in any order
    public record Series(String name, Numbers samples) {}

    public Distribution {
        series = List.copyOf(series);
    }
}
