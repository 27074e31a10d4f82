package dev.runnel.lab;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What a reader is promised. Goodput counts the requests that keep all of it.
///
/// @param most the longest that each latency may be; those that are not named may be anything
public record Objective(Map<Objective.Latency, Duration> most) {

    /// What can be promised, by the names that benchmarks have for it.
    public enum Latency {
        /// Time to first token.
        TTFT,
        /// Inter-token latency: no gap between two pieces is longer.
        ITL,
        /// Time per output token after the first, on average.
        TPOT,
        /// End-to-end latency.
        E2EL;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// Promises nothing but a complete reply.
    public static final Objective NONE = new Objective(Map.of());

    public Objective {
        most = Map.copyOf(most);
    }

    /// Reads such as `ttft:200,e2el:3000`, in milliseconds.
    ///
    /// @throws IllegalArgumentException if it can't
    public static Objective parse(String text) {
        Map<Latency, Duration> most = new EnumMap<>(Latency.class);
        for (String part : text.split(",", -1)) {
            String[] pair = part.strip().split(":", -1);
            Optional<Latency> latency = Stream.of(Latency.values())
                    .filter(each -> each.word().equals(pair[0]))
                    .findFirst();
            double millis = pair.length == 2 ? number(pair[1]) : Double.NaN;
            if (latency.isEmpty() || !(millis > 0 && millis <= 1e9)) {
                throw new IllegalArgumentException(
                        "'%s' is no objective, expected such as ttft:200 in milliseconds; there are %s"
                                .formatted(
                                        part,
                                        Stream.of(Latency.values())
                                                .map(Latency::word)
                                                .collect(Collectors.joining(", "))));
            }
            if (most.put(latency.get(), Duration.ofNanos((long) (millis * 1e6))) != null) {
                throw new IllegalArgumentException("the objective names %s twice".formatted(pair[0]));
            }
        }
        return new Objective(most);
    }

    private static double number(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException none) {
            return Double.NaN;
        }
    }

    /// Whether a request kept it. One that failed never does; a latency that a reply is too short to have is kept.
    boolean isKeptBy(Measurement measured) {
        return measured.outcome() instanceof Outcome.Complete
                && most.entrySet().stream()
                        .allMatch(promise -> latency(promise.getKey(), measured)
                                .map(time -> time.compareTo(promise.getValue()) <= 0)
                                .orElse(true));
    }

    private static Optional<Duration> latency(Latency latency, Measurement measured) {
        return switch (latency) {
            case TTFT -> measured.ttft();
            case ITL -> measured.gaps().stream().max(Duration::compareTo);
            case TPOT -> measured.tpot();
            case E2EL -> Optional.of(measured.e2el());
        };
    }

    /// Such as `ttft <= 200.0 ms, e2el <= 3000.0 ms`.
    @Override
    public String toString() {
        return Stream.of(Latency.values())
                .flatMap(latency -> Optional.ofNullable(most.get(latency))
                        .map(time -> "%s <= %s ms".formatted(latency.word(), time.toNanos() / 1e6))
                        .stream())
                .collect(Collectors.joining(", "));
    }
}
