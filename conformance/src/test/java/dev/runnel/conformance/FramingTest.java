package dev.runnel.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.runnel.conformance.Client.Order;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The bytes around the chunks: each thing that some parser trips over is one that we never write, and each that
/// a client may do to us is one that changes nothing.
class FramingTest {

    private static ScriptedServer server;
    private static final Map<String, RawHttp.Reply> REPLIES = new LinkedHashMap<>();

    @BeforeAll
    static void readEverything() throws IOException {
        server = new ScriptedServer();
        for (Scenario scenario : Scenario.values()) {
            REPLIES.put(
                    scenario.message,
                    RawHttp.post(
                            server.uri(),
                            Requests.chat(Order.of(scenario), true).toString(),
                            "accept-encoding: gzip, br"));
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static List<String> lines() {
        List<String> lines = new ArrayList<>();
        REPLIES.values().forEach(reply -> lines.addAll(List.of(reply.body().split("\n", -1))));
        return lines;
    }

    @Test
    void linesEndInALineFeedAlone() {
        assertThat(REPLIES.values())
                .allSatisfy(
                        reply -> assertThat(reply.body()).doesNotContain("\r").endsWith("\n"));
    }

    @Test
    void everyLineIsDataOrACommentOrBlank() {
        assertThat(lines()).allSatisfy(line -> assertThat(line).matches("(?s)data: \\{.*}|data: \\[DONE]|: ping|"));
    }

    @Test
    void nothingHasAnIdOrARetryTimeOrANameButErrors() {
        assertThat(lines())
                .noneMatch(line -> line.startsWith("id") || line.startsWith("retry") || line.startsWith("event"));
    }

    @Test
    void aBlankLineEndsDataAndNothingElse() {
        for (RawHttp.Reply reply : REPLIES.values()) {
            String previous = "";
            for (String line : reply.body().lines().toList()) {
                assertThat(line.isEmpty()).isEqualTo(previous.startsWith("data: "));
                previous = line;
            }
        }
    }

    @Test
    void aCommentIsOneLineWithoutABlankOneAfterIt() {
        String slow = REPLIES.get(Scenario.SLOW.message).body();

        assertThat(slow)
                .startsWith(": ping\n")
                .containsPattern(": ping\n(: ping\n)*data: \\{")
                .doesNotContain("ping\n\n");
    }

    @Test
    void noDataIsEmptyAndNoneIsOfSeveralLines() {
        assertThat(lines()).noneMatch("data:"::equals).noneMatch("data: "::equals);
        assertThat(REPLIES.values())
                .noneSatisfy(reply -> assertThat(reply.body()).containsPattern("data: .*\ndata: "));
    }

    @Test
    void thereIsNoMarkOfByteOrder() {
        assertThat(REPLIES.values())
                .allSatisfy(reply -> assertThat(reply.chunks().getFirst()[0]).isIn((byte) 'd', (byte) ':'));
    }

    @Test
    void theEndIsDoneWithoutABlankBehindIt() {
        assertThat(REPLIES.values())
                .allSatisfy(reply -> assertThat(reply.body()).endsWith("}\n\ndata: [DONE]\n\n"));
    }

    @Test
    void whatMakesAReplyCompleteComesInOnePieceWithItsEnd() {
        assertThat(REPLIES.values()).allSatisfy(reply -> {
            String last = new String(reply.chunks().getLast(), UTF_8);
            assertThat(last)
                    .contains("\"finish_reason\":\"")
                    .contains("\"choices\":[],\"usage\":{")
                    .endsWith("data: [DONE]\n\n");
        });
    }

    @Test
    void noPieceCutsACharacterOrAnEvent() throws CharacterCodingException {
        for (RawHttp.Reply reply : REPLIES.values()) {
            for (byte[] chunk : reply.chunks()) {
                String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(chunk)).toString();
                assertThat(text).matches("(?s).*(\n\n|: ping\n)");
            }
        }
    }

    @Test
    void separatorsThatOnlyUnicodeKnowsStandAsTheyAre() {
        assertThat(REPLIES.get(Scenario.PLAIN.message).body())
                .contains("\u2028 \u0085")
                .contains("\\u0001");
    }

    @Test
    void aStreamHasTheHeadersThatLetItThrough() {
        assertThat(REPLIES.values())
                .allSatisfy(reply -> assertThat(reply.headers())
                        .containsEntry("content-type", "text/event-stream; charset=utf-8")
                        .containsEntry("cache-control", "no-cache, no-transform")
                        .containsEntry("x-accel-buffering", "no")
                        .containsEntry("content-encoding", "identity")
                        .containsEntry("transfer-encoding", "chunked")
                        .containsEntry("openai-version", "2020-10-01")
                        .hasEntrySatisfying("x-request-id", id -> assertThat(id).startsWith("req_"))
                        .hasEntrySatisfying(
                                "openai-processing-ms",
                                millis -> assertThat(millis).matches("\\d+"))
                        .doesNotContainKeys("content-length", "connection"));
    }

    @Test
    void everyReplyHasAnIdOfItsOwn() {
        assertThat(REPLIES.values().stream().map(reply -> reply.headers().get("x-request-id")))
                .doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "text/event-stream", "*/*", "text/html", "", "nonsense;;q=7"})
    void whatAClientAcceptsDecidesNothing(String accept) throws IOException {
        RawHttp.Reply streamed = RawHttp.post(
                server.uri(), Requests.chat(Order.of(Scenario.PLAIN), true).toString(), "accept: " + accept);
        RawHttp.Reply whole = RawHttp.post(
                server.uri(), Requests.chat(Order.of(Scenario.PLAIN), false).toString(), "accept: " + accept);

        assertThat(streamed.headers()).containsEntry("content-type", "text/event-stream; charset=utf-8");
        assertThat(whole.headers()).containsEntry("content-type", "application/json");
    }

    @Test
    void thePrefixOfThePathIsOptionalAndTheBodyMayBePretty() throws IOException {
        ObjectNode body = Requests.chat(Order.of(Scenario.PLAIN), false);

        assertThat(RawHttp.postTo("/chat/completions", server.uri(), body.toPrettyString())
                        .status())
                .isEqualTo(200);
    }

    @Test
    void anUpgradeToHttp2IsIgnoredAndItsBodyRead() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> reply = client.send(
                    HttpRequest.newBuilder(server.uri().resolve("/v1/chat/completions"))
                            .header("content-type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(Requests.chat(Order.of(Scenario.PLAIN), true)
                                    .toString()))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());

            assertThat(client.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(reply.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
            assertThat(reply.body()).endsWith("data: [DONE]\n\n");
        }
    }

    @Test
    void whoKnowsThatItIsHttp2IsAnsweredInHttp2() throws IOException {
        OkHttpClient client = new OkHttpClient.Builder()
                .protocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE))
                .build();
        Request request = new Request.Builder()
                .url(server.uri() + "/v1/chat/completions")
                .post(RequestBody.create(
                        Requests.chat(Order.of(Scenario.PLAIN), true).toString(), MediaType.get("application/json")))
                .build();

        try (Response reply = client.newCall(request).execute()) {
            assertThat(reply.protocol()).isEqualTo(Protocol.H2_PRIOR_KNOWLEDGE);
            assertThat(reply.header("content-type")).isEqualTo("text/event-stream; charset=utf-8");
            assertThat(reply.body().string()).endsWith("data: [DONE]\n\n");
        } finally {
            client.connectionPool().evictAll();
            client.dispatcher().executorService().shutdown();
        }
    }
}
