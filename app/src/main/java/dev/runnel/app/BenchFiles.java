package dev.runnel.app;

import dev.runnel.app.BenchResult.Row;
import dev.runnel.lab.Measurement;
import dev.runnel.lab.Round;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A bench's result as files in a folder.
final class BenchFiles {

    static final String REPORT = "report.html";
    private static final String SUMMARY = "summary.json";
    private static final String TABLE = "summary.csv";
    private static final String REQUESTS = "requests.jsonl";

    private BenchFiles() {}

    /// Makes the folder if there is none, so that what can't be written is said before anything is measured.
    ///
    /// @throws CommandFailure if the folder, or a file of an earlier bench in it, can't be written to
    static void prepare(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException failure) {
            throw unwritten(folder, failure);
        }
        for (String name : List.of(REPORT, SUMMARY, TABLE, REQUESTS)) {
            Path file = folder.resolve(name);
            if (Files.isDirectory(file) || !Files.isWritable(Files.exists(file) ? file : folder)) {
                throw new CommandFailure(
                        "the results can't be written to %s: %s can't be written".formatted(folder, name));
            }
        }
    }

    /// @throws CommandFailure if the folder can't be written to
    static void write(Path folder, BenchResult result) {
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve(REPORT), BenchPage.of(result));
            Files.writeString(folder.resolve(SUMMARY), BenchJson.of(result) + "\n");
            Files.writeString(folder.resolve(TABLE), BenchCsv.of(result));
            try (BufferedWriter lines = Files.newBufferedWriter(folder.resolve(REQUESTS))) {
                for (Row row : result.rows()) {
                    for (Round round : row.series().rounds()) {
                        for (Measurement measured : round.measurements()) {
                            lines.write(BenchRequests.line(row, round, measured));
                            lines.write('\n');
                        }
                    }
                }
            }
        } catch (IOException failure) {
            throw unwritten(folder, failure);
        }
    }

    private static CommandFailure unwritten(Path folder, IOException failure) {
        return new CommandFailure("the results can't be written to %s: %s".formatted(folder, failure), failure);
    }
}
