package dev.runnel.app.hub;

import java.time.Duration;

/// How long, and how often, a hub is waited for.
///
/// @param connect until a connection stands
/// @param silence without a byte until a connection is taken for dead
/// @param slow span in which at least `slowBytes` must come
/// @param attempts that may fail one after another without getting on
/// @param pause after the first of them; it doubles with each
record Waits(Duration connect, Duration silence, Duration slow, int slowBytes, int attempts, Duration pause) {

    static final Waits USUAL = new Waits(
            Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofSeconds(30), 32 << 10, 5, Duration.ofSeconds(1));

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

    /// How long to wait after `failures` attempts in a row, at least 1.
    Duration pauseAfter(int failures) {
        Duration doubled = pause.multipliedBy(1L << Math.min(failures - 1, 16));
        return doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    }
}
