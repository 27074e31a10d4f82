package dev.runnel.lab.report;

import java.util.List;
import java.util.Optional;

/// When the pieces of streams came: a row for each stream, a tick for each piece.
///
/// Of very many streams it draws some, evenly chosen from those that failed and from the others, and says how many of
/// each; those that failed have a quarter of the rows if they are so many, and more if that is their share. Of ticks
/// that would touch it draws one.
///
/// @param axis of times
public record Timelines(String title, String caption, Axis axis, List<Stream> streams) implements Chart {

    /// One row. All its times count from the same moment as those of the other rows.
    ///
    /// @param label what it is, in a few characters; may be empty
    /// @param start when it was asked for
    /// @param pieces when each came, ascending
    /// @param end when it ended, however it did
    /// @param failure why it broke off; empty of one that ended as it should
    public record Stream(String label, double start, Numbers pieces, double end, Optional<String> failure) {

        public Stream {
            if (!Double.isFinite(start) || !Double.isFinite(end) || end < start) {
                throw new IllegalArgumentException(
                        "the stream '%s' starts at %s and ends at %s".formatted(label, start, end));
            }
        }
    }

    public Timelines {
        streams = List.copyOf(streams);
    }
}
