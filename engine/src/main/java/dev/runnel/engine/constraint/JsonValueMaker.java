package dev.runnel.engine.constraint;

import dev.runnel.engine.json.JsonReader;
import dev.runnel.engine.json.JsonSyntaxException;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/// Makes values of a JSON text that comes with a request, within bounds. Numbers stay exact, and no name comes
/// twice: a schema that says two things about a property says neither.
///
/// @param path names the text in messages
record JsonValueMaker(String path) implements JsonReader.Maker<JsonValue> {

    private static final int MAX_LENGTH = 1 << 20;
    private static final int MAX_DEPTH = 200;
    private static final int MAX_NUMBER_LENGTH = 400;
    private static final int MAX_EXPONENT = 1_000;

    /// @param path names the text in messages
    /// @throws ConstraintException if it isn't JSON
    static JsonValue read(String text, String path) {
        if (text.length() > MAX_LENGTH) {
            throw new ConstraintException(
                    path, "has %d characters, expected at most %d".formatted(text.length(), MAX_LENGTH));
        }
        try {
            return JsonReader.read(text, new JsonValueMaker(path), JsonReader.Names.ONLY_ONCE, MAX_DEPTH);
        } catch (JsonSyntaxException fault) {
            throw new ConstraintException(path, fault.getMessage());
        }
    }

    @Override
    public JsonValue object(Map<String, JsonValue> members) {
        return new JsonValue.Dict(members);
    }

    @Override
    public JsonValue array(List<JsonValue> elements) {
        return new JsonValue.Array(elements);
    }

    @Override
    public JsonValue string(String text) {
        return new JsonValue.Text(text);
    }

    /// A number of a few letters can stand for one that fills the memory.
    @Override
    public JsonValue number(String literal) {
        int exponentAt = Math.max(literal.indexOf('e'), literal.indexOf('E'));
        String exponent = exponentAt < 0 ? "0" : literal.substring(exponentAt + 1);
        if (literal.length() > MAX_NUMBER_LENGTH
                || exponent.length() > 5
                || Math.abs(Integer.parseInt(exponent)) > MAX_EXPONENT) {
            throw new ConstraintException(
                    path,
                    "holds the number %s, expected one of at most %d digits with an exponent up to %d"
                            .formatted(shortened(literal), MAX_NUMBER_LENGTH, MAX_EXPONENT));
        }
        return new JsonValue.Numeric(new BigDecimal(literal), literal);
    }

    private static String shortened(String literal) {
        return literal.length() > 20 ? literal.substring(0, 20) + "…" : literal;
    }

    @Override
    public JsonValue truth(boolean value) {
        return value ? JsonValue.Constant.TRUE : JsonValue.Constant.FALSE;
    }

    @Override
    public JsonValue nothing() {
        return JsonValue.Constant.NULL;
    }
}
