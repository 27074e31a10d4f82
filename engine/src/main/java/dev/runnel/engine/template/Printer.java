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
import java.util.List;

/// Values as Python's `str` and `repr` write them.
///
/// What isn't a string counts as the template's text: brackets, digits and `None` can't spell a control
/// token. (A template may well spell one with a number: `<|image_{{ n }}|>`.)
final class Printer {

    private final TextBuilder out;
    private final Budget budget;

    private Printer(Budget budget) {
        this.out = new TextBuilder(budget);
        this.budget = budget;
    }

    /// Python's `str`.
    static Text str(Value value, Budget budget) {
        return switch (value) {
            case Text text -> text;
            case Undefined _ -> Text.EMPTY;
            case None _, Bool _, Int _, Real _, Array _, Tuple _, Dict _, Namespace _, Function _, Loop _ ->
                repr(value, budget);
        };
    }

    /// Python's `repr`.
    static Text repr(Value value, Budget budget) {
        Printer printer = new Printer(budget);
        printer.write(value);
        return printer.out.toText();
    }

    private void write(Value value) {
        budget.enter();
        switch (value) {
            case Undefined _ -> write("Undefined");
            case None _ -> write("None");
            case Bool(var truth) -> write(truth ? "True" : "False");
            case Int(var number) -> write(number.toString());
            case Real(var number) -> write(Numbers.toString(number));
            case Text text -> write(text);
            case Array(var items) -> write("[", items, "]");
            case Tuple(var items) -> write("(", items, items.size() == 1 ? ",)" : ")");
            case Dict dict -> write(dict);
            case Namespace(var attributes) -> {
                Dict dict = new Dict();
                attributes.forEach((name, attribute) -> dict.put(Text.template(name), attribute, budget));
                write("<Namespace ");
                write(dict);
                write(">");
            }
            case Function function -> write("<function " + function.name() + ">");
            case Loop loop -> write("<LoopContext " + loop.index() + "/" + loop.length() + ">");
        }
        budget.leave();
    }

    private void write(String text) {
        out.append(text, Origin.TEMPLATE);
    }

    private void write(String open, List<Value> items, String close) {
        write(open);
        String separator = "";
        for (Value item : items) {
            write(separator);
            write(item);
            separator = ", ";
        }
        write(close);
    }

    private void write(Dict dict) {
        write("{");
        String separator = "";
        for (Dict.Entry entry : dict.entries()) {
            write(separator);
            write(entry.key());
            write(": ");
            write(entry.value());
            separator = ", ";
        }
        write("}");
    }

    private void write(Text text) {
        char quote = text.chars().indexOf('\'') >= 0 && text.chars().indexOf('"') < 0 ? '"' : '\'';
        write(String.valueOf(quote));
        text.forEachRun((from, to, origin) -> {
            StringBuilder escaped = new StringBuilder(to - from);
            text.chars().substring(from, to).codePoints().forEach(c -> escape(c, quote, escaped));
            out.append(escaped.toString(), origin);
        });
        write(String.valueOf(quote));
    }

    private static void escape(int c, char quote, StringBuilder out) {
        switch (c) {
            case '\\' -> out.append("\\\\");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> {
                if (c == quote) {
                    out.append('\\').append(quote);
                } else if (Characters.isPrintable(c)) {
                    out.appendCodePoint(c);
                } else {
                    String format = c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x";
                    out.append(format.formatted(c));
                }
            }
        }
    }
}
