package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.Engine;
import dev.runnel.engine.ModelText;
import dev.runnel.server.CompletionServer;
import dev.runnel.server.ServerOptions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// llama.cpp's questions about tokens, asked of the model that the program carries.
class TokenRoutesTest {

    private static final String CONVERSATION =
            "\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\",\"content\":\"1+1=?\"}]";

    private static final ModelText MODEL = ModelText.embedded();

    private static Engine engine;
    private static CompletionServer server;
    private static JsonClient client;

    @BeforeAll
    static void serve() {
        engine = Engine.embedded();
        server = CompletionServer.start(ServerOptions.at("127.0.0.1", 0));
        server.serve(engine);
        client = new JsonClient(server.port());
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
        engine.close();
    }

    @Test
    void aTextBecomesTokensAndTokensThatText() throws Exception {
        List<Integer> tokens = ids("Count: 1, 2, 三 🦊", true);

        Map<?, ?> found = client.post(200, "/tokenize", "{\"content\":\"Count: 1, 2, 三 🦊\"}");
        Map<?, ?> text = client.post(200, "/detokenize", "{\"tokens\":%s}".formatted(tokens));

        assertThat(found.get("tokens")).isEqualTo(tokens);
        assertThat(text).isEqualTo(Map.of("content", "Count: 1, 2, 三 🦊"));
    }

    @Test
    void controlTokensAreParsedUnlessTheClientWantsText() throws Exception {
        Map<?, ?> parsed = client.post(200, "/tokenize", "{\"content\":\"<|im_end|>\",\"with_pieces\":true}");
        Map<?, ?> text = client.post(200, "/v1/tokenize", "{\"content\":\"<|im_end|>\",\"parse_special\":false}");

        assertThat(parsed.get("tokens"))
                .isEqualTo(List.of(Map.of("id", ids("<|im_end|>", true).getFirst(), "piece", "<|im_end|>")));
        assertThat(text.get("tokens")).isEqualTo(ids("<|im_end|>", false));
    }

    @Test
    void aPieceThatIsNoTextIsItsBytes() throws Exception {
        Map<?, ?> reply = client.post(200, "/tokenize", "{\"content\":\"🦊\",\"with_pieces\":true}");

        assertThat((List<?>) reply.get("tokens"))
                .isNotEmpty()
                .first()
                .satisfies(token -> assertThat((List<?>) ((Map<?, ?>) token).get("piece"))
                        .first()
                        .isEqualTo(0xF0));
    }

    @Test
    void theTemplatesPromptIsWhatACompletionReads() throws Exception {
        Map<?, ?> rendered = client.post(200, "/apply-template", "{" + CONVERSATION + "}");
        String prompt = (String) rendered.get("prompt");

        assertThat(prompt).isEqualTo("""
                <|im_start|>system
                Be brief.<|im_end|>
                <|im_start|>user
                1+1=?<|im_end|>
                <|im_start|>assistant
                """);
        Map<?, ?> reply = client.post(
                200,
                "/v1/chat/completions",
                "{\"model\":\"runnel-tiny\",\"max_tokens\":1,\"temperature\":0," + CONVERSATION + "}");
        Map<?, ?> counted = client.post(
                200, "/v1/chat/completions/input_tokens", "{\"model\":\"runnel-tiny\"," + CONVERSATION + "}");
        int tokens = MODEL.tokenize(prompt, true, true).size();
        assertThat(((Map<?, ?>) reply.get("usage")).get("prompt_tokens")).isEqualTo(tokens);
        assertThat(counted.get("input_tokens")).isEqualTo(tokens);
    }

    @Test
    void whatMakesNoSenseIsRefusedInASentence() throws Exception {
        assertThat(refusal("/tokenize", "{}")).isEqualTo("content is missing");
        assertThat(refusal("/detokenize", "{\"tokens\":[1,99999]}"))
                .isEqualTo("tokens holds 99999, expected 0 to 2527, the model's vocabulary");
        assertThat(refusal("/apply-template", "{\"messages\":[]}")).contains("messages");
    }

    private static String refusal(String path, String body) throws Exception {
        Map<?, ?> error = (Map<?, ?>) client.post(400, path, body).get("error");
        assertThat(error.get("type")).isEqualTo("invalid_request_error");
        return (String) error.get("message");
    }

    private static List<Integer> ids(String text, boolean parseSpecial) {
        return MODEL.tokenize(text, false, parseSpecial);
    }
}
