package dev.runnel.engine.reply;

import java.util.List;

/// Finds the first stop string in a text that is read one code point after another.
///
/// The first is the one that is complete first, and of those complete with the same character the longest:
/// what someone who reads the text character by character sees first, so it doesn't depend on where the
/// pieces of the text were cut, and nothing has to be waited for once a stop string is complete. With the
/// stop strings `abcd` and `bc`, the text `abcd` ends before its `b`.
///
/// Theory: one automaton of Knuth, Morris and Pratt ("Fast pattern matching in strings", 1977) for each stop
/// string. Its state is the number of the stop string's code points that the text read so far ends with.
final class StopStrings {

    /// No stop string.
    static final int NONE = -1;

    private final int[][] stops; // (stops, code points)

    /// For each stop string and each of its beginnings: the longest beginning, other than the whole, that it
    /// ends with.
    private final int[][] borders;

    private final int[] matched;

    /// @param stops none is empty
    StopStrings(List<String> stops) {
        this.stops = stops.stream().map(stop -> stop.codePoints().toArray()).toArray(int[][]::new);
        borders = new int[this.stops.length][];
        for (int i = 0; i < borders.length; i++) {
            borders[i] = bordersOf(this.stops[i]);
        }
        matched = new int[this.stops.length];
    }

    private static int[] bordersOf(int[] stop) {
        int[] borders = new int[stop.length + 1];
        for (int end = 1, border = 0; end < stop.length; end++) {
            while (border > 0 && stop[border] != stop[end]) {
                border = borders[border];
            }
            if (stop[border] == stop[end]) {
                border++;
            }
            borders[end + 1] = border;
        }
        return borders;
    }

    /// Reads one more code point of the text. Not to be called again once a stop string is complete.
    ///
    /// @return index of the stop string that is complete with it, or [#NONE]
    int read(int codePoint) {
        int complete = NONE;
        for (int i = 0; i < stops.length; i++) {
            int[] stop = stops[i];
            int state = matched[i];
            while (state > 0 && stop[state] != codePoint) {
                state = borders[i][state];
            }
            if (stop[state] == codePoint) {
                state++;
            }
            matched[i] = state;
            if (state == stop.length && (complete == NONE || state > stops[complete].length)) {
                complete = i;
            }
        }
        return complete;
    }

    /// How many code points a stop string has.
    int length(int stop) {
        return stops[stop].length;
    }

    /// Code points at the end of the text read so far with which a stop string begins.
    int pending() {
        int longest = 0;
        for (int state : matched) {
            longest = Math.max(longest, state);
        }
        return longest;
    }
}
