package dev.runnel.app;

import dev.runnel.app.hub.PullListener;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.function.LongSupplier;

/// Tells people on standard error how the fetching of a model goes: on a terminal in one line that changes, elsewhere
/// in a line now and then. Any thread may call it.
final class PullDisplay implements PullListener, AutoCloseable {

    private static final Duration BETWEEN_FRAMES = Duration.ofMillis(100);
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);

    /// What the rate is an average over.
    private static final Duration RATE_SPAN = Duration.ofSeconds(10);

    // So that the line fits into 80 columns, where it would else break and leave a trace.
    private static final int BAR_WIDTH = 12;
    private static final int LONGEST_NAME = 24;
    private static final String ERASE = "\r\033[K";

    private final PrintStream err;
    private final boolean live;
    private final LongSupplier nanoTime;

    private String title = "";
    private long total;
    private long begunAt;
    private long begunWith;
    private long has;
    private long shownAt;
    private boolean isChecked;
    private final Deque<Sample> samples = new ArrayDeque<>();

    /// How much there was at a time.
    private record Sample(long at, long bytes) {}

    /// @param live one line that changes, for a terminal
    PullDisplay(PrintStream err, boolean live, LongSupplier nanoTime) {
        this.err = err;
        this.live = live;
        this.nanoTime = nanoTime;
    }

    static PullDisplay of(Shell shell) {
        return new PullDisplay(shell.err(), shell.style(Shell.Channel.ERR) == Style.COLOURED, System::nanoTime);
    }

    @Override
    public synchronized void begins(String file, long bytes, int number, int count) {
        String name = file.substring(file.lastIndexOf('/') + 1);
        title = Style.harmless(live ? shortened(name) : name) + (count > 1 ? " " + number + "/" + count : "");
        total = bytes;
        has = 0;
        isChecked = false;
        begunAt = nanoTime.getAsLong();
        begunWith = -1;
        shownAt = begunAt;
        samples.clear();
        if (!live) {
            err.println(title + ": " + Figures.bytes(bytes));
        }
    }

    /// Names begin alike and end differently.
    private static String shortened(String name) {
        return name.length() > LONGEST_NAME
                ? name.substring(0, LONGEST_NAME / 3) + "…" + name.substring(name.length() - LONGEST_NAME * 2 / 3 + 1)
                : name;
    }

    @Override
    public synchronized void has(long bytes) {
        if (begunWith < 0 || bytes < has) { // what was here before is not fetched now
            begunWith = bytes;
            samples.clear();
        }
        has = bytes;
        long now = nanoTime.getAsLong();
        if (samples.isEmpty() || now - samples.getLast().at() >= BETWEEN_FRAMES.toNanos()) {
            samples.add(new Sample(now, bytes));
        }
        while (now - samples.getFirst().at() > RATE_SPAN.toNanos() && samples.size() > 2) {
            samples.removeFirst();
        }
        show(bytes, "fetched", rateAndRest(now, bytes));
    }

    @Override
    public synchronized void checks(long bytes) {
        isChecked = true;
        show(bytes, "checked", "checking what came");
    }

    @Override
    public synchronized void retries(String why, Duration pause) {
        line("%s: %s; trying again in %s".formatted(title, Style.harmless(why), Figures.seconds(pause)));
    }

    @Override
    public synchronized void ends(boolean wasHere) {
        Duration took = Duration.ofNanos(nanoTime.getAsLong() - begunAt);
        String end = wasHere
                ? "was here already"
                : "%s in %s, %s"
                        .formatted(
                                Figures.bytes(total - Math.max(0, begunWith)),
                                time(took),
                                isChecked ? "checked" : "not checked, as the hub names no checksum");
        line(title + ": " + end);
    }

    private void show(long bytes, String verb, String rest) {
        int percent = total == 0 ? 100 : (int) (100.0 * bytes / total);
        if (live && isTime(BETWEEN_FRAMES)) {
            int filled = BAR_WIDTH * percent / 100;
            err.print("%s%s  %s %3d%%  %s"
                    .formatted(ERASE, title, "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled), percent, rest));
        } else if (!live && isTime(BETWEEN_LINES)) {
            err.println("%s: %d%% %s, %s".formatted(title, percent, verb, rest));
        }
    }

    /// Such as `1.24 GiB  34.1 MiB/s  0:41 left`.
    private String rateAndRest(long now, long bytes) {
        Sample oldest = samples.getFirst();
        double seconds = (now - oldest.at()) / 1e9;
        double rate = seconds > 0 ? (bytes - oldest.bytes()) / seconds : 0;
        if (rate < 1) {
            return Figures.bytes(bytes);
        }
        return "%s  %s/s  %s left"
                .formatted(Figures.bytes(bytes), Figures.bytes((long) rate), time(Duration.ofSeconds((long)
                        Math.ceil((total - bytes) / rate))));
    }

    /// Such as `0:41` or `2:05:09`.
    private static String time(Duration time) {
        return time.toHours() > 0
                ? String.format(Locale.ROOT, "%d:%02d:%02d", time.toHours(), time.toMinutesPart(), time.toSecondsPart())
                : String.format(Locale.ROOT, "%d:%02d", time.toMinutes(), time.toSecondsPart());
    }

    private void line(String line) {
        err.println(live ? ERASE + line : line);
    }

    private boolean isTime(Duration pause) {
        long now = nanoTime.getAsLong();
        boolean due = now - shownAt >= pause.toNanos();
        if (due) {
            shownAt = now;
        }
        return due;
    }

    /// Leaves no half line behind. Idempotent.
    @Override
    public synchronized void close() {
        if (live) {
            err.print(ERASE);
        }
    }
}
