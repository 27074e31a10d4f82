package dev.runnel.lab.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/// A [Report] as HTML.
final class Page {

    private final Report report;
    private final Words words;
    private final Markup html = new Markup();

    private Page(Report report) {
        this.report = report;
        words = Words.ofCharts(report.language());
    }

    static String of(Report report) {
        return new Page(report).written();
    }

    private String written() {
        html.raw("<!DOCTYPE html>").line();
        html.open("html", "lang", report.language().tag()).line().open("head").line();
        html.empty("meta", "charset", "utf-8").line();
        html.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1")
                .line();
        html.element("title", report.title()).line();
        html.open("style")
                .line()
                .raw(resource("page.css"))
                .raw(resource("chart.css"))
                .close()
                .line();
        html.close().line().open("body").line().open("main").line();
        html.element("h1", report.title()).line();
        if (!report.lead().isEmpty()) {
            html.element("p", report.lead(), "class", "lead").line();
        }
        for (Section section : report.sections()) {
            html.open("section").line().element("h2", section.title()).line();
            section.blocks().forEach(this::write);
            html.close().line();
        }
        return html.close().line().close().line().close().line().toString();
    }

    private void write(Block block) {
        switch (block) {
            case Prose(String text, var kind) -> {
                switch (kind) {
                    case PARAGRAPH -> html.element("p", text);
                    case QUOTATION -> html.open("blockquote").element("p", text).close();
                    case FAILURE -> html.element("p", text, "class", "failure", "role", "alert");
                }
                html.line();
            }
            case Table table -> write(table);
            case Chart chart -> Picture.of(chart, words).drawInto(html);
        }
    }

    private void write(Table table) {
        html.open("div", "class", "table").open("table").line();
        if (!table.caption().isEmpty()) {
            html.element("caption", table.caption()).line();
        }
        html.open("thead").open("tr");
        for (int column = 0; column < table.columns().size(); column++) {
            html.element("th", table.columns().get(column), "scope", "col", "class", look(table, column));
        }
        html.close().close().line().open("tbody").line();
        for (var row : table.rows()) {
            html.open("tr");
            for (int column = 0; column < row.size(); column++) {
                if (column == 0) {
                    html.element("th", row.getFirst(), "scope", "row", "class", look(table, column));
                } else {
                    html.element("td", row.get(column), "class", look(table, column));
                }
            }
            html.close().line();
        }
        html.close().close().close().line();
    }

    private static String look(Table table, int column) {
        return table.isOfFigures(column) ? "figures" : "words";
    }

    static String resource(String name) {
        try (InputStream bytes = Objects.requireNonNull(Page.class.getResourceAsStream(name), name)) {
            return new String(bytes.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(name + " can't be read: " + failure.getMessage(), failure);
        }
    }
}
