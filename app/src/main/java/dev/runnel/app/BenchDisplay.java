package dev.runnel.app;

import dev.runnel.lab.Progress;
import dev.runnel.lab.Timing;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/// Tells people on standard error how a bench goes: on a terminal in one line that changes, elsewhere in a line now and
/// then.
final class BenchDisplay implements AutoCloseable {

    private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);

    /// A line that broke would leave a trace.
    private static final int WIDTH = 79;

    private static final String ERASE = "\r\033[K";

    private final PrintStream err;
    private final boolean live;
    private final LongSupplier nanoTime;
    private long shownAt;

    /// @param live one line that changes, for a terminal
    BenchDisplay(PrintStream err, boolean live, LongSupplier nanoTime) {
        this.err = err;
        this.live = live;
        this.nanoTime = nanoTime;
        shownAt = nanoTime.getAsLong();
    }

    static BenchDisplay of(Shell shell) {
        return new BenchDisplay(shell.err(), shell.style(Shell.Channel.ERR) == Style.COLOURED, System::nanoTime);
    }

    void show(Progress progress) {
        long now = nanoTime.getAsLong();
        if (live) {
            err.print(ERASE + line(progress));
        } else if (now - shownAt >= BETWEEN_LINES.toNanos()) {
            shownAt = now;
            err.println(line(progress));
        }
    }

    static String line(Progress progress) {
        StringBuilder line = new StringBuilder(progress.load().name());
        if (progress.warmingUp()) {
            return line.append(", warming up").toString();
        }
        if (progress.rounds() > 1) {
            line.append(", round ").append(progress.round()).append('/').append(progress.rounds());
        }
        line.append(", ").append(progress.ended()).append('/').append(progress.requests());
        if (progress.failed() > 0) {
            line.append(", ").append(progress.failed()).append(" failed");
        }
        latency(line, "ttft", progress.ttftMedian(), progress.ttftP99());
        latency(line, "itl", progress.itlMedian(), progress.itlP99());
        return line.length() > WIDTH ? line.substring(0, WIDTH - 1) + "…" : line.toString();
    }

    private static void latency(StringBuilder line, String name, Optional<Duration> median, Optional<Duration> p99) {
        median.ifPresent(time -> line.append("  ").append(name).append(" p50 ").append(Timing.readable(time)));
        p99.ifPresent(time -> line.append(" p99 ").append(Timing.readable(time)));
    }

    /// Leaves no half line behind.
    @Override
    public void close() {
        if (live) {
            err.print(ERASE);
        }
    }
}
