package dev.runnel.app;

import java.util.ArrayList;
import java.util.List;

/// A part of a text that is longer than a model's context. A model reads a window, and of that only what no window
/// before it has shown is counted: so each token is counted once.
///
/// A window begins half a window after the one before. That reads almost every token twice, and in return gives each
/// at least half a window of what is before it; windows that don't overlap would make the tokens at their beginnings
/// look improbable.
///
/// @param start first token that is read
/// @param from first token that is counted
/// @param end one past the last token of both
record Window(int start, int from, int end) {

    /// The windows of a text, in order.
    ///
    /// @param tokens in the text
    /// @param size most tokens of a window
    /// @param first the first token that can be counted: 1 if nothing comes before the text, else 0
    static List<Window> of(int tokens, int size, int first) {
        List<Window> windows = new ArrayList<>();
        int from = first;
        for (int start = 0; from < tokens; start += Math.max(1, size / 2)) {
            int end = Math.min(tokens, start + size);
            windows.add(new Window(start, from, end));
            from = end;
        }
        return windows;
    }

    /// Counted tokens before which the text is longer than what the model saw of it.
    static int cut(List<Window> windows) {
        return windows.stream()
                .filter(window -> window.start > 0)
                .mapToInt(window -> window.end - window.from)
                .sum();
    }

    /// [#cut] in words.
    static String note(int cut, int context) {
        return "%d, so that %d of the tokens had less than all of the text before them".formatted(context, cut);
    }
}
