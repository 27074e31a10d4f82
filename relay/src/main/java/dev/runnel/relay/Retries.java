package dev.runnel.relay;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// How often and how soon a request is sent again that the upstream refused for the moment, or whose
/// connection broke, before its first event.
///
/// The waits double: about `pause`, twice that, four times that; each a half of that at least and the rest
/// at random, so that requests which were refused together don't come back together. Where the upstream says
/// when to come back, it is not asked sooner; where that is too late, it is not asked again.
///
/// @param most times it is sent again; 0: never
/// @param within longest time from the first sending to the last
/// @param pause about so long before it is sent again for the first time
public record Retries(int most, Duration within, Duration pause) {

    /// Twice, as common clients do. Within 20 s, because somebody waits and has heard nothing yet.
    public static final Retries DEFAULT = new Retries(2, Duration.ofSeconds(20), Duration.ofMillis(500));

    public static final Retries NONE = DEFAULT.withMost(0);

    /// More would be a way to attack the upstream.
    private static final int MOST = 10;

    public Retries {
        if (most < 0 || most > MOST) {
            throw new IllegalArgumentException("retries is " + most + ", expected 0 to " + MOST);
        }
        if (Objects.requireNonNull(within, "within").isNegative()
                || !Objects.requireNonNull(pause, "pause").isPositive()) {
            throw new IllegalArgumentException(
                    "retries come within %s after pauses of %s, expected more than nothing".formatted(within, pause));
        }
    }

    public Retries withMost(int most) {
        return new Retries(most, within, pause);
    }

    public Retries withPause(Duration pause) {
        return new Retries(most, within, pause);
    }

    /// How long to wait before the request is sent again.
    ///
    /// @param before how often it has been sent again already
    /// @param elapsed since it was sent for the first time
    /// @param retryAfter what the upstream says about it
    /// @return nothing where it is not to be sent again
    Optional<Duration> next(int before, Duration elapsed, Optional<Duration> retryAfter, RandomGenerator random) {
        if (before >= most) {
            return Optional.empty();
        }
        long about = pause.toNanos() << before;
        Duration jitter = Duration.ofNanos(random.nextLong(about / 2 + 1));
        Duration wait = retryAfter.orElse(Duration.ofNanos(about / 2)).plus(jitter);
        return elapsed.plus(wait).compareTo(within) <= 0 ? Optional.of(wait) : Optional.empty();
    }
}
