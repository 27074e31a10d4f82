package dev.runnel.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;

/// Shows how a training goes: a line now and then, and every line in a file.
final class Progress {

    private static final int INTERVAL = 25; // steps
    private static final double SMOOTHING = 0.97;

    private final int steps;
    private final Path log;
    private final long began = System.nanoTime();
    private final int beganAt;
    private long shown = began;
    private long tokens;
    private double loss = Double.NaN;

    /// @param beganAt steps that were done before
    Progress(int steps, int beganAt, Path log) {
        this.steps = steps;
        this.beganAt = beganAt;
        this.log = log;
    }

    void show(Trainer.Step step) throws IOException {
        tokens += step.tokens();
        loss = Double.isNaN(loss) ? step.loss() : SMOOTHING * loss + (1 - SMOOTHING) * step.loss();
        if (step.number() % INTERVAL != 0 && step.number() != steps) {
            return;
        }
        long now = System.nanoTime();
        double rate = tokens / ((now - shown) / 1e9);
        Duration left = Duration.ofNanos((now - began) / (step.number() - beganAt) * (steps - step.number()));
        String line = String.format(
                Locale.ROOT,
                "step %d of %d, loss %.4f, %.0f tokens a second, %d:%02d left",
                step.number(),
                steps,
                loss,
                rate,
                left.toHours(),
                left.toMinutesPart());
        IO.println(line);
        Files.writeString(log, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        shown = now;
        tokens = 0;
    }
}
