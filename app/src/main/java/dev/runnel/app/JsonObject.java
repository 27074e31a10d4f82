package dev.runnel.app;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.runnel.core.TokenText;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;

/// What a command prints for programs to read: an object on a line.
final class JsonObject {

    private static final JsonFactory FACTORY = new JsonFactory();

    /// Writes members.
    @FunctionalInterface
    interface Members {
        void write(JsonGenerator json) throws IOException;
    }

    private JsonObject() {}

    static String of(Members members) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(text)) {
            json.writeStartObject();
            members.write(json);
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return text.toString();
    }

    /// The members that say which token.
    static void writeToken(JsonGenerator json, TokenText token) throws IOException {
        json.writeStringField("token", token.text());
        json.writeFieldName("bytes");
        int[] bytes = token.bytes().stream().mapToInt(Integer::intValue).toArray();
        json.writeArray(bytes, 0, bytes.length);
    }
}
