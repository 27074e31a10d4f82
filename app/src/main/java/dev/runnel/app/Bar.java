package dev.runnel.app;

/// A number as a length.
final class Bar {

    private static final int WIDTH = 40;
    private static final String EIGHTHS = "▏▎▍▌▋▊▉";

    private Bar() {}

    /// @param value from 0 to `full`, which is drawn as a whole line; what is above 0 is seen
    static String of(double value, double full) {
        if (value <= 0) {
            return "";
        }
        int eighths = Math.max(1, (int) Math.round(8 * WIDTH * value / full));
        int rest = eighths % 8;
        return "█".repeat(eighths / 8) + (rest == 0 ? "" : EIGHTHS.substring(rest - 1, rest));
    }
}
