package dev.runnel.app.hub;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// How far a file has come in each of the ranges that it is fetched in, one after another without a gap.
///
/// Kept beside the bytes while they come:
///
/// ```
/// ETAG BYTES
/// START POSITION END     for each range; what is before the position is here
/// ```
final class Ranges {

    /// One of them. Whoever fetches it moves the position.
    static final class Range {
        final long start;
        final long end;
        volatile long position;

        private Range(long start, long position, long end) {
            this.start = start;
            this.position = position;
            this.end = end;
        }

        boolean isDone() {
            return position == end;
        }
    }

    private final HubFile.Blob blob;
    private final List<Range> ranges;

    private Ranges(HubFile.Blob blob, List<Range> ranges) {
        this.blob = blob;
        this.ranges = List.copyOf(ranges);
    }

    /// A file of which nothing is here.
    ///
    /// @param most ranges
    /// @param least bytes of a range, where there are several
    static Ranges fresh(HubFile.Blob blob, int most, long least) {
        long count = Math.clamp(blob.bytes() / least, 1, most);
        List<Range> ranges = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            long start = blob.bytes() / count * i;
            ranges.add(new Range(start, start, i + 1 == count ? blob.bytes() : blob.bytes() / count * (i + 1)));
        }
        return new Ranges(blob, ranges);
    }

    /// What a journal says, unless it is another file's or makes no sense.
    static Optional<Ranges> read(Path journal, HubFile.Blob blob) {
        try {
            List<String> lines = Files.readAllLines(journal, StandardCharsets.US_ASCII);
            List<Range> ranges = new ArrayList<>();
            long end = 0;
            for (String line : lines.subList(1, lines.size())) {
                String[] numbers = line.split(" ", -1);
                Range range =
                        new Range(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), Long.parseLong(numbers[2]));
                if (range.start != end || range.position < range.start || range.position > range.end) {
                    return Optional.empty();
                }
                end = range.end;
                ranges.add(range);
            }
            return lines.getFirst().equals(title(blob)) && end == blob.bytes()
                    ? Optional.of(new Ranges(blob, ranges))
                    : Optional.empty();
        } catch (IOException | RuntimeException unreadable) {
            return Optional.empty();
        }
    }

    /// Writes the journal, so that whoever reads it finds the old one or the new.
    void write(Path journal) throws IOException {
        Path fresh = journal.resolveSibling(journal.getFileName() + ".new");
        String lines = ranges.stream()
                .map(range -> range.start + " " + range.position + " " + range.end + "\n")
                .collect(Collectors.joining("", title(blob) + "\n", ""));
        Files.writeString(fresh, lines, StandardCharsets.US_ASCII);
        Files.move(fresh, journal, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static String title(HubFile.Blob blob) {
        return blob.etag() + " " + blob.bytes();
    }

    List<Range> all() {
        return ranges;
    }

    /// Bytes that are here.
    long done() {
        return ranges.stream().mapToLong(range -> range.position - range.start).sum();
    }
}
