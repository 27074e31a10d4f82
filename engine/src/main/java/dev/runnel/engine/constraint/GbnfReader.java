package dev.runnel.engine.constraint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads a grammar in llama.cpp's notation, GBNF: rules of alternatives over literals, sets of
/// characters, `.`, groups, references and repetitions. References to tokens, `<…>`, are refused.
final class GbnfReader {

    private static final int MAX_LENGTH = 1 << 18;
    private static final int MAX_DEPTH = 100;
    private static final int MAX_REPEATS = 5_000;

    private final String text;
    private final String path;
    private int at;
    private String current = "";
    private final Map<String, Node.Rule> rules = new LinkedHashMap<>();
    private final Map<String, Integer> uses = new LinkedHashMap<>(); // where a rule is first referred to

    private GbnfReader(String text, String path) {
        this.text = text;
        this.path = path;
    }

    /// The rule `root`.
    ///
    /// @throws ConstraintException if the text isn't such a grammar
    static Node read(String text, String path) {
        if (text.length() > MAX_LENGTH) {
            throw new ConstraintException(
                    path, "has %d characters, expected at most %d".formatted(text.length(), MAX_LENGTH));
        }
        return new GbnfReader(text, path).grammar();
    }

    private Node grammar() {
        Map<String, Boolean> defined = new LinkedHashMap<>();
        space(true);
        while (at < text.length()) {
            String name = name();
            current = name;
            space(false);
            if (!take("::=")) {
                throw fault("::= behind the name of a rule");
            }
            space(true);
            rule(name).body = alternatives(0);
            defined.put(name, true);
            if (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') {
                throw fault("the end of the rule");
            }
            space(true);
        }
        if (!defined.containsKey("root")) {
            throw new ConstraintException(path, "has no rule root");
        }
        uses.forEach((name, where) -> {
            if (!defined.containsKey(name)) {
                at = where;
                throw new ConstraintException(
                        path, "refers to the rule %s, which it doesn't have, on line %d".formatted(name, line()));
            }
        });
        return rule("root");
    }

    private Node.Rule rule(String name) {
        return rules.computeIfAbsent(name, it -> new Node.Rule("the rule " + it));
    }

    private int line() {
        return 1
                + (int) text.substring(0, Math.min(at, text.length()))
                        .chars()
                        .filter(c -> c == '\n')
                        .count();
    }

    private ConstraintException fault(String expected) {
        String found = at < text.length() ? Character.toString(text.codePointAt(at)) : "its end";
        String where = current.isEmpty() ? "" : " in the rule " + current;
        return new ConstraintException(
                path,
                "is not a grammar: found %s on line %d%s, expected %s"
                        .formatted(found.equals("\n") ? "the line's end" : found, line(), where, expected));
    }

    private boolean take(String wanted) {
        if (text.startsWith(wanted, at)) {
            at += wanted.length();
            return true;
        }
        return false;
    }

    private boolean looksAt(char c) {
        return at < text.length() && text.charAt(at) == c;
    }

