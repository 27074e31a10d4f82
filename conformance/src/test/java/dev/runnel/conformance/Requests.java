package dev.runnel.conformance;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/// Requests as JSON, for those who write it themselves.
final class Requests {

    private static final ObjectMapper JSON = new ObjectMapper();

    private Requests() {}

    static ObjectNode chat(Client.Order order, boolean stream) {
        ObjectNode body = JSON.createObjectNode().put("model", ScriptedServer.MODEL);
        body.putArray("messages").addObject().put("role", "user").put("content", order.message());
        if (stream) {
            body.put("stream", true);
            if (order.usage()) {
                body.putObject("stream_options").put("include_usage", true);
            }
        }
        switch (order.ask()) {
            case NOTHING -> {}
            case LIMIT -> body.put("max_tokens", 3);
            case CHOICES -> body.put("n", 2);
            case TOOLS -> {
                ArrayNode tools = body.putArray("tools");
                Scenario.OFFERED.forEach(tool -> tools.addObject()
                        .put("type", "function")
                        .putObject("function")
                        .put("name", tool.name())
                        .put("description", tool.description())
                        .set("parameters", parsed(tool.parameters())));
            }
            case SCHEMA ->
                body.putObject("response_format")
                        .put("type", "json_schema")
                        .putObject("json_schema")
                        .put("name", "city")
                        .put("strict", true)
                        .set("schema", parsed(Scenario.CITY));
            case LOGPROBS -> body.put("logprobs", true).put("top_logprobs", 2);
            case STOP -> Scenario.STOPS.forEach(body.putArray("stop")::add);
        }
        return body;
    }

    static JsonNode parsed(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException malformed) {
            throw new IllegalArgumentException(malformed.getMessage() + " in " + json, malformed);
        }
    }
}
