package dev.runnel.lab.report;

import java.util.List;

/// Numbers side by side, each as a bar from zero that may be made up of parts.
///
/// @param parts names of what bars are made up of, in the order they are drawn in
public record Bars(String title, String caption, Axis axis, List<String> parts, List<Bar> bars) implements Chart {

    /// @param parts none negative; as many as the chart has names for, and 0 where a bar lacks one
    public record Bar(String label, Numbers parts) {}

    public Bars {
        parts = List.copyOf(parts);
        bars = List.copyOf(bars);
        for (Bar bar : bars) {
            if (bar.parts().size() != parts.size() || bar.parts().least() < 0) {
                throw new IllegalArgumentException("the bar '%s' has the parts %s, expected %d of at least 0"
                        .formatted(bar.label(), bar.parts(), parts.size()));
            }
        }
    }
}
