package dev.runnel.lab.report;

import java.util.List;

/// Rows of cells. A column whose cells all begin like figures is set flush right.
///
/// @param caption what the table says; may be empty
/// @param columns their titles
/// @param rows of as many cells as there are columns
public record Table(String caption, List<String> columns, List<List<String>> rows) implements Block {

    /// What stands for a figure that isn't known.
    public static final String NONE = "–";

    public Table {
        columns = List.copyOf(columns);
        rows = rows.stream().map(List::copyOf).toList();
        for (List<String> row : rows) {
            if (row.size() != columns.size()) {
                throw new IllegalArgumentException(
                        "a row has %d cells, expected %d: %s".formatted(row.size(), columns.size(), row));
            }
        }
    }

    boolean isOfFigures(int column) {
        return rows.stream().map(row -> row.get(column)).allMatch(cell -> cell.matches("(?s)([-−+±<>]?\\s?\\d|–).*"));
    }
}
