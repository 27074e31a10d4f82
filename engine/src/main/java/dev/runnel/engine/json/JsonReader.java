package dev.runnel.engine.json;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads one JSON text (RFC 8259), strictly, as the values that a [Maker] makes of it.
public final class JsonReader<V extends @Nullable Object> {

    /// Makes values of what is read. What it throws ends the reading.
    public interface Maker<V extends @Nullable Object> {

        /// @param members in the text's order
        V object(Map<String, V> members);

        V array(List<V> elements);

        V string(String text);

        /// @param literal as it is written, since no one type holds every number
        V number(String literal);

        V truth(boolean value);

        V nothing();
    }

    /// What becomes of a name that comes twice in an object.
    public enum Names {
        LAST_COUNTS,
        ONLY_ONCE
    }

    private final String text;
    private final Maker<V> maker;
    private final Names names;
    private final int deepest;
    private int at;

    private JsonReader(String text, Maker<V> maker, Names names, int deepest) {
        this.text = text;
        this.maker = maker;
        this.names = names;
        this.deepest = deepest;
    }

    /// @param deepest arrays and objects within each other, at most; each takes some of the stack
    /// @throws JsonSyntaxException if it is not one JSON value and nothing else
    public static <V extends @Nullable Object> V read(String text, Maker<V> maker, Names names, int deepest) {
        JsonReader<V> reader = new JsonReader<>(text, maker, names, deepest);
        reader.skipSpace();
        V value = reader.value(0);
        reader.skipSpace();
        if (reader.at < text.length()) {
            throw reader.fault("the end");
        }
        return value;
    }

    private V value(int depth) {
        if (depth > deepest) {
            throw new JsonSyntaxException("is nested more than %d deep".formatted(deepest));
        }
        return switch (peek()) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case '"' -> maker.string(string());
            case 't' -> {
                word("true");
                yield maker.truth(true);
            }
            case 'f' -> {
                word("false");
                yield maker.truth(false);
            }
            case 'n' -> {
                word("null");
                yield maker.nothing();
            }
            default -> maker.number(number());
        };
    }

    private V object(int depth) {
        Map<String, V> members = new LinkedHashMap<>();
        at++;
        skipSpace();
        if (take('}')) {
            return maker.object(members);
        }
        do {
            skipSpace();
            if (peek() != '"') {
                throw fault("a name in quotes");
            }
            int begin = at;
            String name = string();
            if (names == Names.ONLY_ONCE && members.containsKey(name)) {
                at = begin;
                throw fault("a name that the object doesn't have already");
            }
            skipSpace();
            require(':');
            skipSpace();
            members.put(name, value(depth + 1));
            skipSpace();
        } while (take(','));
        require('}');
        return maker.object(members);
    }

    private V array(int depth) {
        List<V> elements = new ArrayList<>();
        at++;
        skipSpace();
        if (take(']')) {
            return maker.array(elements);
        }
        do {
            skipSpace();
            elements.add(value(depth + 1));
            skipSpace();
        } while (take(','));
        require(']');
        return maker.array(elements);
    }

    private String string() {
        StringBuilder string = new StringBuilder();
        at++;
        while (true) {
            char c = peek();
            if (c < ' ') {
                throw fault("a character of a string, or its end");
            }
            at++;
            if (c == '"') {
                return string.toString();
            }
            string.append(c == '\\' ? escaped() : c);
        }
    }

    private char escaped() {
        char c = peek();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                int code = 0;
                for (int i = 0; i < 4; i++) {
                    // Digits of other scripts are none here.
                    int digit = peek() < 0x80 ? Character.digit(peek(), 16) : -1;
                    if (digit < 0) {
                        throw fault("four hexadecimal digits");
                    }
                    code = 16 * code + digit;
                    at++;
                }
                yield (char) code;
            }
            default -> {
                at--;
                throw fault("an escape");
            }
        };
    }

    private void word(String word) {
        if (!text.startsWith(word, at)) {
            throw fault("a value");
        }
        at += word.length();
    }

    private String number() {
        int from = at;
        take('-');
        if (!take('0')) {
            digits("a value");
        }
        if (take('.')) {
            digits("a digit");
        }
        if (take('e') || take('E')) {
            if (!take('+')) {
                take('-');
            }
            digits("a digit");
        }
        return text.substring(from, at);
    }

    private void digits(String expected) {
        int from = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == from) {
            throw fault(expected);
        }
    }

    private void skipSpace() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() {
        if (at == text.length()) {
            throw fault("more");
        }
        return text.charAt(at);
    }

    private boolean take(char c) {
        boolean isThere = at < text.length() && text.charAt(at) == c;
        if (isThere) {
            at++;
        }
        return isThere;
    }

    private void require(char c) {
        if (!take(c)) {
            throw fault("'" + c + "'");
        }
    }

    private JsonSyntaxException fault(String expected) {
        String found = at < text.length() ? "'" + Character.toString(text.codePointAt(at)) + "'" : "the end";
        return new JsonSyntaxException(
                "is no JSON: at character %d stands %s, expected %s".formatted(at + 1, found, expected));
    }
}
