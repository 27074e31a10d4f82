package dev.runnel.app;

import java.time.Duration;
import java.util.List;

/// When pieces came, as a line of characters: dots while nothing had come, then bars that are the higher the more
/// pieces came in their time.
///
/// @param pieces when each came, ascending
/// @param now how far the line goes
record Strip(List<Duration> pieces, Duration now) {

    private static final String BARS = " ▁▂▃▄▅▆▇█";

    Strip {
        pieces = List.copyOf(pieces);
    }

    /// @param full time that `columns` columns stand for
    String drawn(Duration full, int columns) {
        int end = column(now, full, columns);
        int[] counts = new int[end + 1];
        int most = 1;
        for (Duration piece : pieces) {
            most = Math.max(most, ++counts[Math.min(end, column(piece, full, columns))]);
        }
        int first = pieces.isEmpty() ? end + 1 : Math.min(end, column(pieces.getFirst(), full, columns));
        StringBuilder line = new StringBuilder();
        for (int i = 0; i <= end; i++) {
            int height = Math.ceilDiv((BARS.length() - 1) * counts[i], most);
            line.append(i < first ? '·' : BARS.charAt(height));
        }
        return line.toString();
    }

    private static int column(Duration time, Duration full, int columns) {
        double share = full.isZero() ? 1 : (double) time.toNanos() / full.toNanos();
        return (int) Math.clamp(share * columns, 0, columns - 1);
    }
}
