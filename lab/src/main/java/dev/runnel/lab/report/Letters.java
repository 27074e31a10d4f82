package dev.runnel.lab.report;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// About how wide text will be, which only the viewer's font knows. Of 12 pixels, the size of text in charts.
final class Letters {

    private static final double LATIN = 6.6;
    private static final double IDEOGRAPH = 12;

    /// Where a line may end: after a space or an ideograph.
    private static final Pattern BREAKS = Pattern.compile("(?<=\\s)|(?<=[\\x{2E80}-\\x{FFFF}])");

    private Letters() {}

    static double width(String text) {
        return text.codePoints().mapToDouble(Letters::width).sum();
    }

    private static double width(int c) {
        return c < 0x2E80 ? LATIN : IDEOGRAPH;
    }

    /// As much of `text` as fits, and if that is not all, an ellipsis.
    static String clipped(String text, double width) {
        if (width(text) <= width) {
            return text;
        }
        StringBuilder clipped = new StringBuilder();
        double used = LATIN;
        for (int c : text.codePoints().toArray()) {
            used += width(c);
            if (used > width) {
                break;
            }
            clipped.appendCodePoint(c);
        }
        return clipped + "…";
    }

    /// Lines of `text` that fit, broken at spaces and beside ideographs.
    static List<String> wrapped(String text, double width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : BREAKS.splitAsStream(text).toList()) {
            if (!line.isEmpty() && width(line + word.strip()) > width) {
                lines.add(line.toString().strip());
                line.setLength(0);
            }
            line.append(word);
        }
        lines.add(line.toString().strip());
        return lines;
    }
}
