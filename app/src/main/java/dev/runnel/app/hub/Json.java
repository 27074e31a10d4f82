package dev.runnel.app.hub;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// An object of a hub's answer. A member that is absent or of another kind than the one asked for is none.
record Json(Map<String, Object> members) {

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    /// @throws IOException if the document is not an object
    static Json read(byte[] document) throws IOException {
        try (JsonParser parser = FACTORY.createParser(document)) {
            if (parser.nextToken() == JsonToken.START_OBJECT && value(parser) instanceof Json object) {
                return object;
            }
            throw new IOException("it is no JSON object");
        }
    }

    Optional<String> text(String name) {
        return members.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
    }

    OptionalLong number(String name) {
        return members.get(name) instanceof Long number ? OptionalLong.of(number) : OptionalLong.empty();
    }

    Optional<Json> object(String name) {
        return members.get(name) instanceof Json object ? Optional.of(object) : Optional.empty();
    }

    /// The objects in an array.
    List<Json> objects(String name) {
        List<Json> objects = new ArrayList<>();
        if (members.get(name) instanceof List<?> elements) {
            for (Object element : elements) {
                if (element instanceof Json object) {
                    objects.add(object);
                }
            }
        }
        return objects;
    }

    /// The value whose first token is the current one; null for those that nobody asks for.
    private static @Nullable Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                Map<String, Object> members = new HashMap<>();
                for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                    parser.nextToken();
                    Object value = value(parser);
                    if (value != null) {
                        members.put(name, value);
                    }
                }
                yield new Json(members);
            }
            case START_ARRAY -> {
                List<Object> elements = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    Object value = value(parser);
                    if (value != null) {
                        elements.add(value);
                    }
                }
                yield elements;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT ->
                parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER ? null : parser.getLongValue();
            case null -> throw new IOException("it ends within a value");
            default -> null;
        };
    }
}
