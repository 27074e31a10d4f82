package dev.runnel.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.Engine;
import dev.runnel.engine.EngineOptions;
import dev.runnel.engine.LoadingListener;
import dev.runnel.engine.fixtures.Json;
import dev.runnel.server.CompletionServer;
import dev.runnel.server.ServerOptions;
import dev.runnel.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// From a socket to a socket: what the server sends for conversations is what llama.cpp made of them with the same
/// files, whole and streamed.
class GoldenHttpTest {

    /// What the references were computed with; Phi-3's rotary embedding depends on it.
    private static final int CONTEXT = 256;

    private static final String PATH = "/v1/chat/completions";

    @TestFactory
    Stream<DynamicTest> repliesAreThoseOfTheReferenceWholeAndStreamed() throws IOException {
        Map<String, List<Map<?, ?>>> byModel =
                Files.readAllLines(SharedData.require("golden/models/e2e.jsonl")).stream()
                        .<Map<?, ?>>map(line -> (Map<?, ?>) Json.parse(line))
                        .collect(Collectors.groupingBy(
                                golden -> (String) golden.get("gguf"), LinkedHashMap::new, Collectors.toList()));
        return byModel.entrySet().stream()
                .map(model -> DynamicTest.dynamicTest(model.getKey(), () -> serve(model.getKey(), model.getValue())));
    }

    private static void serve(String model, List<Map<?, ?>> all) throws IOException, InterruptedException {
        try (Engine engine = Engine.open(
                        SharedData.require("golden/models/" + model),
                        EngineOptions.DEFAULT.withContextLength(CONTEXT).withModelId(model),
                        LoadingListener.NONE);
                CompletionServer server = CompletionServer.start(ServerOptions.at("127.0.0.1", 0));
                JsonClient client = new JsonClient(server.port())) {
            server.serve(engine);
            for (Map<?, ?> golden : all) {
                assertThat(whole(client.post(200, PATH, body(golden, false)))).isEqualTo(Reply.expected(golden));
                assertThat(streamed(client.stream(PATH, body(golden, true)))).isEqualTo(Reply.expected(golden));
            }
        }
    }

    /// What is compared.
    private record Reply(String text, String finish, int promptTokens, int completionTokens) {

        static Reply expected(Map<?, ?> golden) {
            String finish = (String) golden.get("finish");
            return new Reply(
                    new String(HexFormat.of().parseHex((String) golden.get("text_hex")), UTF_8),
                    finish,
                    ((List<?>) golden.get("prompt_ids")).size(),
                    // The reference leaves the end token out.
                    ((List<?>) golden.get("ids")).size() + (finish.equals("stop") ? 1 : 0));
        }

        static Reply of(String text, Object finish, Object usage) {
            Map<?, ?> cost = (Map<?, ?>) usage;
            return new Reply(
                    text,
                    (String) finish,
                    ((Number) cost.get("prompt_tokens")).intValue(),
                    ((Number) cost.get("completion_tokens")).intValue());
        }
    }

    private static Reply whole(Map<?, ?> reply) {
        Map<?, ?> choice = choice(reply);
        Map<?, ?> message = (Map<?, ?>) choice.get("message");
        return Reply.of((String) message.get("content"), choice.get("finish_reason"), reply.get("usage"));
    }

    private static Reply streamed(List<Map<?, ?>> chunks) {
        StringBuilder text = new StringBuilder();
        Object finish = "";
        for (Map<?, ?> chunk : chunks.subList(0, chunks.size() - 1)) {
            Map<?, ?> choice = choice(chunk);
            if (((Map<?, ?>) choice.get("delta")).get("content") instanceof String piece) {
                text.append(piece);
            }
            if (choice.get("finish_reason") instanceof String reason) {
                finish = reason;
            }
        }
        return Reply.of(text.toString(), finish, chunks.getLast().get("usage"));
    }

    private static Map<?, ?> choice(Map<?, ?> reply) {
        List<?> choices = (List<?>) reply.get("choices");
        assertThat(choices).hasSize(1);
        return (Map<?, ?>) choices.getFirst();
    }

    private static String body(Map<?, ?> golden, boolean stream) {
        return JsonObject.of(json -> {
            json.writeStringField("model", (String) golden.get("gguf"));
            json.writeArrayFieldStart("messages");
            for (Object message : (List<?>) golden.get("messages")) {
                json.writeStartObject();
                for (Map.Entry<?, ?> field : ((Map<?, ?>) message).entrySet()) {
                    json.writeStringField((String) field.getKey(), (String) field.getValue());
                }
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeNumberField("temperature", 0);
            json.writeNumberField("max_tokens", ((Number) golden.get("max_tokens")).intValue());
            json.writeBooleanField("stream", stream);
            if (stream) {
                json.writeObjectFieldStart("stream_options");
                json.writeBooleanField("include_usage", true);
                json.writeEndObject();
            }
        });
    }
}
