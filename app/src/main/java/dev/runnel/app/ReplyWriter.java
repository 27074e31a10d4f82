package dev.runnel.app;

import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// Where a reply's text goes, piece by piece; remembers whether its last line has been ended.
final class ReplyWriter {

    private final Consumer<String> out;
    private final boolean terminal;
    private boolean lineBegun;

    /// @param terminal whether control characters in the text would act on someone's screen
    ReplyWriter(Consumer<String> out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    void print(String piece) {
        print(piece, UnaryOperator.identity());
    }

    /// @param look what the terminal is told about it
    void print(String piece, UnaryOperator<String> look) {
        if (piece.isEmpty()) {
            return;
        }
        out.accept(look.apply(terminal ? Style.harmless(piece) : piece));
        lineBegun = !piece.endsWith("\n");
    }

    void endLine() {
        if (lineBegun) {
            out.accept("\n");
            lineBegun = false;
        }
    }
}
