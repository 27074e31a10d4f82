package dev.runnel.engine.constraint;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// JSON's grammar (RFC 8259) in the form in which it is generated: white space where people and libraries
/// put it, in bounded amounts, as a model that is unsure would go on with it forever. Behind `{`, `[`, a
/// comma and before `}`, `]`: nothing, a space, or a line break and up to [#MAX_INDENT] blanks; behind a
/// colon: nothing or a space; nowhere else.
final class JsonNodes {

    private static final int MAX_INDENT = 40;

    static final Node SPACE = space();

    static final Node COLON = Node.sequence(new Node.Text(":"), Node.optional(new Node.Text(" ")));

    static final Node COMMA = Node.sequence(new Node.Text(","), SPACE);

    static final Node BOOLEAN = Node.choice(new Node.Text("true"), new Node.Text("false"));

    static final Node NULL = new Node.Text("null");

    private final StringState.Table strings;
    private final Node.Rule value = new Node.Rule("a JSON value");
    private final Node.Rule object = new Node.Rule("a JSON object");
    private final Node.Rule number = new Node.Rule("a JSON number");

    JsonNodes(StringState.Table strings) {
        this.strings = strings;
        Node.Rule array = new Node.Rule("a JSON array");
        number.body = Numbers.ANY;
        value.body = Node.choice(object, array, string(), number, BOOLEAN, NULL);
        array.body = list("[", value, "]");
        object.body = list("{", Node.sequence(string(), COLON, value), "}");
    }

    /// A rule, as it is referred to from everywhere and takes many states.
    private static Node space() {
        Node.Rule space = new Node.Rule("white space");
        Node blanks = new Node.Repeat(new Node.OneByte(ByteSet.of(" \t")), 0, MAX_INDENT);
        space.body = Node.optional(Node.choice(new Node.Text(" "), Node.sequence(new Node.Text("\n"), blanks)));
        return space;
    }

    /// Any value.
    Node value() {
        return value;
    }

    Node object() {
        return object;
    }

    Node number() {
        return number;
    }

    Node string() {
        return new Node.JsonString(strings.of(StringLanguage.Lengths.ANY));
    }

    Node string(StringLanguage language) {
        return language.start() == StringLanguage.NONE ? Node.NEVER : new Node.JsonString(strings.of(language));
    }

    private static Node list(String open, Node item, String close) {
        Node.Drawing drawing = new Node.Drawing();
        int first = drawing.state();
        int behind = drawing.state();
        int end = drawing.state();
        drawing.edge(0, Node.sequence(new Node.Text(open), SPACE), first);
        drawing.edge(first, item, behind);
        drawing.edge(behind, Node.sequence(COMMA, item), behind);
        drawing.edge(behind, Node.sequence(SPACE, new Node.Text(close)), end);
        drawing.edge(0, new Node.Text(open + close), end);
        drawing.accept(end);
        return drawing.graph();
    }

    /// An array of so many items.
    ///
    /// @param first what the first items are
    /// @param rest what those behind them are; null: there are none
    /// @param max at least `min`, or [Node#UNBOUNDED]
    static Node array(List<Node> first, @Nullable Node rest, int min, int max) {
        Node.Drawing drawing = new Node.Drawing();
        int end = drawing.state();
        drawing.accept(end);
        if (min == 0) {
            drawing.edge(0, new Node.Text("[]"), end);
        }
        int counted = rest == null
                ? (max == Node.UNBOUNDED ? first.size() : Math.min(max, first.size()))
                : max == Node.UNBOUNDED ? Math.max(min, first.size() + 1) : max;
        int before = drawing.state();
        drawing.edge(0, Node.sequence(new Node.Text("["), SPACE), before);
        for (int i = 0; i < counted; i++) {
            Node item = i < first.size() ? first.get(i) : java.util.Objects.requireNonNull(rest);
            int behind = drawing.state();
            drawing.edge(before, i == 0 ? item : Node.sequence(COMMA, item), behind);
            if (i + 1 >= min) {
                drawing.edge(behind, Node.sequence(SPACE, new Node.Text("]")), end);
            }
            before = behind;
        }
        if (rest != null && max == Node.UNBOUNDED) {
            drawing.edge(before, Node.sequence(COMMA, rest), before);
        }
        return drawing.graph();
    }

    /// A value as it is, with white space as above.
    static Node literal(JsonValue value) {
        return switch (value) {
            case JsonValue.Constant.NULL -> NULL;
            case JsonValue.Constant.TRUE -> new Node.Text("true");
            case JsonValue.Constant.FALSE -> new Node.Text("false");
            case JsonValue.Numeric number -> new Node.Text(number.text());
            case JsonValue.Text(var text) -> new Node.Text(quoted(text));
            case JsonValue.Array(var items) -> {
                List<Node> all = items.stream().map(JsonNodes::literal).toList();
                yield array(all, null, all.size(), all.size());
            }
            case JsonValue.Dict(var members) -> {
                if (members.isEmpty()) {
                    yield new Node.Text("{}");
                }
                List<Node> parts = new java.util.ArrayList<>();
                parts.add(new Node.Text("{"));
                parts.add(SPACE);
                for (Map.Entry<String, JsonValue> member : members.entrySet()) {
                    if (parts.size() > 2) {
                        parts.add(COMMA);
                    }
                    parts.add(new Node.Text(quoted(member.getKey())));
                    parts.add(COLON);
                    parts.add(literal(member.getValue()));
                }
                parts.add(SPACE);
                parts.add(new Node.Text("}"));
                yield new Node.Sequence(parts);
            }
        };
    }

    /// A string in quotes, with no more escapes than it needs. Surrogates without a partner are escaped,
    /// as UTF-8 has no form for them.
    static String quoted(String text) {
        StringBuilder out = new StringBuilder(text.length() + 2).append('"');
        text.codePoints().forEach(c -> {
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\f' -> out.append("\\f");
                case '\b' -> out.append("\\b");
                default -> {
                    if (c < ' ' || StringLanguage.isSurrogate(c)) {
                        out.append("\\u%04x".formatted(c));
                    } else {
                        out.appendCodePoint(c);
                    }
                }
            }
        });
        return out.append('"').toString();
    }

    static int utf8Length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
