package dev.runnel.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.Script;
import dev.runnel.testing.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// HTTP as it is spoken by the well-behaved, the old, the broken and the hostile.
class TransportTest {

    private static final Script HELLO = Script.saying(Serving.MODEL, "Hel", "lo");
    private static final String POST = "POST /v1/chat/completions HTTP/1.1\r\nhost: test\r\n";

    @Test
    void aConnectionServesOneRequestAfterAnother() throws Exception {
        try (Serving serving = Serving.script(HELLO);
                RawClient client = RawClient.to(serving.server())) {
            for (int i = 0; i < 3; i++) {
                client.post("/v1/chat/completions", Serving.chat(i == 1));
                assertThat(client.readReply().status()).isEqualTo(200);
            }
        }
    }

    @Test
    void requestsThatComeTogetherAreAnsweredInOrder() throws Exception {
        try (Serving serving = Serving.script(HELLO.paced(Duration.ofMillis(5)));
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(true))
                    .post("/v1/chat/completions", Serving.chat(false))
                    .send("GET /health HTTP/1.1\r\nhost: test\r\n\r\n");

            assertThat(client.readReply().body()).endsWith("data: [DONE]\n\n");
            assertThat(client.readReply().body()).contains("\"object\":\"chat.completion\"");
            assertThat(client.readReply().body()).isEqualTo("{\"status\":\"ok\"}");
        }
    }

    @Test
    void anUpgradeToHttp2IsIgnoredAndTheBodyIsRead() throws Exception {
        try (Serving serving = Serving.script(HELLO);
                HttpClient client = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_2)
                        .build()) {
            HttpRequest request = HttpRequest.newBuilder(serving.uri("/v1/chat/completions"))
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(Serving.chat(true)))
                    .build();

            HttpResponse<String> reply = client.send(request, HttpResponse.BodyHandlers.ofString());

            assertThat(reply.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(reply.body()).endsWith("data: [DONE]\n\n");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 1000})
    void anUpgradeIsIgnoredHoweverTheRequestIsCut(int piece) throws Exception {
        String request = POST + "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n"
                + "content-length: " + Serving.chat(true).length() + "\r\n\r\n" + Serving.chat(true);
        try (Serving serving = Serving.script(HELLO);
                RawClient client = RawClient.to(serving.server())) {
            for (int from = 0; from < request.length(); from += piece) {
                client.send(request.substring(from, Math.min(request.length(), from + piece)));
            }

            RawClient.Reply reply = client.readReply();

            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.headers()).doesNotContainKey("upgrade");
            assertThat(reply.body()).endsWith("data: [DONE]\n\n");
            assertThat(client.post("/v1/chat/completions", Serving.chat(false))
                            .readReply()
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void halfOfHttp2sFirstWordsAreNoRequest() throws Exception {
        try (Serving serving = Serving.script(HELLO);
                RawClient client = RawClient.to(serving.server())) {
            client.send("PRI * HTTP/2.0\r\n\r\nSomething else");

            assertThat(client.isCut()).isTrue();
        }
    }

    @Test
    void anOldClientReadsAStreamToTheConnectionsEnd() throws Exception {
        try (Serving serving = Serving.script(HELLO.paced(Duration.ofMillis(5)))) {
            for (String header : List.of("", "connection: keep-alive\r\n")) {
                try (RawClient client = RawClient.to(serving.server())) {
                    String body = Serving.chat(true);
                    client.send("POST /v1/chat/completions HTTP/1.0\r\n" + header + "content-length: " + body.length()
                            + "\r\n\r\n" + body);

                    String reply = client.readToEnd();

                    assertThat(reply)
                            .doesNotContain("transfer-encoding", "keep-alive")
                            .contains("\r\n\r\ndata: {")
                            .endsWith("data: [DONE]\n\n");
                }
            }
        }
    }

    @Test
    void anOldClientSeesAFailureInTheStream() throws Exception {
        try (Serving serving = Serving.script(HELLO.failingAfter(2, new BackendException(Kind.UPSTREAM, "hung up")));
                RawClient client = RawClient.to(serving.server())) {
            String body = Serving.chat(true);
            client.send("POST /v1/chat/completions HTTP/1.0\r\ncontent-length: " + body.length() + "\r\n\r\n" + body);

            assertThat(client.readToEnd()).contains("event: error\n").doesNotContain("[DONE]");
        }
    }

    @Test
    void whoeverAsksMayContinue() throws Exception {
        try (Serving serving = Serving.script(HELLO);
                RawClient client = RawClient.to(serving.server())) {
            String body = Serving.chat(false);
            client.send(POST + "expect: 100-continue\r\ncontent-length: " + body.length() + "\r\n\r\n");

            assertThat(client.readThrough("\r\n\r\n")).startsWith("HTTP/1.1 100 Continue\r\n");
            assertThat(client.send(body).readReply().status()).isEqualTo(200);
        }
    }

    @Test
    void whoeverAsksToSendTooMuchMayNotContinue() throws Exception {
        try (Serving serving = Serving.script(HELLO, Serving.limits(limits -> limits.withBodyBytes(1000)));
                RawClient client = RawClient.to(serving.server())) {
            client.send(POST + "expect: 100-continue\r\ncontent-length: 1001\r\n\r\n");

            assertThat(client.readReply().status()).isEqualTo(413);
        }
    }

    @Test
    void aBodyMayComeInAnyPieces() throws Exception {
        try (Serving serving = Serving.script(HELLO);
                RawClient client = RawClient.to(serving.server())) {
            client.send(POST + "transfer-encoding: chunked\r\n\r\n");
            for (char c : Serving.chat(false).toCharArray()) {
                client.send("1\r\n" + c + "\r\n");
            }

            assertThat(client.send("0\r\n\r\n").readReply().status()).isEqualTo(200);
        }
    }

    @Test
    void aBodyThatIsAnnouncedTooLongIsRefusedBeforeItComes() throws Exception {
        try (Serving serving = Serving.script(HELLO, Serving.limits(limits -> limits.withBodyBytes(1000)));
                RawClient client = RawClient.to(serving.server())) {
            client.send(POST + "content-length: 1000000000\r\n\r\n");

            RawClient.Reply reply = client.readReply();

            assertThat(reply.status()).isEqualTo(413);
            assertThat(reply.headers()).containsEntry("connection", "close");
            assertThat(reply.body()).contains("longer than 1000 bytes", "\"code\":\"request_too_large\"");
            assertThat(client.isCut()).isTrue();
        }
    }

    @Test
    void aBodyThatTurnsOutTooLongIsRefusedOnceItIs() throws Exception {
        try (Serving serving = Serving.script(HELLO, Serving.limits(limits -> limits.withBodyBytes(1000)));
                RawClient client = RawClient.to(serving.server())) {
            client.send(POST + "transfer-encoding: chunked\r\n\r\n");
            for (int i = 0; i < 20; i++) {
                client.send("64\r\n" + "x".repeat(100) + "\r\n");
            }

            assertThat(client.readReply().status()).isEqualTo(413);
            assertThat(client.send("0\r\n\r\n").isCut()).isTrue();
        }
    }

    @Test
    void aBodyOfExactlyTheLimitIsRead() throws Exception {
        String body = Serving.chat(false);
        try (Serving serving = Serving.script(HELLO, Serving.limits(limits -> limits.withBodyBytes(body.length())))) {
            assertThat(serving.post("/v1/chat/completions", body).statusCode()).isEqualTo(200);
            assertThat(serving.post("/v1/chat/completions", body + " ").statusCode())
                    .isEqualTo(413);
        }
    }

    @Test
    void bodiesThatAreStillComingShareASpaceAndLeaveItWhenTheirClientDoes() throws Exception {
        String body = Serving.chat(false);
        String begun = POST + "content-length: 1000\r\nexpect: 100-continue\r\n\r\n";
        try (Serving serving = Serving.script(
                        HELLO,
                        Serving.limits(limits -> limits.withBodyBytes(1000).withArrivingBytes(1000)));
                RawClient first = RawClient.to(serving.server())) {
            first.send(begun).readThrough("100 Continue\r\n\r\n");
            first.send(" ".repeat(999));

            Await.until("there is no space for another", () -> isTurnedAway(serving, body));
            RawClient.Reply refusal;
            try (RawClient second = RawClient.to(serving.server())) {
                refusal = second.post("/v1/chat/completions", body).readReply();
            }
            first.leave();

            assertThat(refusal.headers()).containsEntry("retry-after", "5").containsEntry("connection", "close");
            assertThat(refusal.body()).contains("have 1000 bytes together", "\"code\":\"slow_down\"");
            Await.until("there is space again", () -> !isTurnedAway(serving, body));
            for (int i = 0; i < 20; i++) {
                assertThat(isTurnedAway(serving, body)).isFalse();
            }
        }
    }

    @Test
    void theLongestBodyHasSpaceHoweverLittleThereIs() throws Exception {
        try (Serving serving = Serving.script(HELLO, Serving.limits(limits -> limits.withArrivingBytes(1)))) {
            assertThat(isTurnedAway(serving, Serving.chat(false))).isFalse();
        }
    }

    private static boolean isTurnedAway(Serving serving, String body) {
        try (RawClient client = RawClient.to(serving.server())) {
            return client.post("/v1/chat/completions", body).readReply().status() == 429;
        } catch (IOException cut) {
            throw new UncheckedIOException(cut);
        }
    }

    @Test
    void aClientThatIsStillSendingIsHeardOutSoThatTheRefusalReachesIt() throws Exception {
        try (Serving serving = Serving.script(HELLO, Serving.limits(limits -> limits.withBodyBytes(1000)));
                RawClient client = RawClient.to(serving.server())) {
            client.send(POST + "content-length: 640000\r\n\r\n");
            assertThat(client.readReply().status()).isEqualTo(413);

            for (int i = 0; i < 10; i++) {
                client.send("x".repeat(64_000));
            }

            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense\r\n\r\n",
                "GET /health HTTP/1.1\r\nhost test\r\n\r\n",
                "GET /health HTTP/1.1\r\n\r\n",
                "GET /health HTTP/1.1\r\nhost: test\r\nhost: other\r\n\r\n",
                "POST /v1/completions HTTP/1.1\r\nhost: test\r\ncontent-length: many\r\n\r\n",
                "POST /v1/completions HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
                "POST /v1/completions HTTP/1.1\r\nhost: test\r\ncontent-length: -1\r\n\r\n",
                "POST /v1/completions HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\nnot a chunk\r\n"
            })
    void whatIsNotHttpIsABadRequest(String request) throws Exception {
        try (Serving serving = Serving.script(HELLO);
                RawClient client = RawClient.to(serving.server())) {
            RawClient.Reply reply = client.send(request).readReply();

            assertThat(reply.status()).isEqualTo(400);
            assertThat(reply.headers()).containsEntry("connection", "close");
            assertThat(reply.body()).contains("\"type\":\"invalid_request_error\"");
            assertThat(client.isCut()).isTrue();
        }
    }

    @Test
    void aFirstLineHasALimit() throws Exception {
        try (Serving serving = Serving.script(HELLO);
                RawClient client = RawClient.to(serving.server())) {
            client.send("GET /" + "x".repeat(9000) + " HTTP/1.1\r\nhost: test\r\n\r\n");

            assertThat(client.readReply().status()).isEqualTo(414);
        }
    }

    @Test
    void headersHaveALimit() throws Exception {
        try (Serving serving = Serving.script(HELLO);
                RawClient client = RawClient.to(serving.server())) {
            client.send("GET /health HTTP/1.1\r\nhost: test\r\nx: " + "x".repeat(40_000) + "\r\n\r\n");

            assertThat(client.readReply().status()).isEqualTo(431);
        }
    }

    @Test
    void whoeverConnectsAndSaysNothingIsCutOff() throws Exception {
        try (Serving serving =
                        Serving.script(HELLO, Serving.limits(limits -> limits.withHead(Duration.ofMillis(100))));
                RawClient client = RawClient.to(serving.server())) {
            assertThat(client.isCut()).isTrue();
        }
    }

    @Test
    void aHeadThatTricklesInIsCutOff() throws Exception {
        try (Serving serving =
                        Serving.script(HELLO, Serving.limits(limits -> limits.withHead(Duration.ofMillis(150))));
                RawClient client = RawClient.to(serving.server())) {
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 10_000; i++) {
                            client.send("G");
                            Thread.sleep(2); // the pace of the attack, not a wait for something
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void aBodyThatTricklesInIsTimedOut() throws Exception {
        try (Serving serving =
                        Serving.script(HELLO, Serving.limits(limits -> limits.withBody(Duration.ofMillis(150))));
                RawClient client = RawClient.to(serving.server())) {
            client.send(POST + "content-length: 100000\r\n\r\n");
            while (!client.isAnswered()) {
                client.send(" ");
                Thread.sleep(1); // the pace of the attack, not a wait for something
            }

            RawClient.Reply reply = client.readReply();

            assertThat(reply.status()).isEqualTo(408);
            assertThat(reply.headers()).containsEntry("connection", "close");
        }
    }

    @Test
    void aConnectionThatIsNoLongerUsedIsClosedInOrder() throws Exception {
        try (Serving serving =
                        Serving.script(HELLO, Serving.limits(limits -> limits.withIdle(Duration.ofMillis(100))));
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(true)).readReply();

            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @Test
    void aQuietCompletionIsNotAnIdleConnection() throws Exception {
        Script thinking = HELLO.paced(Duration.ofMillis(120));
        try (Serving serving = Serving.script(
                thinking,
                Serving.limits(limits -> limits.withHead(Duration.ofMillis(60))
                        .withIdle(Duration.ofMillis(60))
                        .withBody(Duration.ofMillis(60))
                        .withStall(Duration.ofMillis(60))))) {
            assertThat(serving.post("/v1/chat/completions", Serving.chat(false)).statusCode())
                    .isEqualTo(200);
            assertThat(serving.post("/v1/chat/completions", Serving.chat(true)).body())
                    .endsWith("data: [DONE]\n\n");
        }
    }

    @Test
    void oneConnectionTooManyIsClosedAndTheOthersStay() throws Exception {
        try (Serving serving = Serving.script(HELLO, Serving.limits(limits -> limits.withConnections(2)));
                RawClient one = RawClient.to(serving.server());
                RawClient other = RawClient.to(serving.server())) {
            assertThat(one.post("/v1/chat/completions", Serving.chat(true))
                            .readReply()
                            .status())
                    .isEqualTo(200);
            assertThat(other.post("/v1/chat/completions", Serving.chat(true))
                            .readReply()
                            .status())
                    .isEqualTo(200);

            try (RawClient third = RawClient.to(serving.server())) {
                assertThat(third.isCut()).isTrue();
            }
            one.leave();

            Await.until("there is room for another", () -> isServed(serving));
            assertThat(other.post("/v1/chat/completions", Serving.chat(true))
                            .readReply()
                            .status())
                    .isEqualTo(200);
        }
    }

    private static boolean isServed(Serving serving) {
        try (RawClient client = RawClient.to(serving.server())) {
            client.send("GET /health HTTP/1.1\r\nhost: test\r\n\r\n");
            return client.readReply().status() == 200;
        } catch (IOException cut) {
            return false;
        }
    }

    @Test
    void aReaderThatStopsIsCutOffByAReset() throws Exception {
        String[] pieces = Stream.generate(() -> "x".repeat(1000)).limit(20_000).toArray(String[]::new);
        try (Serving serving = Serving.script(
                        Script.saying(Serving.MODEL, pieces),
                        Serving.limits(limits -> limits.withStall(Duration.ofMillis(300))));
                RawClient client = RawClient.withSmallBuffer(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(true)).readThrough("\r\n\r\n");

            Await.until("its completion is stopped", () -> serving.inProgress() == 0);

            assertThat(client.isReset()).isTrue();
        }
    }

    @Test
    void aReaderThatStopsInAWholeReplyIsCutOffToo() throws Exception {
        String[] pieces = Stream.generate(() -> "x".repeat(10_000)).limit(2_000).toArray(String[]::new);
        try (Serving serving = Serving.script(
                        Script.saying(Serving.MODEL, pieces),
                        Serving.limits(limits ->
                                limits.withStall(Duration.ofMillis(300)).withConnections(1)));
                RawClient client = RawClient.withSmallBuffer(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(false)).readThrough("\r\n\r\n");

            Await.until("its connection is no longer open", () -> isServed(serving));

            assertThat(client.isReset()).isTrue();
        }
    }

    @Test
    void aSlowReaderOfAWholeReplyGetsAllOfItHoweverLongItTakes() throws Exception {
        String[] pieces = Stream.generate(() -> "x".repeat(10_000)).limit(2_000).toArray(String[]::new);
        Duration stall = Duration.ofMillis(1500);
        try (Serving serving = Serving.script(
                        Script.saying(Serving.MODEL, pieces), Serving.limits(limits -> limits.withStall(stall)));
                RawClient client = RawClient.withSmallBuffer(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(false)).readThrough("\r\n\r\n");
            long began = System.nanoTime();

            for (int i = 0; i < 100; i++) {
                client.readBytes(200_000);
                Thread.sleep(25); // the pace of the reader, not a wait for something
            }

            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(stall);
            assertThat(client.readThrough("}}}")).startsWith("x").contains("\"completion_tokens\"");
        }
    }

    @Test
    void aReaderThatPausesHoldsBackOnlyItsOwnStreamAndThenGetsEverything() throws Exception {
        String[] pieces = new String[20_000];
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] = i + "x".repeat(1000);
        }
        try (Serving serving = Serving.script(Script.saying(Serving.MODEL, pieces));
                RawClient client = RawClient.withSmallBuffer(serving.server())) {
            client.post("/v1/chat/completions", Serving.chatWithUsage()).readThrough("\r\n\r\n");

            assertThat(serving.post("/v1/chat/completions", Serving.chat(false)).statusCode())
                    .isEqualTo(200);
            assertThat(serving.inProgress()).isEqualTo(1);
            StringBuilder stream = new StringBuilder();
            for (String chunk = client.readChunk(); !chunk.isEmpty(); chunk = client.readChunk()) {
                stream.append(chunk);
            }

            assertThat(Serving.fold(stream.toString()).text()).isEqualTo(String.join("", pieces));
        }
    }

    @Test
    void aPortInUseIsOneSentence() {
        try (Serving serving = Serving.script(HELLO)) {
            ServerOptions taken = ServerOptions.at("127.0.0.1", serving.server().port());

            assertThatThrownBy(() -> CompletionServer.start(taken))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessage("cannot listen on 127.0.0.1:%d: Address already in use", taken.port());
        }
    }

    @Test
    void aHostThatIsNoneIsOneSentence() {
        assertThatThrownBy(() -> CompletionServer.start(ServerOptions.at("nowhere.invalid", 0)))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("cannot listen on nowhere.invalid:0: no such host");
    }
}
