package dev.runnel.app;

import dev.runnel.app.BenchResult.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A bench's result as comma-separated values: a row for each target under each load (RFC 4180).
final class BenchCsv {

    private BenchCsv() {}

    static String of(BenchResult result) {
        StringBuilder csv = new StringBuilder();
        for (Row row : result.rows()) {
            Map<String, @Nullable Number> figures = BenchFigures.of(row.load(), row.summary());
            if (csv.isEmpty()) {
                List<String> names = new ArrayList<>(List.of("target", "model_id", "load"));
                names.addAll(figures.keySet());
                csv.append(line(names));
            }
            List<String> values = new ArrayList<>(List.of(
                    row.target().name(), row.target().model(), row.load().name()));
            for (@Nullable Number figure : figures.values()) {
                values.add(figure == null ? "" : figure.toString());
            }
            csv.append(line(values));
        }
        return csv.toString();
    }

    private static String line(List<String> values) {
        return values.stream().map(BenchCsv::quoted).collect(Collectors.joining(",", "", "\r\n"));
    }

    private static String quoted(String value) {
        return value.matches("[^,\"\r\n]*") ? value : '"' + value.replace("\"", "\"\"") + '"';
    }
}
