package dev.runnel.engine.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// One line of golden data, a JSON object.
record GoldenCase(Map<String, Object> fields) {

    private static final JsonFactory JSON = new JsonFactory();

    /// The lines of a file, without those that describe it.
    static List<GoldenCase> read(Path file) {
        try {
            return Files.readAllLines(file).stream()
                    .map(GoldenCase::parse)
                    .filter(line -> !line.fields().containsKey("_meta"))
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    String string(String name) {
        return (String) fields.get(name);
    }

    boolean flag(String name) {
        return Boolean.TRUE.equals(fields.get(name));
    }

    /// The ids that are right: more than one list where references differ and neither is wrong.
    List<List<Integer>> acceptedIds() {
        return "either".equals(fields.get("accept"))
                ? List.of(integers("ids"), integers("llamacpp_ids"))
                : List.of(integers("ids"));
    }

    List<Integer> integers(String name) {
        return list(name).stream().map(Integer.class::cast).toList();
    }

    List<String> strings(String name) {
        return list(name).stream().map(String.class::cast).toList();
    }

    private List<?> list(String name) {
        return (List<?>) fields.get(name);
    }

    private static GoldenCase parse(String line) {
        try (JsonParser parser = JSON.createParser(line)) {
            parser.nextToken();
            return new GoldenCase(object(parser));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static Map<String, Object> object(JsonParser parser) throws IOException {
        Map<String, Object> fields = new HashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            fields.put(name, value(parser));
        }
        return fields;
    }

    private static Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> parser.getIntValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case START_OBJECT -> object(parser);
            case START_ARRAY -> {
                List<Object> elements = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    elements.add(value(parser));
                }
                yield elements;
            }
            case VALUE_TRUE -> true;
            default -> false;
        };
    }
}
