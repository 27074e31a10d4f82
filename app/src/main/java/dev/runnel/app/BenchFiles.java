package dev.runnel.app;

import dev.runnel.app.BenchResult.Row;
import dev.runnel.lab.Measurement;
import dev.runnel.lab.Round;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A bench's result as files in a folder.
final class BenchFiles {

    static final String REPORT = "report.html";

    private BenchFiles() {}

    /// @throws CommandFailure if the folder can't be written to
    static void write(Path folder, BenchResult result) {
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve(REPORT), BenchPage.of(result));
            Files.writeString(folder.resolve("summary.json"), BenchJson.of(result) + "\n");
            Files.writeString(folder.resolve("summary.csv"), BenchCsv.of(result));
            try (BufferedWriter lines = Files.newBufferedWriter(folder.resolve("requests.jsonl"))) {
                for (Row row : result.rows()) {
                    for (Round round : row.series().rounds()) {
                        for (Measurement measured : round.measurements()) {
                            lines.write(BenchRequests.line(result, row, round, measured));
                            lines.write('\n');
                        }
                    }
                }
            }
        } catch (IOException failure) {
            throw new CommandFailure(
                    "the results can't be written to %s: %s".formatted(folder, failure.getMessage()), failure);
        }
    }
}
