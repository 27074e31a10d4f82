package dev.runnel.engine.json;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads JSON text (RFC 8259) as plain values: `Map` in the text's order, `List`, `String`, `Boolean`, null, and
/// for numbers `Long`, `BigInteger` where one is too long for that, `Double` where it has a fraction or an
/// exponent. Of a name that comes twice the last counts.
public final class JsonTree {

    /// Deeper ones are no document that anyone means, and would end in a stack overflow.
    private static final int DEEPEST = 512;

    private final String text;
    private int at;

    private JsonTree(String text) {
        this.text = text;
    }

    /// @throws JsonSyntaxException if it is not one JSON value and nothing else
    public static @Nullable Object parse(String text) {
        JsonTree reader = new JsonTree(text);
        reader.skipSpace();
        Object value = reader.value(0);
        reader.skipSpace();
        if (reader.at < text.length()) {
            throw reader.fault("the end");
        }
        return value;
    }

    /// As [#parse], of an object.
    ///
    /// @throws JsonSyntaxException if it is anything else
    public static Map<String, @Nullable Object> parseObject(String text) {
        if (parse(text) instanceof Map<?, ?> object) {
            Map<String, @Nullable Object> members = new LinkedHashMap<>();
            object.forEach((name, value) -> members.put((String) name, value));
            return members;
        }
        throw new JsonSyntaxException("is no JSON object");
    }

    private @Nullable Object value(int depth) {
        if (depth > DEEPEST) {
            throw new JsonSyntaxException("is nested more than %d deep".formatted(DEEPEST));
        }
        return switch (peek()) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, @Nullable Object> object(int depth) {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        at++;
        skipSpace();
        if (take('}')) {
            return members;
        }
        do {
            skipSpace();
            if (peek() != '"') {
                throw fault("a name in quotes");
            }
            String name = string();
            skipSpace();
            require(':');
            skipSpace();
            members.put(name, value(depth + 1));
            skipSpace();
        } while (take(','));
        require('}');
        return members;
    }

    private List<@Nullable Object> array(int depth) {
        List<@Nullable Object> elements = new ArrayList<>();
        at++;
        skipSpace();
        if (take(']')) {
            return elements;
        }
        do {
            skipSpace();
            elements.add(value(depth + 1));
            skipSpace();
        } while (take(','));
        require(']');
        return elements;
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
                    int digit = Character.digit(peek(), 16);
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

    private @Nullable Object word(String word, @Nullable Object value) {
        if (!text.startsWith(word, at)) {
            throw fault("a value");
        }
        at += word.length();
        return value;
    }

    private Number number() {
        int from = at;
        take('-');
        if (!take('0')) {
            digits("a value");
        }
        boolean isWhole = true;
        if (take('.')) {
            isWhole = false;
            digits("a digit");
        }
        if (take('e') || take('E')) {
            isWhole = false;
            if (!take('+')) {
                take('-');
            }
            digits("a digit");
        }
        String literal = text.substring(from, at);
        if (!isWhole) {
            return Double.valueOf(literal);
        }
        BigInteger number = new BigInteger(literal);
        return number.bitLength() < Long.SIZE ? (Number) number.longValue() : number;
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
