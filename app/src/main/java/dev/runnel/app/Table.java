package dev.runnel.app;

import java.util.List;

/// Rows of cells as lines of text.
final class Table {

    private Table() {}

    /// In columns, as wide as their widest cells.
    ///
    /// @param rows of equally many cells
    static String of(String indent, List<List<String>> rows) {
        int[] widths = new int[rows.isEmpty() ? 0 : rows.getFirst().size()];
        for (List<String> row : rows) {
            for (int column = 0; column < widths.length - 1; column++) { // nothing follows the last
                widths[column] = Math.max(widths[column], NotebookScreen.width(row.get(column)));
            }
        }
        StringBuilder table = new StringBuilder();
        for (List<String> row : rows) {
            table.append(indent);
            for (int column = 0; column < widths.length; column++) {
                String cell = row.get(column);
                table.append(column == 0 ? "" : "  ")
                        .append(cell)
                        .append(" ".repeat(Math.max(0, widths[column] - NotebookScreen.width(cell))));
            }
            table.append('\n');
        }
        return table.toString();
    }
}
