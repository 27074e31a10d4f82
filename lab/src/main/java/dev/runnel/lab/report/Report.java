package dev.runnel.lab.report;

import java.util.List;

/// A page of what was measured.
///
/// @param lead what a reader should know who reads nothing else; may be empty
public record Report(Language language, String title, String lead, List<Section> sections) {

    public Report {
        sections = List.copyOf(sections);
    }

    /// The page: one self-contained HTML file, which is also well-formed XML.
    public String html() {
        return Page.of(this);
    }
}
