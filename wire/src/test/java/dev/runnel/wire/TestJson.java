package dev.runnel.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A second opinion on the JSON we write: read by Jackson alone, no member twice, into maps, lists, strings,
/// numbers, booleans and null.
final class TestJson {

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private TestJson() {}

    static Object parse(byte[] document) {
        try (JsonParser parser = FACTORY.createParser(document)) {
            return document(parser);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Object parse(String document) {
        try (JsonParser parser = FACTORY.createParser(document)) {
            return document(parser);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Object document(JsonParser parser) throws IOException {
        Object value = value(parser, parser.nextToken());
        if (parser.nextToken() != null) {
            throw new IOException("two documents");
        }
        return value;
    }

    private static Object value(JsonParser parser, JsonToken token) throws IOException {
        return switch (token) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> array(parser);
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> null;
        };
    }

    private static Map<String, Object> object(JsonParser parser) throws IOException {
        Map<String, Object> members = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            members.put(parser.currentName(), value(parser, parser.nextToken()));
        }
        return members;
    }

    private static List<Object> array(JsonParser parser) throws IOException {
        List<Object> elements = new ArrayList<>();
        for (JsonToken next = parser.nextToken(); next != JsonToken.END_ARRAY; next = parser.nextToken()) {
            elements.add(value(parser, next));
        }
        return elements;
    }
}
