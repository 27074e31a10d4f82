package dev.runnel.lab.report;

/// What is measured along a side of a chart.
///
/// It begins at zero, so that lengths compare; it is logarithmic where the largest value is so much larger than the
/// smallest that little would be seen of that, and none is zero.
///
/// @param label what it is, without the unit if it is a time or a share
public record Axis(String label, Quantity quantity) {

    public static Axis time(String label) {
        return new Axis(label, Quantity.TIME);
    }

    /// @param label with the unit, if it has one
    public static Axis number(String label) {
        return new Axis(label, Quantity.NUMBER);
    }
}
