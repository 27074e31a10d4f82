package dev.runnel.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Script;
import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Usage;
import dev.runnel.testing.Await;
import dev.runnel.wire.CompletionReader;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StreamsTest {

    private static final Script HELLO = Script.saying(Serving.MODEL, "Hel", "lo 🌍");

    @Test
    void aStreamIsTheseBytes() throws Exception {
        try (Serving serving = Serving.script(HELLO);
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/chat/completions", Serving.chatWithUsage(), "connection: close");

            String transcript = client.readToEnd().replaceAll("openai-processing-ms: \\d+", "openai-processing-ms: 0");

            assertThat(transcript).isEqualTo("""
                    HTTP/1.1 200 OK\r
                    date: Sun, 22 Nov 2026 10:15:30 GMT\r
                    x-request-id: req_ba419d350dfe8af7aee7bbe10c45c028\r
                    openai-processing-ms: 0\r
                    openai-version: 2020-10-01\r
                    transfer-encoding: chunked\r
                    content-type: text/event-stream; charset=utf-8\r
                    cache-control: no-cache, no-transform\r
                    x-accel-buffering: no\r
                    content-encoding: identity\r
                    connection: close\r
                    \r
                    53e\r
                    data: {"id":"chatcmpl-e43c084f4bbb2bf1839dee466d852cb5","object":"chat.completion.chunk","created":1795342530,"model":"tiny","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}

                    data: {"id":"chatcmpl-e43c084f4bbb2bf1839dee466d852cb5","object":"chat.completion.chunk","created":1795342530,"model":"tiny","choices":[{"index":0,"delta":{"content":"Hel"},"logprobs":null,"finish_reason":null}],"usage":null}

                    data: {"id":"chatcmpl-e43c084f4bbb2bf1839dee466d852cb5","object":"chat.completion.chunk","created":1795342530,"model":"tiny","choices":[{"index":0,"delta":{"content":"lo 🌍"},"logprobs":null,"finish_reason":null}],"usage":null}

                    data: {"id":"chatcmpl-e43c084f4bbb2bf1839dee466d852cb5","object":"chat.completion.chunk","created":1795342530,"model":"tiny","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}

                    data: {"id":"chatcmpl-e43c084f4bbb2bf1839dee466d852cb5","object":"chat.completion.chunk","created":1795342530,"model":"tiny","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":3,"total_tokens":4,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}

                    data: [DONE]

                    \r
                    0\r
                    \r
                    """);
        }
    }

    @Test
    void aTextStreamIsOpenBeforeItsFirstPiece() throws Exception {
        try (Serving serving = Serving.script(HELLO.hangingAfter(1));
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/completions", "{\"model\":\"tiny\",\"prompt\":\"Hi\",\"stream\":true}");

            assertThat(client.readThrough("\r\n\r\n")).startsWith("HTTP/1.1 200 OK\r\n");
        }
    }

    @Test
    void wholeEqualsStreamed() throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> stream = serving.post("/v1/chat/completions", Serving.chatWithUsage());
            HttpResponse<String> whole = serving.post("/v1/chat/completions", Serving.chat(false));

            assertThat(Serving.fold(stream.body()))
                    .isEqualTo(Completion.of(CompletionReader.events(
                            CompletionRequest.of(Serving.MODEL, "Hi"),
                            whole.body().getBytes(UTF_8))));
        }
    }

    @Test
    void nothingIsSentBeforeTheBackendHasStarted() throws Exception {
        try (Serving serving = Serving.script(HELLO.failingAfter(
                0, new BackendException(Kind.CONTEXT_LENGTH_EXCEEDED, "the prompt's 9000 tokens are too many")))) {
            HttpResponse<String> reply = serving.post("/v1/chat/completions", Serving.chat(true));

            assertThat(reply.statusCode()).isEqualTo(400);
            assertThat(reply.headers().firstValue("content-type")).contains("application/json");
            assertThat(reply.body())
                    .contains("\"code\":\"context_length_exceeded\"", "\"param\":\"messages\"", "9000 tokens");
        }
    }

    @Test
    void aFailureAfterTheStartIsTheLastThingInTheStream() throws Exception {
        try (Serving serving =
                Serving.script(HELLO.failingAfter(2, new BackendException(Kind.UPSTREAM, "the upstream hung up")))) {
            HttpResponse<String> reply = serving.post("/v1/chat/completions", Serving.chat(true));

            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(reply.body())
                    .contains("\"content\":\"Hel\"")
                    .endsWith("event: error\ndata: {\"error\":{\"message\":\"the upstream hung up\","
                            + "\"type\":\"server_error\",\"param\":null,\"code\":\"upstream_failed\"}}\n\n")
                    .doesNotContain("[DONE]");
        }
    }

    @Test
    void aFailureRightAfterTheStartIsInTheStreamToo() throws Exception {
        try (Serving serving =
                Serving.script(HELLO.failingAfter(1, new BackendException(Kind.INTERNAL, "out of pages")))) {
            HttpResponse<String> reply = serving.post("/v1/chat/completions", Serving.chat(true));

            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(reply.body()).contains("\"role\":\"assistant\"", "event: error", "out of pages");
        }
    }

    @Test
    void aFailureBeforeTheUsageLeavesTheReplyUnfinished() throws Exception {
        try (Serving serving =
                Serving.script(HELLO.failingAfter(4, new BackendException(Kind.INTERNAL, "lost count")))) {
            HttpResponse<String> reply = serving.post("/v1/chat/completions", Serving.chat(true));

            assertThat(reply.body()).contains("event: error").doesNotContain("[DONE]", "\"finish_reason\":\"stop\"");
        }
    }

    @Test
    void aBackendThatBreaksTheOrderOfEventsIsStoppedAndNotRelayed() throws Exception {
        Script mixedUp = Script.of(
                new Started(Serving.MODEL, 1),
                new Finished(0, FinishReason.STOP),
                new Text(0, "one more thing"),
                new Usage(1, 1));
        try (Serving serving = Serving.script(mixedUp)) {
            HttpResponse<String> reply = serving.post("/v1/chat/completions", Serving.chat(true));

            assertThat(reply.body()).contains("event: error", "broke the order").doesNotContain("[DONE]");
            Await.until("the work stops", () -> serving.inProgress() == 0);
        }
    }

    @Test
    void aFailureThatCannotBeToldResetsTheConnection() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        InstantSource stoppedClock = () -> {
            if (asked.incrementAndGet() > 1) {
                throw new IllegalStateException("the clock has stopped");
            }
            return Serving.CLOCK.instant();
        };
        try (Serving serving = Serving.script(HELLO, stoppedClock);
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(true));

            assertThat(client.isReset()).isTrue();
            assertThat(serving.inProgress()).isZero();
        }
    }

    @Test
    void memoryThatRunsOutCostsOneReplyAndNotTheLoop() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        InstantSource exhausted = () -> {
            if (asked.incrementAndGet() == 2) { // the first request's head
                throw new OutOfMemoryError("no room for another date");
            }
            return Serving.CLOCK.instant();
        };
        try (Serving serving = Serving.script(HELLO, exhausted);
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(true));
            assertThat(client.isReset()).isTrue();

            HttpResponse<String> next = serving.post("/v1/chat/completions", Serving.chatWithUsage());

            assertThat(Serving.fold(next.body()).text()).isEqualTo("Hello 🌍");
            assertThat(serving.inProgress()).isZero();
        }
    }

    @Test
    void choicesInterleaveAsTheyCome() throws Exception {
        Script two = Script.of(
                new Started(Serving.MODEL, 2),
                new Text(1, "b"),
                new Finished(1, FinishReason.LENGTH),
                new Text(0, "a"),
                new Finished(0, FinishReason.STOP),
                new Usage(1, 4));
        try (Serving serving = Serving.script(two)) {
            HttpResponse<String> reply = serving.post(
                    "/v1/chat/completions", Serving.chat(true).replace("\"stream\"", "\"n\":2,\"stream\""));

            assertThat(reply.body().lines().filter(line -> line.startsWith("data: {")))
                    .extracting(line -> line.replaceAll(
                            ".*\"choices\":\\[\\{\"index\":(\\d),\"delta\":\\{(\"\\w+\")?.*"
                                    + "\"finish_reason\":(null|\"\\w+\").*",
                            "$1 $2 $3"))
                    .containsExactly(
                            "0 \"role\" null",
                            "1 \"role\" null",
                            "1 \"content\" null",
                            "1  \"length\"",
                            "0 \"content\" null",
                            "0  \"stop\"");
            assertThat(reply.body()).endsWith("data: [DONE]\n\n");
        }
    }

    @Test
    void whatMakesAReplyCompleteIsSentInOnePiece() throws Exception {
        Script slow = HELLO.paced(Duration.ofMillis(30));
        try (Serving serving = Serving.script(slow);
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/chat/completions", Serving.chatWithUsage()).readThrough("\r\n\r\n");

            List<String> chunks = new ArrayList<>();
            for (String chunk = client.readChunk(); !chunk.isEmpty(); chunk = client.readChunk()) {
                chunks.add(chunk);
            }

            assertThat(chunks).hasSize(4);
            assertThat(chunks.get(3)).contains("\"finish_reason\":\"stop\"", "\"choices\":[],\"usage\":{", "[DONE]");
        }
    }

    @Test
    void aSilentStreamIsKeptAliveByALineThatIsNoEvent() throws Exception {
        try (Serving serving =
                        Serving.script(HELLO.hangingAfter(2), options -> options.withKeepAlive(Duration.ofMillis(40)));
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(true)).readThrough("\"content\":\"Hel\"");

            assertThat(client.readThrough("\r\n")).endsWith("\n\n\r\n");
            assertThat(client.readChunk()).isEqualTo(": ping\n");
            assertThat(client.readChunk()).isEqualTo(": ping\n");
        }
    }

    @Test
    void aKeptAliveStreamStillReadsAsTheSameReply() throws Exception {
        try (Serving serving = Serving.script(
                HELLO.paced(Duration.ofMillis(60)), options -> options.withKeepAlive(Duration.ofMillis(10)))) {
            HttpResponse<String> reply = serving.post("/v1/chat/completions", Serving.chatWithUsage());

            assertThat(reply.body()).contains(": ping\ndata: ");
            assertThat(Serving.fold(reply.body()).text()).isEqualTo("Hello 🌍");
        }
    }

    @Test
    void aCompletionThatIsOnlyQueuedCanStillBeRefused() throws Exception {
        try (Serving serving = Serving.script(refusingAfter(Duration.ofMillis(50)))) {
            assertThat(serving.post("/v1/chat/completions", Serving.chat(true)).statusCode())
                    .isEqualTo(429);
        }
    }

    @Test
    void aCompletionThatIsQueuedForLongIsKeptAliveAndItsRefusalComesInTheStream() throws Exception {
        try (Serving serving = Serving.script(
                refusingAfter(Duration.ofMillis(120)), options -> options.withKeepAlive(Duration.ofMillis(40)))) {
            HttpResponse<String> reply = serving.post("/v1/chat/completions", Serving.chat(true));

            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(reply.body())
                    .startsWith(": ping\n")
                    .contains("event: error\ndata: {\"error\":{\"message\":\"too late\"")
                    .doesNotContain("[DONE]");
        }
    }

    @Test
    void aPromptThatTakesLongIsKeptAliveAndThenAnswered() throws Exception {
        Script slow = new Script(
                Stream.concat(Stream.of(new Script.Step.Wait(Duration.ofMillis(120))), HELLO.steps().stream())
                        .toList());
        try (Serving serving = Serving.script(slow, options -> options.withKeepAlive(Duration.ofMillis(40)))) {
            HttpResponse<String> reply = serving.post("/v1/chat/completions", Serving.chatWithUsage());

            assertThat(reply.body()).startsWith(": ping\n");
            assertThat(Serving.fold(reply.body()).text()).isEqualTo("Hello 🌍");
        }
    }

    private static Script refusingAfter(Duration time) {
        BackendException refusal = BackendException.overloaded("too late", Duration.ofSeconds(1));
        return new Script(List.of(new Script.Step.Wait(time), new Script.Step.Fail(refusal)));
    }

    @Test
    void aLongReplyArrivesWholeHoweverManyEventsItHas() throws Exception {
        String[] pieces = new String[5000];
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] = i + " ";
        }
        try (Serving serving = Serving.script(Script.saying(Serving.MODEL, pieces))) {
            HttpResponse<String> reply = serving.post("/v1/chat/completions", Serving.chatWithUsage());

            assertThat(Serving.fold(reply.body()).text()).isEqualTo(String.join("", pieces));
        }
    }
}
