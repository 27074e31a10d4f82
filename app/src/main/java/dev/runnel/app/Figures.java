package dev.runnel.app;

import dev.runnel.engine.ModelSummary;
import dev.runnel.lab.report.Quantity;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// Numbers as people read them: three digits and a unit.
final class Figures {

    private Figures() {}

    /// Such as `1.83 M`.
    static String count(long count) {
        return scaled(count, 1000, List.of("", " k", " M", " B", " T"));
    }

    /// Such as `2.49 GiB`.
    static String bytes(long bytes) {
        return scaled(bytes, 1024, List.of(" B", " KiB", " MiB", " GiB", " TiB"));
    }

    /// Such as `1.84 s`.
    static String seconds(Duration time) {
        return Quantity.digits(time.toNanos() / 1e9) + " s";
    }

    /// So many a second, in three digits.
    static String rate(double perSecond) {
        return perSecond < 999.5 ? Quantity.digits(perSecond) : count(Math.round(perSecond));
    }

    /// With a point and so many digits behind it, whatever the locale.
    static String decimal(double value, int decimals) {
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    /// The format that holds most of the model's numbers, which is what people call its quantisation.
    static String mainType(ModelSummary summary) {
        Map<String, Long> elements = summary.tensors().stream()
                .collect(Collectors.groupingBy(
                        ModelSummary.TensorEntry::type,
                        Collectors.summingLong(tensor -> tensor.shape().stream().reduce(1L, (a, b) -> a * b))));
        return elements.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse("no tensors");
    }

    private static String scaled(long number, int base, List<String> units) {
        double value = number;
        int unit = 0;
        while (value >= 999.5 && unit < units.size() - 1) {
            value /= base;
            unit++;
        }
        return (unit == 0 ? Long.toString(number) : Quantity.digits(value)) + units.get(unit);
    }
}
