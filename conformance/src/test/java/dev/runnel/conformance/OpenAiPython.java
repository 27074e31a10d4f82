package dev.runnel.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.runnel.conformance.PythonRules.PythonFailure;
import dev.runnel.conformance.Reading.Call;
import dev.runnel.conformance.Reading.Choice;
import dev.runnel.conformance.Reading.Logprob;
import dev.runnel.conformance.Reading.Part;
import dev.runnel.conformance.Reading.Usage;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The rules of OpenAI's client for Python ([PythonRules]) over the JDK's HTTP client.
enum OpenAiPython implements Client {
    /// A stream's chunks as they come.
    RAW {
        @Override
        Reading reading(InputStream body) throws IOException {
            Map<Integer, ObjectNode> choices = new TreeMap<>();
            ObjectNode whole = JSON.createObjectNode();
            PythonRules.read(body, chunk -> {
                if (chunk.path("usage").isObject()) {
                    whole.set("usage", chunk.get("usage"));
                }
                for (JsonNode choice : chunk.get("choices")) {
                    add(choice, choices.computeIfAbsent(choice.get("index").asInt(), _ -> JSON.createObjectNode()));
                }
            });
            whole.set("choices", JSON.createArrayNode().addAll(choices.values()));
            return reading(whole);
        }
    },
    /// A stream's chunks, put together by the client's `.stream()`.
    HELPER {
        @Override
        Reading reading(InputStream body) throws IOException {
            PythonRules.Helper helper = new PythonRules.Helper();
            PythonRules.read(body, helper::accept);
            return reading(helper.completion());
        }
    };

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    abstract Reading reading(InputStream body) throws IOException;

    @Override
    public String title() {
        return "openai-python rules " + name().toLowerCase(Locale.ROOT);
    }

    @Override
    public boolean streams() {
        return true;
    }

    @Override
    public Set<Part> tells() {
        return EnumSet.allOf(Part.class);
    }

    @Override
    public boolean asks(Scenario scenario) {
        return true;
    }

    @Override
    public boolean asksForUsage() {
        return false;
    }

    @Override
    public Reading read(URI server, Order order) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(server.resolve("/v1/chat/completions"))
                .timeout(Duration.ofSeconds(20))
                .header("content-type", "application/json")
                .header("accept", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        Requests.chat(order, true).toString()))
                .build();
        HttpResponse<InputStream> response = HTTP.send(request, HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = new BufferedInputStream(response.body())) {
            if (response.statusCode() != 200) {
                throw new PythonFailure("APIStatusError: " + response.statusCode() + " " + JSON.readTree(body));
            }
            if (order.leaveEarly()) {
                body.read();
                return new Reading(List.of(), null);
            }
            return reading(body);
        }
    }

    /// What a program puts together that only loops over the chunks.
    private static void add(JsonNode choice, ObjectNode whole) {
        ObjectNode message = whole.withObject("/message");
        JsonNode delta = choice.get("delta");
        for (String text : List.of("content", "refusal", "reasoning_content")) {
            if (delta.path(text).isTextual()) {
                message.put(text, message.path(text).asText() + delta.get(text).asText());
            }
        }
        for (JsonNode call : delta.path("tool_calls")) {
            ArrayNode calls = message.withArray("/tool_calls");
            if (call.get("index").asInt() == calls.size()) {
                calls.addObject()
                        .put("id", call.get("id").asText())
                        .putObject("function")
                        .put("name", call.at("/function/name").asText())
                        .put("arguments", "");
            }
            ObjectNode function =
                    (ObjectNode) calls.get(call.get("index").asInt()).get("function");
            function.put(
                    "arguments",
                    function.get("arguments").asText()
                            + call.at("/function/arguments").asText());
        }
        if (choice.path("logprobs").path("content").isArray()) {
            whole.withObject("/logprobs").withArray("/content").addAll((ArrayNode) choice.at("/logprobs/content"));
        }
        if (choice.path("finish_reason").isTextual()) {
            whole.set("finish_reason", choice.get("finish_reason"));
        }
    }

    static Reading reading(JsonNode completion) {
        List<Choice> choices = new ArrayList<>();
        for (JsonNode choice : completion.get("choices")) {
            JsonNode message = choice.get("message");
            List<Call> calls = new ArrayList<>();
            message.path("tool_calls")
                    .forEach(call -> calls.add(new Call(
                            call.get("id").asText(),
                            call.at("/function/name").asText(),
                            call.at("/function/arguments").asText())));
            List<Logprob> logprobs = new ArrayList<>();
            for (JsonNode entry : choice.path("logprobs").path("content")) {
                List<Integer> bytes = new ArrayList<>();
                entry.get("bytes").forEach(each -> bytes.add(each.asInt()));
                logprobs.add(new Logprob(
                        entry.get("token").asText(), entry.get("logprob").asDouble(), bytes));
            }
            choices.add(new Choice(
                    text(message.get("content")),
                    text(message.get("refusal")),
                    text(message.get("reasoning_content")),
                    calls,
                    choice.path("finish_reason").isTextual()
                            ? choice.get("finish_reason").asText()
                            : null,
                    logprobs));
        }
        JsonNode usage = completion.path("usage");
        return new Reading(
                choices,
                usage.isObject()
                        ? new Usage(
                                usage.get("prompt_tokens").asInt(),
                                usage.at("/prompt_tokens_details/cached_tokens").asInt(),
                                usage.get("completion_tokens").asInt(),
                                usage.at("/completion_tokens_details/reasoning_tokens")
                                        .asInt())
                        : null);
    }

    private static String text(@Nullable JsonNode node) {
        return node != null && node.isTextual() ? node.asText() : "";
    }
}
