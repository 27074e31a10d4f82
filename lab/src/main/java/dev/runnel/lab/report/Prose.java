package dev.runnel.lab.report;

/// Text as it is.
///
/// @param text may have several lines, which stay lines
/// @param kind whose words they are
public record Prose(String text, Kind kind) implements Block {

    public enum Kind {
        /// The page's own words.
        PARAGRAPH,
        /// What someone asked or a model said.
        QUOTATION,
        /// What went wrong.
        FAILURE
    }

    /// A paragraph.
    public Prose(String text) {
        this(text, Kind.PARAGRAPH);
    }
}
