package dev.runnel.engine.constraint;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads a JSON text (RFC 8259), strictly and within bounds: what it reads comes with a request. Numbers
/// stay exact, and no name comes twice: a schema that says two things about a property says neither.
final class JsonReader {

    static final int MAX_LENGTH = 1 << 20;
    private static final int MAX_DEPTH = 200;
    private static final int MAX_NUMBER_LENGTH = 400;
    private static final int MAX_EXPONENT = 1_000;

    private final String text;
    private final String path;
    private int at;

    private JsonReader(String text, String path) {
        this.text = text;
        this.path = path;
    }

    /// @param path names the text in messages
    /// @throws ConstraintException if it isn't JSON
    static JsonValue read(String text, String path) {
        if (text.length() > MAX_LENGTH) {
            throw new ConstraintException(
                    path, "has %d characters, expected at most %d".formatted(text.length(), MAX_LENGTH));
        }
        JsonReader reader = new JsonReader(text, path);
        JsonValue value = reader.value(0);
        reader.space();
        if (reader.at < text.length()) {
            throw reader.fault("the end");
        }
        return value;
    }

    private ConstraintException fault(String expected) {
        String found = at < text.length() ? Character.toString(text.codePointAt(at)) : "its end";
        return new ConstraintException(
                path, "is not JSON: found %s at character %d, expected %s".formatted(found, at + 1, expected));
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : '\0';
    }

    private boolean take(char wanted) {
        space();
        if (peek() == wanted && at < text.length()) {
            at++;
            return true;
        }
        return false;
    }

    private JsonValue value(int depth) {
        if (depth > MAX_DEPTH) {
            throw new ConstraintException(path, "is nested more than %d deep".formatted(MAX_DEPTH));
        }
        space();
        return switch (peek()) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case '"' -> new JsonValue.Text(string());
            case 't' -> constant("true", JsonValue.Constant.TRUE);
            case 'f' -> constant("false", JsonValue.Constant.FALSE);
            case 'n' -> constant("null", JsonValue.Constant.NULL);
            default -> number();
        };
    }

    private JsonValue constant(String name, JsonValue value) {
        if (!text.startsWith(name, at)) {
            throw fault("a value");
        }
        at += name.length();
        return value;
    }

    private JsonValue object(int depth) {
        at++;
        Map<String, JsonValue> members = new LinkedHashMap<>();
        if (take('}')) {
            return new JsonValue.Dict(members);
        }
        do {
            space();
            if (peek() != '"') {
                throw fault("a name in quotes");
            }
            int begin = at;
            String name = string();
            if (!take(':')) {
                throw fault("a colon");
            }
            if (members.put(name, value(depth + 1)) != null) {
                at = begin;
                throw fault("a name that the object doesn't have already");
            }
        } while (take(','));
        if (!take('}')) {
            throw fault("a comma or }");
        }
        return new JsonValue.Dict(members);
    }

    private JsonValue array(int depth) {
        at++;
        List<JsonValue> items = new ArrayList<>();
        if (take(']')) {
            return new JsonValue.Array(items);
        }
        do {
            items.add(value(depth + 1));
        } while (take(','));
        if (!take(']')) {
            throw fault("a comma or ]");
        }
        return new JsonValue.Array(items);
    }

    private String string() {
        at++;
        StringBuilder read = new StringBuilder();
        while (true) {
            if (at >= text.length()) {
                throw fault("the end of a string");
            }
            char c = text.charAt(at);
            if (c < ' ') {
                throw fault("no control character in a string");
            }
            at++;
            if (c == '"') {
                return read.toString();
            }
            read.append(c == '\\' ? escaped() : c);
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
                int unit = 0;
                for (int i = 0; i < 4; i++, at++) {
                    int digit = peek() < 0x80 ? Character.digit(peek(), 16) : -1;
                    if (digit < 0) {
                        throw fault("four hexadecimal digits");
                    }
                    unit = unit * 16 + digit;
                }
                yield (char) unit;
            }
            default -> {
                at--;
                throw fault("an escape");
            }
        };
    }

    private JsonValue number() {
        int begin = at;
        if (peek() == '-') {
            at++;
        }
        if (peek() == '0') {
            at++;
        } else if (at == begin && (peek() < '0' || peek() > '9')) {
            throw fault("a value");
        } else {
            digits();
        }
        if (peek() == '.') {
            at++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
        String written = text.substring(begin, at);
        int exponentAt = Math.max(written.indexOf('e'), written.indexOf('E'));
        String exponent = exponentAt < 0 ? "0" : written.substring(exponentAt + 1);
        if (written.length() > MAX_NUMBER_LENGTH
                || exponent.length() > 5
                || Math.abs(Integer.parseInt(exponent)) > MAX_EXPONENT) {
            at = begin;
            throw fault("a number of at most %d digits with an exponent up to %d"
                    .formatted(MAX_NUMBER_LENGTH, MAX_EXPONENT));
        }
        return new JsonValue.Numeric(new BigDecimal(written), written);
    }

    private void digits() {
        int begin = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        if (at == begin) {
            throw fault("a digit");
        }
    }
}
