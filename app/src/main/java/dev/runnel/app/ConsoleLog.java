package dev.runnel.app;

import java.io.PrintStream;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// What the rooms and the libraries under them log, one line each, on standard error. The rooms' own news is shown;
/// of the libraries only what needs someone to act.
final class ConsoleLog extends Handler {

    private static final int MOST_CAUSES = 8;

    // Held here, because the JDK forgets a logger's level with the logger.
    private static final List<Logger> CONFIGURED =
            List.of(Logger.getLogger(""), Logger.getLogger("dev.runnel"), Logger.getLogger("io"));

    private final PrintStream err;

    private ConsoleLog(PrintStream err) {
        this.err = err;
    }

    /// For the whole JVM, so only a program that owns it may.
    static void install(PrintStream err) {
        LogManager.getLogManager().reset();
        Logger root = CONFIGURED.get(0);
        root.addHandler(new ConsoleLog(err));
        root.setLevel(Level.WARNING);
        CONFIGURED.get(1).setLevel(Level.INFO);
        CONFIGURED.get(2).setLevel(Level.SEVERE); // io.netty and io.vertx
    }

    @Override
    public void publish(LogRecord entry) {
        if (isLoggable(entry)) {
            err.println(line(entry));
        }
    }

    static String line(LogRecord entry) {
        String line = entry.getInstant().truncatedTo(ChronoUnit.MILLIS) + " "
                + (entry.getLevel().intValue() > Level.INFO.intValue() ? entry.getLevel() + " " : "")
                + entry.getMessage();
        return Style.harmless(entry.getThrown() == null ? line : line + ": " + told(entry.getThrown()));
    }

    /// What was thrown, and what it comes from.
    private static String told(Throwable thrown) {
        StringBuilder told = new StringBuilder(thrown.toString());
        Throwable cause = thrown.getCause();
        for (int depth = 0; cause != null && depth < MOST_CAUSES; depth++) { // they may go in a circle
            told.append(", caused by ").append(cause);
            cause = cause.getCause();
        }
        return told.toString();
    }

    @Override
    public void flush() {
        err.flush();
    }

    @Override
    public void close() {}
}
