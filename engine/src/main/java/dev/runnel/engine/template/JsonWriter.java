package dev.runnel.engine.template;

import dev.runnel.engine.template.Segment.Origin;
import dev.runnel.engine.template.Value.Array;
import dev.runnel.engine.template.Value.Bool;
import dev.runnel.engine.template.Value.Function;
import dev.runnel.engine.template.Value.Int;
import dev.runnel.engine.template.Value.Namespace;
import dev.runnel.engine.template.Value.None;
import dev.runnel.engine.template.Value.Real;
import dev.runnel.engine.template.Value.Tuple;
import dev.runnel.engine.template.Value.Undefined;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Values as Python's `json.dumps` writes them. Strings keep their origin; the rest counts as the template's.
final class JsonWriter {

    /// @param indent of one level; null: all on one line
    /// @param afterItem such as `, `
    /// @param afterKey such as `: `
    record Layout(@Nullable Text indent, Text afterItem, Text afterKey, boolean asciiOnly, boolean sortKeys) {}

    private final Layout layout;
    private final Budget budget;
    private final TextBuilder out;
    private int level;

    private JsonWriter(Layout layout, Budget budget) {
        this.layout = layout;
        this.budget = budget;
        this.out = new TextBuilder(budget);
    }

    static Text write(Value value, Layout layout, Budget budget) {
        JsonWriter writer = new JsonWriter(layout, budget);
        writer.write(value);
        return writer.out.toText();
    }

    private void write(Value value) {
        budget.enter();
        switch (value) {
            case None _, Bool _, Int _, Real _ -> punctuation(scalar(value));
            case Text text -> string(text);
            case Array(var items) -> array(items);
            case Tuple(var items) -> array(items);
            case Dict dict -> object(dict);
            case Undefined _, Namespace _, Function _, Loop _ ->
                throw new Fault("an object of type " + Values.typeName(value) + " is not JSON serializable");
        }
        budget.leave();
    }

    private static String scalar(Value value) {
        return switch (value) {
            case None _ -> "null";
            case Bool(var truth) -> truth ? "true" : "false";
            case Int(var number) -> number.toString();
            case Real(var number) ->
                Double.isNaN(number)
                        ? "NaN"
                        : Double.isInfinite(number)
                                ? (number < 0 ? "-Infinity" : "Infinity")
                                : Numbers.toString(number);
            case Undefined _, Text _, Array _, Tuple _, Dict _, Namespace _, Function _, Loop _ ->
                throw new Fault("keys must be str, int, float, bool or None, not " + Values.typeName(value));
        };
    }

    private void array(List<Value> items) {
        punctuation("[");
        level++;
        for (int i = 0; i < items.size(); i++) {
            separate(i);
            write(items.get(i));
        }
        close(items.size(), "]");
    }

    private void object(Dict dict) {
        List<Dict.Entry> entries = new ArrayList<>(dict.entries());
        if (layout.sortKeys()) {
            entries.sort(Comparator.comparing(Dict.Entry::key, (a, b) -> Operators.compare(a, b, budget)));
        }
        punctuation("{");
        level++;
        for (int i = 0; i < entries.size(); i++) {
            separate(i);
            Value key = entries.get(i).key();
            string(key instanceof Text text ? text : Text.template(scalar(key)));
            out.append(layout.afterKey());
            write(entries.get(i).value());
        }
        close(entries.size(), "}");
    }

    private void separate(int index) {
        if (index > 0) {
            out.append(layout.afterItem());
        }
        newLine();
    }

    private void close(int size, String bracket) {
        level--;
        if (size > 0) {
            newLine();
        }
        punctuation(bracket);
    }

    private void newLine() {
        if (layout.indent() != null) {
            punctuation("\n");
            out.repeat(layout.indent(), level);
        }
    }

    private void punctuation(String text) {
        out.append(text, Origin.TEMPLATE);
    }

    private void string(Text text) {
        punctuation("\"");
        text.forEachRun((from, to, origin) -> {
            StringBuilder escaped = new StringBuilder(to - from);
            for (int i = from; i < to; i++) {
                escape(text.chars().charAt(i), escaped);
            }
            out.append(escaped.toString(), origin);
        });
        punctuation("\"");
    }

    private void escape(char c, StringBuilder escaped) {
        switch (c) {
            case '"' -> escaped.append("\\\"");
            case '\\' -> escaped.append("\\\\");
            case '\n' -> escaped.append("\\n");
            case '\r' -> escaped.append("\\r");
            case '\t' -> escaped.append("\\t");
            case '\f' -> escaped.append("\\f");
            case '\b' -> escaped.append("\\b");
            default -> {
                if (c < ' ' || (layout.asciiOnly() && c > '~')) {
                    escaped.append("\\u%04x".formatted((int) c));
                } else {
                    escaped.append(c);
                }
            }
        }
    }
}