    /// Over blanks and comments, and over line ends too where they mean nothing.
    private void space(boolean overLines) {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '#') {
                while (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') {
                    at++;
                }
            } else if (c == ' ' || c == '\t' || (overLines && (c == '\n' || c == '\r'))) {
                at++;
            } else {
                return;
            }
        }
    }

    private static boolean isNamePart(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    }

    private String name() {
        int begin = at;
        while (at < text.length() && isNamePart(text.charAt(at))) {
            at++;
        }
        if (at == begin) {
            throw fault("the name of a rule");
        }
        return text.substring(begin, at);
    }

    /// @param depth of groups; inside one, line ends mean nothing
    private Node alternatives(int depth) {
        if (depth > MAX_DEPTH) {
            throw new ConstraintException(path, "has groups nested more than %d deep".formatted(MAX_DEPTH));
        }
        List<Node> options = new ArrayList<>();
        do {
            space(true);
            options.add(sequence(depth));
            space(depth > 0);
        } while (take("|"));
        return options.size() == 1 ? options.getFirst() : new Node.Choice(options);
    }

    private Node sequence(int depth) {
        List<Node> parts = new ArrayList<>();
        while (true) {
            space(depth > 0);
            if (at >= text.length()) {
                break;
            }
            Node item;
            char c = text.charAt(at);
            if (c == '"') {
                item = literal();
            } else if (c == '[') {
                item = set();
            } else if (c == '(') {
                at++;
                item = alternatives(depth + 1);
                if (!take(")")) {
                    throw fault(")");
                }
            } else if (c == '.') {
                at++;
                item = CodePoints.ALL.utf8();
            } else if (c == '<' || c == '!') {
                throw new ConstraintException(
                        path,
                        "refers to a token with < on line %d, which can't be enforced; write its text in quotes"
                                .formatted(line()));
            } else if (isNamePart(c)) {
                int begin = at;
                String name = name();
                space(false);
                if (text.startsWith("::=", at)) {
                    at = begin;
                    throw fault("the end of the line before the next rule");
                }
                uses.putIfAbsent(name, begin);
                item = rule(name);
            } else {
                break;
            }
            parts.add(repeated(item));
        }
        return parts.size() == 1 ? parts.getFirst() : new Node.Sequence(parts);
    }

    private Node repeated(Node item) {
        Node all = item;
        while (true) {
            space(false);
            if (take("*")) {
                all = new Node.Repeat(all, 0, Node.UNBOUNDED);
            } else if (take("+")) {
                all = new Node.Repeat(all, 1, Node.UNBOUNDED);
            } else if (take("?")) {
                all = Node.optional(all);
            } else if (take("{")) {
                all = counted(all);
            } else {
                return all;
            }
        }
    }

    private Node counted(Node item) {
        space(false);
        int min = looksAt(',') ? 0 : count();
        space(false);
        int max = min;
        if (take(",")) {
            space(false);
            max = looksAt('}') ? Node.UNBOUNDED : count();
            space(false);
        }
        if (!take("}")) {
            throw fault("}");
        }
        if (max != Node.UNBOUNDED && max < min) {
            throw new ConstraintException(
                    path, "repeats at least %d and at most %d times on line %d".formatted(min, max, line()));
        }
        return new Node.Repeat(item, min, max);
    }

    private int count() {
        int begin = at;
        while (at < text.length() && Character.isDigit(text.charAt(at)) && text.charAt(at) < 0x80) {
            at++;
        }
        String digits = text.substring(begin, at);
        if (digits.isEmpty()) {
            throw fault("how often");
        }
        if (digits.length() > 5 || Integer.parseInt(digits) > MAX_REPEATS) {
            throw new ConstraintException(
                    path, "repeats %s times on line %d, expected at most %d".formatted(digits, line(), MAX_REPEATS));
        }
        return Integer.parseInt(digits);
    }

    private Node literal() {
        at++;
        StringBuilder read = new StringBuilder();
        while (!looksAt('"')) {
            if (at >= text.length() || text.charAt(at) == '\n') {
                throw fault("a closing \"");
            }
            read.appendCodePoint(character());
        }
        at++;
        String literal = read.toString();
        for (int i = 0; i < literal.length(); i++) {
            if (Character.isSurrogate(literal.charAt(i)) && StringLanguage.isSurrogate(literal.codePointAt(i))) {
                throw fault("no half of a character");
            }
            if (Character.isHighSurrogate(literal.charAt(i))) {
                i++;
            }
        }
        return new Node.Text(literal);
    }

    private Node set() {
        at++;
        boolean negated = take("^");
        CodePoints.Union union = new CodePoints.Union();
        while (!looksAt(']')) {
            if (at >= text.length()) {
                throw fault("]");
            }
            int first = character();
            int last = first;
            if (looksAt('-') && at + 1 < text.length() && text.charAt(at + 1) != ']') {
                at++;
                last = character();
            }
            if (last < first) {
                throw fault("ranges that go upwards");
            }
            union.add(CodePoints.range(first, last));
        }
        at++;
        CodePoints all = union.toCodePoints();
        return (negated ? all.not() : all).utf8();
    }

    private int character() {
        int c = text.codePointAt(at);
        at += Character.charCount(c);
        if (c != '\\') {
            return c;
        }
        if (at >= text.length()) {
            throw fault("an escape");
        }
        char kind = text.charAt(at++);
        return switch (kind) {
            case 'x' -> hex(2);
            case 'u' -> hex(4);
            case 'U' -> hex(8);
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'n' -> '\n';
            case '\\', '"', '[', ']', '-' -> kind;
            default -> {
                at--;
                throw fault("an escape: \\x, \\u, \\U, \\t, \\r, \\n, \\\\, \\\", \\[ or \\]");
            }
        };
    }

    private int hex(int digits) {
        int end = at + digits;
        if (end > text.length() || !text.substring(at, end).matches("[0-9A-Fa-f]+")) {
            throw fault("%d hexadecimal digits".formatted(digits));
        }
        long value = Long.parseLong(text.substring(at, end), 16);
        if (value > Character.MAX_CODE_POINT) {
            throw fault("a code point");
        }
        at = end;
        return (int) value;
    }
}
