package dev.runnel.app;

import dev.runnel.lab.report.Quantity;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jline.terminal.Terminal;
import org.jline.utils.WCWidth;

/// Where the story of `runnel notebook` is told: a terminal, on which replies grow above a strip of their time, or
/// whatever reads lines of text.
final class NotebookScreen {

    private static final String INDENT = "   ";
    private static final int MOST_COLUMNS = 100;
    private static final int USUAL_COLUMNS = 80;

    /// Columns to the right of a strip, for the time.
    private static final int FOR_TIME = 10;

    /// Where a line may end: after a space or an ideograph.
    private static final Pattern WORDS = Pattern.compile("(?<=\\s)|(?<=[\\x{2E80}-\\x{FFFF}])");

    /// A reply as it grows.
    interface Reply {

        /// Nothing has come yet.
        void waiting(Duration since);

        /// @param strip up to this piece
        void piece(String text, Supplier<Strip> strip);

        /// No more will come, be it complete or broken off.
        void end(Strip strip);
    }

    private final Output out;
    private final Style style;
    private final int columns;

    private NotebookScreen(Output out, Style style, int columns) {
        this.out = out;
        this.style = style;
        this.columns = columns;
    }

    static NotebookScreen of(Shell shell) {
        return new NotebookScreen(shell.out(), shell.style(Shell.Channel.OUT), columns(shell));
    }

    /// Of the terminal, as far as lines are read with ease.
    private static int columns(Shell shell) {
        if (!shell.isTerminal(Shell.Channel.IN) || !shell.isTerminal(Shell.Channel.OUT)) {
            return USUAL_COLUMNS;
        }
        try (Terminal terminal = shell.terminal().open()) {
            int width = terminal.getWidth();
            return width < 40 ? USUAL_COLUMNS : Math.min(width, MOST_COLUMNS);
        } catch (IOException unknown) {
            return USUAL_COLUMNS;
        }
    }

    void title(String text) {
        out.println(style.bold(text));
    }

    void heading(String text) {
        out.println("\n" + style.bold(text));
    }

    void say(String text) {
        paragraph(text, UnaryOperator.identity());
    }

    void note(String text) {
        paragraph(text, style::dim);
    }

    void prompt(String text) {
        paragraph("> " + text, style::bold);
    }

    private void paragraph(String text, UnaryOperator<String> look) {
        StringBuilder line = new StringBuilder();
        int column = INDENT.length();
        for (String word : WORDS.splitAsStream(Style.harmless(text)).toList()) {
            if (!line.isEmpty() && column + width(word.stripTrailing()) > columns) {
                out.println(INDENT + look.apply(line.toString().stripTrailing()));
                line.setLength(0);
                column = INDENT.length();
            }
            line.append(word);
            column += width(word);
        }
        out.println(INDENT + look.apply(line.toString()));
    }

    void table(List<List<String>> rows) {
        out.print(Table.of(INDENT, rows));
    }

    /// Strips on one scale, each with its label before it and its time behind it.
    void strips(SequencedMap<String, Strip> strips) {
        Duration full = strips.values().stream()
                .map(Strip::now)
                .max(Comparator.naturalOrder())
                .orElseThrow();
        int label =
                strips.keySet().stream().mapToInt(NotebookScreen::width).max().orElseThrow();
        int room = columns - INDENT.length() - label - 2 - FOR_TIME;
        List<List<String>> rows = new ArrayList<>();
        strips.forEach((name, strip) -> rows.add(List.of(name, strip.drawn(full, room) + "  " + time(strip.now()))));
        table(rows);
    }

    /// @param full time that the whole width stands for, as long as that is enough
    Reply reply(Duration full) {
        return switch (style) {
            case PLAIN -> new Lines();
            case COLOURED -> new Live(full);
        };
    }

    static String time(Duration time) {
        return Quantity.TIME.readable(time.toNanos() / 1e9);
    }

    /// Columns that a text takes on a terminal.
    static int width(String text) {
        return text.codePoints().map(c -> Math.max(0, WCWidth.wcwidth(c))).sum();
    }

    /// A reply that is printed when it has ended.
    private final class Lines implements Reply {

        private final StringBuilder text = new StringBuilder();

        @Override
        public void waiting(Duration since) {}

        @Override
        public void piece(String piece, Supplier<Strip> strip) {
            text.append(piece);
        }

        @Override
        public void end(Strip strip) {
            if (!text.isEmpty()) {
                say(text.toString());
            }
        }
    }

    /// A reply that grows piece by piece. The strip is in the line below the cursor, and is drawn anew there; where the
    /// text needs that line, it is erased first.
    private final class Live implements Reply {

        private static final String ERASE = "\033[K";
        private static final Duration BETWEEN_STRIPS = Duration.ofMillis(30);

        private Duration full;
        private long drawnAt = System.nanoTime();
        private int column;

        Live(Duration full) {
            this.full = full;
        }

        @Override
        public void waiting(Duration since) {
            out.print(indented() + below(new Strip(List.of(), since)));
        }

        @Override
        public void piece(String piece, Supplier<Strip> strip) {
            StringBuilder line = new StringBuilder(indented());
            Style.harmless(piece).codePoints().forEach(c -> {
                int width = Math.max(0, WCWidth.wcwidth(c));
                if (c == '\n' || column + width > columns) {
                    line.append('\n').append(ERASE).append(INDENT);
                    column = INDENT.length();
                }
                if (c != '\n') {
                    line.appendCodePoint(c);
                    column += width;
                }
            });
            long now = System.nanoTime();
            if (now - drawnAt >= BETWEEN_STRIPS.toNanos()) {
                line.append(below(strip.get()));
                drawnAt = now;
            }
            out.print(line.toString());
        }

        @Override
        public void end(Strip strip) {
            out.print(indented() + below(strip) + "\n\n");
        }

        private String indented() {
            if (column > 0) {
                return "";
            }
            column = INDENT.length();
            return INDENT;
        }

        /// Draws the strip, and returns to where the text goes on.
        private String below(Strip strip) {
            while (full.compareTo(strip.now()) < 0) {
                full = full.multipliedBy(2);
            }
            String drawn = strip.drawn(full, columns - INDENT.length() - FOR_TIME);
            return "\n" + INDENT + style.dim(drawn + "  " + time(strip.now())) + ERASE + "\033[A\r\033[" + column + "C";
        }
    }
}
