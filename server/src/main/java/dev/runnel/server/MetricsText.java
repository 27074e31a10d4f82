package dev.runnel.server;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Writes Prometheus' text format, version 0.0.4: families of samples, each family announced and whole.
final class MetricsText {

    /// The format's media type.
    static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

    /// @param value anything; escaped when it is written
    record Label(String name, String value) {}

    private final StringBuilder text = new StringBuilder(16 << 10);
    private String family = "";

    static Label label(String name, String value) {
        return new Label(name, value);
    }

    /// The samples that follow count something up. The format wants such a name to end in `_total`.
    MetricsText counter(String name, String help) {
        return announce(name, "counter", help);
    }

    /// The samples that follow tell how something is at the moment.
    MetricsText gauge(String name, String help) {
        return announce(name, "gauge", help);
    }

    /// The histograms that follow tell how long something took.
    MetricsText histogram(String name, String help) {
        return announce(name, "histogram", help);
    }

    /// @param help one line
    private MetricsText announce(String name, String type, String help) {
        family = name;
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
        return this;
    }

    void sample(long value, Label... labels) {
        line("", List.of(labels), Long.toString(value));
    }

    void sample(double value, Label... labels) {
        line("", List.of(labels), Double.toString(value));
    }

    /// A histogram as its samples: each bucket holds the smaller ones, and the last one all.
    void sample(Histogram times, Label... labels) {
        long[] bounds = times.bounds();
        long[] counts = times.counts();
        long soFar = 0;
        for (int bucket = 0; bucket < counts.length; bucket++) {
            soFar += counts[bucket];
            String end = bucket < bounds.length ? seconds(bounds[bucket]) : "+Inf";
            List<Label> all = Stream.concat(Arrays.stream(labels), Stream.of(label("le", end)))
                    .toList();
            line("_bucket", all, Long.toString(soFar));
        }
        line("_sum", List.of(labels), seconds(times.sumNanos()));
        line("_count", List.of(labels), Long.toString(soFar));
    }

    private void line(String suffix, List<Label> labels, String value) {
        text.append(family).append(suffix);
        if (!labels.isEmpty()) {
            text.append(labels.stream()
                    .map(label -> "%s=\"%s\"".formatted(label.name(), escaped(label.value())))
                    .collect(Collectors.joining(",", "{", "}")));
        }
        text.append(' ').append(value).append('\n');
    }

    private static String seconds(long nanos) {
        return BigDecimal.valueOf(nanos, 9).stripTrailingZeros().toPlainString();
    }

    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    byte[] toByteArray() {
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}
