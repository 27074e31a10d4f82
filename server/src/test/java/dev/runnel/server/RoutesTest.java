package dev.runnel.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.Model;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RoutesTest {

    private static final Script HELLO = Script.saying(Serving.MODEL, "Hel", "lo");

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/chat/completions"})
    void aConversationIsCompletedWithAndWithoutThePrefix(String path) throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> reply = serving.post(path, Serving.chat(false));

            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(reply.headers().firstValue("content-type")).contains("application/json");
            assertThat(reply.body()).contains("\"object\":\"chat.completion\"", "\"content\":\"Hello\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/completions", "/completions"})
    void aTextIsCompletedWithAndWithoutThePrefix(String path) throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> reply = serving.post(path, "{\"model\":\"tiny\",\"prompt\":\"Hi\"}");

            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(reply.body()).contains("\"object\":\"text_completion\"", "\"text\":\"Hello\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/models", "/models", "/v1/models?limit=20"})
    void theModelsAreListed(String path) throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> reply = serving.get(path);

            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(reply.body()).contains("\"object\":\"list\"", "\"id\":\"tiny\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/models/org%2Ftiny:8b+q4", "/v1/models/org/tiny:8b+q4", "/models/org%2ftiny:8b%2Bq4"})
    void aModelIsFoundHoweverItsNameIsEscaped(String path) throws Exception {
        ScriptedBackend backend = new ScriptedBackend("org/tiny:8b+q4", HELLO);
        try (Serving serving = Serving.backend(backend, options -> options)) {
            HttpResponse<String> reply = serving.get(path);

            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(reply.body()).contains("\"id\":\"org/tiny:8b+q4\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/models/huge", "/v1/models/", "/v1/models/%zz"})
    void anUnknownModelIsNotFound(String path) throws Exception {
        try (Serving serving = Serving.script(HELLO);
                RawClient client = RawClient.to(serving.server())) {
            RawClient.Reply reply = client.send("GET " + path + " HTTP/1.1\r\nhost: test\r\n\r\n")
                    .readReply();

            assertThat(reply.status()).isEqualTo(404);
            assertThat(reply.body()).contains("\"code\":\"model_not_found\"", "this server has tiny");
        }
    }

    @Test
    void aCompletionOfAnUnknownModelIsNotFoundAlsoWhenStreamed() throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> reply =
                    serving.post("/v1/chat/completions", Serving.chat(true).replace("tiny", "huge"));

            assertThat(reply.statusCode()).isEqualTo(404);
            assertThat(reply.headers().firstValue("content-type")).contains("application/json");
            assertThat(reply.body()).contains("\"code\":\"model_not_found\"", "\"param\":\"model\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1", "/v2/models", "/v1/audio/speech", "/v1//models", "/v1/chat/completions/"})
    void anUnknownPathIsNotFoundAndTheReplySaysWhatThereIs(String path) throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> reply = serving.get(path);

            assertThat(reply.statusCode()).isEqualTo(404);
            assertThat(reply.headers().firstValue("content-type")).contains("application/json");
            assertThat(reply.body())
                    .contains(
                            "there is nothing at " + path,
                            "/v1/chat/completions",
                            "\"type\":\"invalid_request_error\"");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/chat/completions, 'POST, OPTIONS'",
        "DELETE, /v1/completions, 'POST, OPTIONS'",
        "POST, /v1/models, 'GET, HEAD, OPTIONS'",
        "PUT, /v1/models/tiny, 'GET, HEAD, OPTIONS'",
        "POST, /health, 'GET, HEAD, OPTIONS'"
    })
    void aWrongMethodIsToldTheRightOnes(String method, String path, String allowed) throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> reply = serving.send(method, path, "");

            assertThat(reply.statusCode()).isEqualTo(405);
            assertThat(reply.headers().firstValue("allow")).contains(allowed);
            assertThat(reply.body()).contains(method);
        }
    }

    @Test
    void headIsGetWithoutTheBody() throws Exception {
        try (Serving serving = Serving.script(HELLO);
                RawClient client = RawClient.to(serving.server())) {
            String length = serving.get("/v1/models")
                    .headers()
                    .firstValue("content-length")
                    .orElseThrow();

            client.send("HEAD /v1/models HTTP/1.1\r\nhost: test\r\n\r\nGET /health HTTP/1.1\r\nhost: test\r\n\r\n");

            assertThat(client.readThrough("\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .contains("content-length: " + length);
            assertThat(client.readReply().body()).isEqualTo("{\"status\":\"ok\"}");
        }
    }

    @Test
    void healthTellsWhetherThereIsSomethingToServe() throws Exception {
        ScriptedBackend backend = new ScriptedBackend(Serving.MODEL, HELLO);
        try (Serving serving = Serving.loading(backend, options -> options)) {
            HttpResponse<String> early = serving.get("/health");
            serving.server().serve(backend);
            HttpResponse<String> later = serving.get("/health");

            assertThat(early.statusCode()).isEqualTo(503);
            assertThat(early.body()).isEqualTo("{\"status\":\"loading\"}");
            assertThat(later.statusCode()).isEqualTo(200);
            assertThat(later.body()).isEqualTo("{\"status\":\"ok\"}");
        }
    }

    @Test
    void healthTellsThatTheBackendHasEnded() throws Exception {
        ScriptedBackend backend = new ScriptedBackend(Serving.MODEL, HELLO);
        try (Serving serving = Serving.backend(backend, options -> options)) {
            backend.close();

            HttpResponse<String> reply = serving.get("/health");

            assertThat(reply.statusCode()).isEqualTo(503);
            assertThat(reply.body()).isEqualTo("{\"status\":\"ended\"}");
        }
    }

    @Test
    void whatComesBeforeTheModelIsLoadedIsAskedToComeAgain() throws Exception {
        ScriptedBackend backend = new ScriptedBackend(Serving.MODEL, HELLO);
        try (Serving serving = Serving.loading(backend, options -> options)) {
            HttpResponse<String> reply = serving.post("/v1/chat/completions", Serving.chat(true));

            assertThat(reply.statusCode()).isEqualTo(503);
            assertThat(reply.body()).contains("\"code\":\"model_loading\"");
            assertThat(reply.headers().firstValue("retry-after")).isPresent();
            assertThat(serving.get("/v1/models").statusCode()).isEqualTo(503);
        }
    }

    @Test
    void aRequestThatIsNoJsonIsRefusedWithTheReason() throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> reply = serving.post("/v1/chat/completions", "{\"model\":");

            assertThat(reply.statusCode()).isEqualTo(400);
            assertThat(reply.body()).contains("\"type\":\"invalid_request_error\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"})
    void aBodyThatIsDeclaredSomethingElseThanJsonIsRefused(String type) throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> reply =
                    serving.post("/v1/chat/completions", Serving.chat(false), "content-type", type);

            assertThat(reply.statusCode()).isEqualTo(415);
            assertThat(reply.body()).contains("expected application/json");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"})
    void aBodyThatIsDeclaredAnyKindOfJsonIsRead(String type) throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            assertThat(serving.post("/v1/chat/completions", Serving.chat(false), "content-type", type)
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void aBodyWithoutATypeIsTakenForJson() throws Exception {
        try (Serving serving = Serving.script(HELLO);
                RawClient client = RawClient.to(serving.server())) {
            String body = Serving.chat(false);
            client.send("POST /v1/chat/completions HTTP/1.1\r\nhost: test\r\ncontent-length: " + body.length()
                    + "\r\n\r\n" + body);

            assertThat(client.readReply().status()).isEqualTo(200);
        }
    }

    @Test
    void aCompressedBodyIsRefused() throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> reply =
                    serving.post("/v1/chat/completions", Serving.chat(false), "content-encoding", "gzip");

            assertThat(reply.statusCode()).isEqualTo(415);
            assertThat(reply.body()).contains("the content encoding is gzip");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "text/event-stream", "*/*", "text/html", "nonsense"})
    void whatTheClientWouldAcceptDoesNotMatter(String accept) throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> stream = serving.post("/v1/chat/completions", Serving.chat(true), "accept", accept);
            HttpResponse<String> whole = serving.post("/v1/chat/completions", Serving.chat(false), "accept", accept);

            assertThat(stream.headers().firstValue("content-type")).contains("text/event-stream; charset=utf-8");
            assertThat(whole.headers().firstValue("content-type")).contains("application/json");
        }
    }

    @Test
    void everyReplyHasItsOwnIdAndTheDate() throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> one = serving.get("/health");
            HttpResponse<String> other = serving.get("/nowhere");

            assertThat(one.headers().firstValue("x-request-id").orElseThrow()).matches("req_[0-9a-f]{32}");
            assertThat(other.headers().firstValue("x-request-id"))
                    .isPresent()
                    .isNotEqualTo(one.headers().firstValue("x-request-id"));
            assertThat(one.headers().firstValue("date")).contains("Sun, 22 Nov 2026 10:15:30 GMT");
            assertThat(one.headers().firstValue("openai-version")).contains("2020-10-01");
            assertThat(one.headers().firstValueAsLong("openai-processing-ms")).isPresent();
        }
    }

    @Test
    void withoutConfiguredKeysAnyKeyWillDo() throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            assertThat(serving.get("/v1/models", "authorization", "Bearer whatever")
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer right", "bearer right", "Bearer  right ", "Bearer second"})
    void aRightKeyOpens(String authorization) throws Exception {
        try (Serving serving = Serving.script(HELLO, options -> options.withApiKeys(Set.of("right", "second")))) {
            assertThat(serving.get("/v1/models", "authorization", authorization).statusCode())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"Bearer wrong", "Bearer ", "Bearer", "right", "Basic right", "Bearer right2", "Bearer righ"})
    void aWrongKeyDoesNotOpen(String authorization) throws Exception {
        try (Serving serving = Serving.script(HELLO, options -> options.withApiKeys(Set.of("right")))) {
            HttpResponse<String> reply =
                    serving.post("/v1/chat/completions", Serving.chat(true), "authorization", authorization);

            assertThat(reply.statusCode()).isEqualTo(401);
            assertThat(reply.body()).contains("\"code\":\"invalid_api_key\"").doesNotContain("right");
        }
    }

    @Test
    void whoeverSendsNoKeyIsToldHowTo() throws Exception {
        try (Serving serving = Serving.script(HELLO, options -> options.withApiKeys(Set.of("right")))) {
            HttpResponse<String> reply = serving.get("/v1/models");

            assertThat(reply.statusCode()).isEqualTo(401);
            assertThat(reply.body()).contains("Authorization: Bearer <key>");
            assertThat(serving.get("/health").statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://localhost:3000", "http://127.0.0.1", "https://[::1]:8443"})
    void pagesOfThisMachineMayCall(String origin) throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> reply = serving.post("/v1/chat/completions", Serving.chat(false), "origin", origin);

            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(reply.headers().firstValue("access-control-allow-origin"))
                    .contains(origin);
            assertThat(reply.headers()
                            .firstValue("access-control-expose-headers")
                            .orElseThrow())
                    .contains("x-request-id");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://evil.example", "http://localhost.evil.example", "null", "http://127.0.0.1.nip.io"})
    void otherPagesMayNot(String origin) throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> reply = serving.post("/v1/chat/completions", Serving.chat(false), "origin", origin);

            assertThat(reply.statusCode()).isEqualTo(403);
            assertThat(reply.body()).contains("pages of " + origin);
            assertThat(serving.inProgress()).isZero();
        }
    }

    @Test
    void otherPagesMayCallOnceTheyAreAllowed() throws Exception {
        try (Serving serving =
                        Serving.script(HELLO, options -> options.withAllowedOrigins(Set.of("https://app.example")));
                Serving open = Serving.script(HELLO, options -> options.withAllowedOrigins(Set.of("*")))) {
            assertThat(serving.get("/v1/models", "origin", "https://app.example")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(serving.get("/v1/models", "origin", "https://other.example")
                            .statusCode())
                    .isEqualTo(403);
            assertThat(open.get("/v1/models", "origin", "null").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aBrowserMayAskWhatAPageMaySend() throws Exception {
        try (Serving serving = Serving.script(HELLO, options -> options.withApiKeys(Set.of("right")))) {
            HttpResponse<String> reply = serving.send(
                    "OPTIONS",
                    "/v1/chat/completions",
                    "",
                    "origin",
                    "http://localhost:3000",
                    "access-control-request-method",
                    "POST",
                    "access-control-request-headers",
                    "authorization,content-type,x-stainless-retry-count");

            assertThat(reply.statusCode()).isEqualTo(204);
            assertThat(reply.headers().firstValue("access-control-allow-origin"))
                    .contains("http://localhost:3000");
            assertThat(reply.headers().firstValue("access-control-allow-methods"))
                    .contains("POST, OPTIONS");
            assertThat(reply.headers().firstValue("access-control-allow-headers"))
                    .contains("authorization,content-type,x-stainless-retry-count");
        }
    }

    @Test
    void aFullQueueIsATooManyRequestsWithTheBackendsOwnWait() throws Exception {
        BackendException full = BackendException.overloaded("12 completions are waiting", Duration.ofMillis(2500));
        try (Serving serving = Serving.script(HELLO.failingAfter(0, full))) {
            HttpResponse<String> stream = serving.post("/v1/chat/completions", Serving.chat(true));
            HttpResponse<String> whole = serving.post("/v1/chat/completions", Serving.chat(false));

            for (HttpResponse<String> reply : List.of(stream, whole)) {
                assertThat(reply.statusCode()).isEqualTo(429);
                assertThat(reply.headers().firstValue("retry-after")).contains("3");
                assertThat(reply.headers().firstValue("retry-after-ms")).contains("2500");
                assertThat(reply.body()).contains("12 completions are waiting");
            }
        }
    }

    @Test
    void aBackendThatThrowsIsAFaultOfOursAndNotTheConnectionsEnd() throws Exception {
        Backend broken = new Backend() {
            @Override
            public List<Model> models() {
                return List.of(new Model(Serving.MODEL, Instant.EPOCH, "test", OptionalInt.empty()));
            }

            @Override
            public CompletionStream complete(CompletionRequest request) {
                throw new IllegalStateException("as it must not");
            }

            @Override
            public void close() {}
        };
        try (Serving serving = Serving.backend(broken, options -> options)) {
            HttpResponse<String> reply = serving.post("/v1/chat/completions", Serving.chat(true));

            assertThat(reply.statusCode()).isEqualTo(500);
            assertThat(reply.body()).contains("\"type\":\"server_error\"").doesNotContain("as it must not");
            assertThat(serving.get("/v1/models").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void severalLoopsShareOnePort() throws IOException {
        try (Serving serving = Serving.script(HELLO, options -> options.withEventLoops(3))) {
            for (int i = 0; i < 6; i++) {
                try (RawClient client = RawClient.to(serving.server())) {
                    assertThat(client.post("/v1/chat/completions", Serving.chat(false))
                                    .readReply()
                                    .status())
                            .isEqualTo(200);
                }
            }
        }
    }
}
