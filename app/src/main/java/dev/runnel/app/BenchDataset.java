package dev.runnel.app;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.runnel.core.BackendException;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.wire.Endpoint;
import dev.runnel.wire.WireOptions;
import dev.runnel.wire.WireRequest;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/// A data set: what requests ask, one a line, in JSON.
final class BenchDataset {

    private static final JsonFactory FACTORY = new JsonFactory();

    /// @param maxTokens the line's own limit
    record Line(List<Message> messages, OptionalInt maxTokens) {}

    private BenchDataset() {}

    /// Reads a file whose lines have a `prompt` or `messages`, and a `max_tokens` or `output_tokens` of their own
    /// if they want. Blank lines and other members are passed over.
    ///
    /// @throws CommandFailure that names the line that can't be read
    static List<Line> read(Path file) {
        List<Line> lines = new ArrayList<>();
        int number = 0;
        for (String line : lines(file)) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            try {
                lines.add(line(line));
            } catch (JsonProcessingException failure) {
                throw unread(file, number, "it is no JSON object: " + failure.getOriginalMessage(), failure);
            } catch (IOException | BackendException failure) {
                throw unread(file, number, String.valueOf(failure.getMessage()), failure);
            }
        }
        if (lines.isEmpty()) {
            throw new CommandFailure(file + " has no prompts; expected one a line, such as {\"prompt\": \"Hello\"}");
        }
        return lines;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readString(file).replaceFirst("^\uFEFF", "").lines().toList(); // as editors mark UTF-8
        } catch (NoSuchFileException failure) {
            throw new CommandFailure("there is no file " + file, failure);
        } catch (CharacterCodingException failure) {
            throw new CommandFailure(file + " is not UTF-8", failure);
        } catch (IOException failure) {
            throw new CommandFailure("%s can't be read: %s".formatted(file, failure.getMessage()), failure);
        }
    }

    private static CommandFailure unread(Path file, int line, String why, Exception cause) {
        return new CommandFailure("%s, line %d: %s".formatted(file, line, Style.harmless(why)), cause);
    }

    private static Line line(String text) throws IOException {
        String prompt = null;
        String messages = null;
        OptionalInt maxTokens = OptionalInt.empty();
        try (JsonParser json = FACTORY.createParser(text)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("it is no JSON object");
            }
            for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
                JsonToken value = json.nextToken();
                switch (name) {
                    case "prompt" -> {
                        if (value != JsonToken.VALUE_STRING) {
                            throw new IOException("its prompt is no string");
                        }
                        prompt = json.getText();
                    }
                    case "max_tokens", "output_tokens" -> {
                        if (value != JsonToken.VALUE_NULL) {
                            maxTokens = OptionalInt.of(limit(json));
                        }
                    }
                    case "messages" -> messages = source(text, json);
                    default -> json.skipChildren();
                }
            }
            if (json.nextToken() != null) {
                throw new IOException("it goes on after its first object");
            }
        }
        if (messages != null) {
            return new Line(messages(messages), maxTokens);
        }
        if (prompt == null || prompt.isEmpty()) {
            throw new IOException("it has neither a prompt nor messages");
        }
        return new Line(List.of(new Message.User(prompt)), maxTokens);
    }

    private static int limit(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT || json.getLongValue() < 1 || json.getLongValue() > 1e9) {
            throw new IOException("its %s is no number of tokens".formatted(json.currentName()));
        }
        return json.getIntValue();
    }

    /// The value that begins here, as it is written in `text`.
    private static String source(String text, JsonParser json) throws IOException {
        long start = json.currentTokenLocation().getCharOffset();
        json.skipChildren();
        json.finishToken();
        return text.substring((int) start, (int) json.currentLocation().getCharOffset());
    }

    /// What a server would make of them.
    private static List<Message> messages(String json) {
        String body = "{\"model\":\"any\",\"messages\":" + json + "}";
        WireRequest request =
                WireRequest.read(Endpoint.CHAT, body.getBytes(StandardCharsets.UTF_8), WireOptions.DEFAULT);
        if (request.completion().prompt() instanceof Prompt.Chat chat) {
            return chat.messages();
        }
        throw new IllegalStateException(
                "a conversation was read as " + request.completion().prompt());
    }
}
