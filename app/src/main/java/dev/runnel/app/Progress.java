package dev.runnel.app;

import java.io.PrintStream;

/// One line on standard error that changes and leaves no trace: how far a command has come whose output goes elsewhere.
/// Where a person watches the output itself, that tells it; where nobody looks at standard error, nothing does.
final class Progress implements AutoCloseable {

    private static final String ERASE = "\r\033[K";

    private final PrintStream err;
    private final boolean live;

    Progress(Shell shell) {
        err = shell.err();
        live = shell.style(Shell.Channel.ERR) == Style.COLOURED && !shell.isTerminal(Shell.Channel.OUT);
    }

    /// @param doing such as `scored`
    void show(String doing, int tokens, int total) {
        if (live) {
            err.print("%s%s %d of %d tokens".formatted(ERASE, doing, tokens, total));
        }
    }

    @Override
    public void close() {
        if (live) {
            err.print(ERASE);
        }
    }
}
