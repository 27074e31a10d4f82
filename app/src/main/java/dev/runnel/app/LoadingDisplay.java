package dev.runnel.app;

import dev.runnel.engine.LoadingListener;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;

/// Tells people on standard error how the loading of a model goes.
final class LoadingDisplay implements LoadingListener, AutoCloseable {

    enum Manner {
        /// One line that changes and leaves no trace.
        LIVE,
        /// A line at the start, and one now and then where it takes long.
        LINES,
        SILENT
    }

    private static final Duration BETWEEN_FRAMES = Duration.ofMillis(100);
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(5);
    private static final int BAR_WIDTH = 24;
    private static final String ERASE = "\r\033[K";

    private final PrintStream err;
    private final Manner manner;
    private final String title;
    private final LongSupplier nanoTime;
    private long shownAt;

    LoadingDisplay(PrintStream err, Manner manner, String model, LongSupplier nanoTime) {
        this.err = err;
        this.manner = manner;
        this.title = "loading " + model;
        this.nanoTime = nanoTime;
        shownAt = nanoTime.getAsLong();
        switch (manner) {
            case LIVE -> err.print(title);
            case LINES -> err.println(title);
            case SILENT -> {}
        }
    }

    /// For a program that is watched or whose output is kept.
    static LoadingDisplay of(Shell shell, Optional<Path> model) {
        return of(shell, Manner.LINES, model);
    }

    /// For a program whose standard error is for failures, unless a person looks at it.
    static LoadingDisplay onTerminal(Shell shell, Optional<Path> model) {
        return of(shell, Manner.SILENT, model);
    }

    private static LoadingDisplay of(Shell shell, Manner elsewhere, Optional<Path> model) {
        boolean live = shell.style(Shell.Channel.ERR) == Style.COLOURED;
        return new LoadingDisplay(
                shell.err(),
                live ? Manner.LIVE : elsewhere,
                model.map(LoadingDisplay::name).orElse("the demonstration model"),
                System::nanoTime);
    }

    private static String name(Path file) {
        return Objects.requireNonNullElse(file.getFileName(), file).toString(); // the root has no name
    }

    @Override
    public void loading(Phase phase, double fraction) {
        String doing = switch (phase) {
            case FILE -> "checking the file";
            case VOCABULARY -> "building the vocabulary";
            case WEIGHTS -> "laying out the weights";
        };
        int percent = (int) (100 * fraction);
        switch (manner) {
            case LIVE -> {
                if (isTime(BETWEEN_FRAMES)) {
                    int filled = (int) (BAR_WIDTH * fraction);
                    String bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
                    err.print("%s%s  %s %3d%%  %s".formatted(ERASE, title, bar, percent, doing));
                }
            }
            case LINES -> {
                if (isTime(BETWEEN_LINES)) {
                    err.println("%s: %s, %d%%".formatted(title, doing, percent));
                }
            }
            case SILENT -> {}
        }
    }

    private boolean isTime(Duration pause) {
        long now = nanoTime.getAsLong();
        boolean due = now - shownAt >= pause.toNanos();
        if (due) {
            shownAt = now;
        }
        return due;
    }

    @Override
    public void close() {
        if (manner == Manner.LIVE) {
            err.print(ERASE);
        }
    }
}
