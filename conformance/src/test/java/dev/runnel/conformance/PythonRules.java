package dev.runnel.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// How OpenAI's client for Python reads a stream, as its users' programs see it, written down from its documented
/// and measured behaviour: there is no Python where these tests run. What it trips over, this trips over.
final class PythonRules {

    private static final ObjectMapper JSON = new ObjectMapper();

    /// What it throws.
    static final class PythonFailure extends RuntimeException {
        private static final long serialVersionUID = 1;

        PythonFailure(String message) {
            super(message);
        }
    }

    private record Event(@Nullable String event, String data) {}

    private PythonRules() {}

    /// Plain iteration: every chunk, or the failure.
    static void read(InputStream body, Consumer<JsonNode> chunks) throws IOException {
        Decoder decoder = new Decoder();
        for (String line = readLine(body); line != null; line = readLine(body)) {
            Event event = decoder.decode(line);
            if (event == null) {
                continue;
            }
            if (event.data.startsWith("[DONE]")) {
                return;
            }
            JsonNode data = parse(event.data);
            JsonNode error = data.path("error");
            if (isTruthy(error)) {
                throw new PythonFailure("APIError: " + error.path("message").asText(error.toString()));
            }
            chunks.accept(data);
        }
    }

    /// One line without its end: LF, CR LF or CR; null at the end. A last line without an end counts.
    private static @Nullable String readLine(InputStream body) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = body.read(); next >= 0; next = body.read()) {
            if (next == '\n') {
                return line.toString(UTF_8);
            }
            if (next == '\r') {
                body.mark(1);
                if (body.read() != '\n') {
                    body.reset();
                }
                return line.toString(UTF_8);
            }
            line.write(next);
        }
        return line.size() == 0 ? null : line.toString(UTF_8);
    }

    private static JsonNode parse(String data) {
        try {
            JsonNode node = JSON.readTree(data);
            if (node.isMissingNode()) {
                throw new PythonFailure("JSONDecodeError: nothing to read");
            }
            return node;
        } catch (IOException malformed) {
            throw new PythonFailure("JSONDecodeError: " + data);
        }
    }

    private static boolean isTruthy(JsonNode value) {
        return !value.isMissingNode()
                && !value.isNull()
                && !(value.isTextual() && value.asText().isEmpty())
                && !(value.isContainerNode() && value.isEmpty())
                && !(value.isBoolean() && !value.asBoolean());
    }

    /// Its reader of server-sent events. A blank line is an event as soon as any field is known, and the last id
    /// stays known for ever.
    private static final class Decoder {

        private @Nullable String event;
        private final List<String> data = new ArrayList<>();
        private @Nullable String lastId;
        private boolean retry;

        @Nullable
        Event decode(String line) {
            if (line.isEmpty()) {
                if (event == null && data.isEmpty() && lastId == null && !retry) {
                    return null;
                }
                Event complete = new Event(event, String.join("\n", data));
                event = null;
                data.clear();
                retry = false;
                return complete;
            }
            if (line.startsWith(":")) {
                return null;
            }
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(colon + 1);
            value = value.startsWith(" ") ? value.substring(1) : value;
            switch (field) {
                case "event" -> event = value;
                case "data" -> data.add(value);
                case "id" -> lastId = value;
                case "retry" -> retry |= value.matches("\\d+");
                default -> {}
            }
            return null;
        }
    }

    /// Its `.stream()` helper: chunks put together into a completion.
    static final class Helper {

        private @Nullable ObjectNode snapshot;

        void accept(JsonNode chunk) {
            if (!chunk.path("object").asText().equals("chat.completion.chunk")) {
                return;
            }
            if (snapshot == null) {
                begin((ObjectNode) chunk);
            } else {
                add(chunk, snapshot);
            }
            announce(chunk);
        }

        private void begin(ObjectNode chunk) {
            ObjectNode whole = chunk.deepCopy();
            ArrayNode choices = JSON.createArrayNode();
            for (JsonNode choice : list(chunk, "choices")) {
                int index = choice.path("index").asInt();
                if (index >= list(chunk, "choices").size()) {
                    throw new PythonFailure("IndexError: list assignment index out of range");
                }
                choices.add(JSON.createObjectNode()); // replaced below, in any order
            }
            for (JsonNode choice : list(chunk, "choices")) {
                choices.set(choice.path("index").asInt(), opened(choice));
            }
            whole.set("choices", choices);
            snapshot = whole;
        }

        private static ObjectNode opened(JsonNode choice) {
            ObjectNode copy = choice.deepCopy();
            copy.set("message", object(copy.remove("delta")).deepCopy());
            return copy;
        }

        private static void add(JsonNode chunk, ObjectNode whole) {
            ArrayNode choices = (ArrayNode) whole.get("choices");
            for (JsonNode choice : list(chunk, "choices")) {
                JsonNode kept = choices.get(choice.path("index").asInt());
                if (kept == null) {
                    choices.add(opened(choice));
                    continue;
                }
                accumulate((ObjectNode) kept.get("message"), object(choice.get("delta")));
                if (isTruthy(choice.path("finish_reason"))) {
                    ((ObjectNode) kept).set("finish_reason", choice.get("finish_reason"));
                }
                JsonNode logprobs = choice.path("logprobs");
                if (logprobs.isObject()) {
                    if (kept.path("logprobs").isObject()) {
                        accumulate((ObjectNode) kept.get("logprobs"), (ObjectNode) logprobs);
                    } else {
                        ((ObjectNode) kept).set("logprobs", logprobs.deepCopy());
                    }
                }
            }
            whole.set("usage", chunk.get("usage"));
        }

        /// What it looks up to tell its listeners.
        private void announce(JsonNode chunk) {
            for (JsonNode choice : list(chunk, "choices")) {
                JsonNode kept = snapshot.get("choices").get(choice.path("index").asInt());
                for (JsonNode call : choice.path("delta").path("tool_calls")) {
                    JsonNode whole = kept.path("message")
                            .path("tool_calls")
                            .get(call.path("index").asInt());
                    if (whole == null) {
                        throw new PythonFailure("IndexError: list index out of range");
                    }
                    if (!call.path("function").isObject()) {
                        throw new PythonFailure("AssertionError: a tool call without a function");
                    }
                }
            }
        }

        JsonNode completion() {
            if (snapshot == null) {
                throw new PythonFailure("AssertionError: no chunk came");
            }
            return snapshot;
        }

        private static JsonNode list(JsonNode node, String name) {
            JsonNode list = node.get(name);
            if (list == null || !list.isArray()) {
                throw new PythonFailure("TypeError: '%s' is no list".formatted(name));
            }
            return list;
        }

        private static ObjectNode object(@Nullable JsonNode node) {
            if (node instanceof ObjectNode object) {
                return object;
            }
            throw new PythonFailure("AttributeError: the delta is no object");
        }

        /// Adds one delta to what there is: texts are joined, lists merged by index, and nothing else is foreseen.
        private static void accumulate(ObjectNode kept, ObjectNode delta) {
            for (Iterator<Map.Entry<String, JsonNode>> members =
                            delta.properties().iterator();
                    members.hasNext(); ) {
                Map.Entry<String, JsonNode> member = members.next();
                String name = member.getKey();
                JsonNode more = member.getValue();
                JsonNode known = kept.get(name);
                if (known == null || known.isNull() || name.equals("index") || name.equals("type")) {
                    kept.set(name, more);
                } else if (known.isTextual() && more.isTextual()) {
                    kept.put(name, known.asText() + more.asText());
                } else if (known.isNumber() && more.isNumber()) {
                    kept.put(name, known.asDouble() + more.asDouble());
                } else if (known.isObject() && more.isObject()) {
                    accumulate((ObjectNode) known, (ObjectNode) more);
                } else if (known.isArray() && more.isArray()) {
                    merge((ArrayNode) known, more, name);
                } else {
                    throw new PythonFailure("TypeError: can't add %s to %s".formatted(more, known));
                }
            }
        }

        private static void merge(ArrayNode kept, JsonNode more, String name) {
            for (JsonNode entry : more) {
                if (name.equals("content") || name.equals("refusal")) {
                    kept.add(entry); // logprobs, which it extends on its own
                    continue;
                }
                if (!entry.isObject()) {
                    throw new PythonFailure("TypeError: a list's delta is no dictionary");
                }
                if (!entry.path("index").isInt()) {
                    throw new PythonFailure("RuntimeError: a list's delta has no index");
                }
                int index = entry.get("index").asInt();
                if (index < kept.size()) {
                    accumulate((ObjectNode) kept.get(index), (ObjectNode) entry);
                } else {
                    kept.add(entry.deepCopy());
                }
            }
        }
    }
}
