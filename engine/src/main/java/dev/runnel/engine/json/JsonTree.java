package dev.runnel.engine.json;

import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads JSON text as plain values: `Map` in the text's order, `List`, `String`, `Boolean`, null, and
/// for numbers `Long`, `BigInteger` where one is too long for that, `Double` where it has a fraction or an
/// exponent. Of a name that comes twice the last counts.
public final class JsonTree {

    /// Deeper ones are no document that anyone means, and would end in a stack overflow.
    private static final int DEEPEST = 512;

    /// Characters of a whole number: reading one takes time that grows with their square.
    private static final int LONGEST_INTEGER = 4300;

    private static final JsonReader.Maker<@Nullable Object> PLAIN = new JsonReader.Maker<>() {
        @Override
        public @Nullable Object object(Map<String, @Nullable Object> members) {
            return members;
        }

        @Override
        public @Nullable Object array(List<@Nullable Object> elements) {
            return elements;
        }

        @Override
        public @Nullable Object string(String text) {
            return text;
        }

        @Override
        public @Nullable Object number(String literal) {
            if (literal.indexOf('.') >= 0 || literal.indexOf('e') >= 0 || literal.indexOf('E') >= 0) {
                return Double.valueOf(literal);
            }
            if (literal.length() > LONGEST_INTEGER) {
                throw new JsonSyntaxException(
                        "has a number of %d digits, expected at most %d".formatted(literal.length(), LONGEST_INTEGER));
            }
            BigInteger number = new BigInteger(literal);
            return number.bitLength() < Long.SIZE ? (Number) number.longValue() : number;
        }

        @Override
        public @Nullable Object truth(boolean value) {
            return value;
        }

        @Override
        public @Nullable Object nothing() {
            return null;
        }
    };

    private JsonTree() {}

    /// @throws JsonSyntaxException if it is not one JSON value and nothing else
    public static @Nullable Object parse(String text) {
        return JsonReader.read(text, PLAIN, JsonReader.Names.LAST_COUNTS, DEEPEST);
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
}
