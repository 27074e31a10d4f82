package dev.runnel.lab.report;

import java.util.List;

/// What one number does when another changes, such as latency against throughput.
public record Lines(String title, String caption, Axis x, Axis y, List<Series> series) implements Chart {

    /// Points, joined in the order they are given in.
    ///
    /// @param labels what is written beside each point; none at all, or one for each
    public record Series(String name, Numbers x, Numbers y, List<String> labels) {

        public Series {
            labels = List.copyOf(labels);
            boolean labelled = labels.isEmpty() || labels.size() == x.size();
            if (x.size() != y.size() || !labelled) {
                throw new IllegalArgumentException("the series '%s' has %d x, %d y and %d labels"
                        .formatted(name, x.size(), y.size(), labels.size()));
            }
        }
    }

    public Lines {
        series = List.copyOf(series);
    }
}
