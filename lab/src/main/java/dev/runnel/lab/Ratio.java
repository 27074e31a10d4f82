package dev.runnel.lab;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.IntStream;

/// One figure of a target in terms of another's, round by round: neighbours in time, so what slows a machine down for
/// a while slows both.
///
/// @param median of the rounds' ratios
/// @param least of them
/// @param most of them
public record Ratio(double median, double least, double most, int rounds) {

    /// Rounds in which either was cut off are left out.
    ///
    /// @param figure of a round; a round in which either has none, or the first's is 0, is left out, too
    /// @return `b`'s in terms of `a`'s; absent where no round has both
    public static Optional<Ratio> of(Series a, Series b, Function<Round, OptionalDouble> figure) {
        double[] ratios = IntStream.range(
                        0, Math.min(a.rounds().size(), b.rounds().size()))
                .filter(i -> !a.rounds().get(i).isCut() && !b.rounds().get(i).isCut())
                .mapToObj(i -> ratio(
                        figure.apply(a.rounds().get(i)), figure.apply(b.rounds().get(i))))
                .filter(OptionalDouble::isPresent)
                .mapToDouble(OptionalDouble::getAsDouble)
                .sorted()
                .toArray();
        if (ratios.length == 0) {
            return Optional.empty();
        }
        int middle = ratios.length / 2;
        double median = ratios.length % 2 == 1 ? ratios[middle] : (ratios[middle - 1] + ratios[middle]) / 2;
        return Optional.of(new Ratio(median, ratios[0], ratios[ratios.length - 1], ratios.length));
    }

    private static OptionalDouble ratio(OptionalDouble a, OptionalDouble b) {
        return a.isPresent() && b.isPresent() && a.getAsDouble() > 0
                ? OptionalDouble.of(b.getAsDouble() / a.getAsDouble())
                : OptionalDouble.empty();
    }
}
