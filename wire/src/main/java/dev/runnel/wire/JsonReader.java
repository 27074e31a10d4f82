package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Reads JSON documents, strictly: UTF-8 and nothing else, one value and nothing after it.
///
/// Of a member that comes twice the last one counts, as everywhere; some client libraries override a
/// field by appending it once more.
final class JsonReader {

    /// Arrays and objects within each other.
    static final int MAX_DEPTH = 128;

    /// Values in one document. Each takes a hundred bytes of memory however short it is, so this is what
    /// keeps a small body from becoming a large tree.
    static final int MAX_VALUES = 250_000;

    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private static final JsonFactory FACTORY = JsonFactory.builder()
            // Names come from strangers: nothing about them may outlive the document.
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH + 1) // ours is checked first
                    .build())
            .build();

    /// The document can't be read. The message goes on where a sentence has named it: "the body … is
    /// empty".
    static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1;

        private MalformedException(String message) {
            super(message, null, false, false); // where in our code it was noticed says nothing
        }

        @Override
        public String getMessage() {
            return Objects.requireNonNull(super.getMessage());
        }
    }

    private final JsonParser parser;
    private int values;

    private JsonReader(JsonParser parser) {
        this.parser = parser;
    }

    static Json read(byte[] document) throws MalformedException {
        ByteBuffer bytes = ByteBuffer.wrap(document);
        String text;
        try {
            text = UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException _) {
            throw new MalformedException("is not UTF-8 from byte %d on".formatted(bytes.position()));
        }
        return read(text);
    }

    static Json read(String document) throws MalformedException {
        String text = document.startsWith(BYTE_ORDER_MARK) ? " " + document.substring(1) : document;
        try (JsonParser parser = FACTORY.createParser(text)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw new MalformedException("is empty");
            }
            Json value = new JsonReader(parser).value(first, 0);
            if (parser.nextToken() != null) {
                throw new MalformedException("goes on after its first value");
            }
            return value;
        } catch (StreamConstraintsException _) {
            throw new MalformedException("holds a name, a string or a number that is too long to read");
        } catch (JsonEOFException _) {
            throw new MalformedException("ends inside a JSON value");
        } catch (JacksonException broken) {
            int good = Math.clamp(broken.getLocation().getCharOffset(), 0, document.length());
            throw new MalformedException("is not JSON from byte %d on"
                    .formatted(document.substring(0, good).getBytes(UTF_8).length));
        } catch (IOException impossible) {
            throw new UncheckedIOException("reading from memory failed", impossible);
        }
    }

    private Json value(JsonToken first, int depth) throws IOException, MalformedException {
        if (++values > MAX_VALUES) {
            throw new MalformedException("holds more than %d values".formatted(MAX_VALUES));
        }
        return switch (first) {
            case START_OBJECT -> object(deeper(depth));
            case START_ARRAY -> array(deeper(depth));
            case VALUE_STRING -> new Json.Str(parser.getText());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Json.Num(parser.getText());
            case VALUE_TRUE -> new Json.Bool(true);
            case VALUE_FALSE -> new Json.Bool(false);
            case VALUE_NULL -> new Json.Null();
            case END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE ->
                throw new IllegalStateException("the parser gave " + first + " for the start of a value");
        };
    }

    private Json object(int depth) throws IOException, MalformedException {
        Map<String, Json> members = new LinkedHashMap<>(); // schemas and templates show their order
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            members.put(name, value(parser.nextToken(), depth));
        }
        return new Json.Obj(members);
    }

    private Json array(int depth) throws IOException, MalformedException {
        List<Json> elements = new ArrayList<>();
        for (JsonToken next = parser.nextToken(); next != JsonToken.END_ARRAY; next = parser.nextToken()) {
            elements.add(value(next, depth));
        }
        return new Json.Arr(elements);
    }

    private static int deeper(int depth) throws MalformedException {
        if (depth == MAX_DEPTH) {
            throw new MalformedException("is nested deeper than %d levels".formatted(MAX_DEPTH));
        }
        return depth + 1;
    }
}
