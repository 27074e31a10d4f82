package dev.runnel.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Script;
import dev.runnel.testing.Await;
import java.io.IOException;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A client that goes away takes its work with it, whatever it was waiting for.
class LeavingTest {

    enum Farewell {
        CLOSE,
        RESET;

        void by(RawClient client) throws IOException {
            switch (this) {
                case CLOSE -> client.leave();
                case RESET -> client.reset();
            }
        }
    }

    private static final Script HELLO = Script.saying(Serving.MODEL, "Hel", "lo");

    /// Long enough for a machine under load, and far too short for a timer to be what noticed.
    private static final Duration AT_ONCE = Duration.ofSeconds(2);

    @ParameterizedTest
    @EnumSource
    void inTheMiddleOfAStreamWithNothingBeingWritten(Farewell farewell) throws Exception {
        try (Serving serving = Serving.script(HELLO.hangingAfter(2));
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(true)).readThrough("\"content\":\"Hel\"");
            assertThat(serving.inProgress()).isEqualTo(1);

            farewell.by(client);

            assertStopsAtOnce(serving);
        }
    }

    @ParameterizedTest
    @EnumSource
    void beforeAStreamHasStarted(Farewell farewell) throws Exception {
        try (Serving serving = Serving.script(HELLO.hangingAfter(0));
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(true));
            Await.until("the completion is queued", () -> serving.inProgress() == 1);

            farewell.by(client);

            assertStopsAtOnce(serving);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whileAWholeReplyIsBeingMade(Farewell farewell) throws Exception {
        try (Serving serving = Serving.script(HELLO.hangingAfter(2));
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(false));
            Await.until("the completion runs", () -> serving.inProgress() == 1);

            farewell.by(client);

            assertStopsAtOnce(serving);
        }
    }

    @ParameterizedTest
    @EnumSource
    void inTheMiddleOfAStreamThatIsBeingWritten(Farewell farewell) throws Exception {
        String[] pieces = Stream.generate(() -> "word ").limit(10_000).toArray(String[]::new);
        Script endless = Script.saying(Serving.MODEL, pieces).paced(Duration.ofMillis(2));
        try (Serving serving = Serving.script(endless);
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(true)).readThrough("word ");

            farewell.by(client);

            assertStopsAtOnce(serving);
        }
    }

    @Test
    void withAnotherRequestAlreadySent() throws Exception {
        try (Serving serving = Serving.script(HELLO.hangingAfter(2));
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(true)).readThrough("\"content\":\"Hel\"");
            client.post("/v1/chat/completions", Serving.chat(true));

            client.leave();

            assertStopsAtOnce(serving);
        }
    }

    @Test
    void inTheMiddleOfTheRequest() throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            try (RawClient client = RawClient.to(serving.server())) {
                client.send(
                        "POST /v1/chat/completions HTTP/1.1\r\nhost: test\r\ncontent-length: 100\r\n\r\n{\"model\":");
            }

            assertThat(serving.post("/v1/chat/completions", Serving.chat(true)).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void othersGoOn() throws Exception {
        Script slow = HELLO.paced(Duration.ofMillis(100));
        try (Serving serving = Serving.script(slow);
                RawClient staying = RawClient.to(serving.server());
                RawClient leaving = RawClient.to(serving.server())) {
            staying.post("/v1/chat/completions", Serving.chat(true)).readThrough("\r\n\r\n");
            leaving.post("/v1/chat/completions", Serving.chat(true)).readThrough("\r\n\r\n");

            leaving.reset();

            assertThat(staying.readThrough("[DONE]")).contains("\"content\":\"lo\"");
        }
    }

    @Test
    void sendingNoMoreIsNotLeavingAStream() throws Exception {
        try (Serving serving = Serving.script(HELLO.paced(Duration.ofMillis(100)));
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(true)).readThrough("\"role\"");

            client.shutdownOutput();

            assertThat(client.readToEnd()).contains(": ping\n", "\"content\":\"lo\"", "data: [DONE]\n\n");
        }
    }

    @Test
    void sendingNoMoreIsNotLeavingAQueue() throws Exception {
        Script queued = new Script(
                Stream.concat(Stream.of(new Script.Step.Wait(Duration.ofMillis(150))), HELLO.steps().stream())
                        .toList());
        try (Serving serving = Serving.script(queued);
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(true));

            client.shutdownOutput();

            assertThat(client.readToEnd())
                    .startsWith("HTTP/1.1 100 Continue\r\n\r\n")
                    .contains("HTTP/1.1 200 OK\r\n", "data: [DONE]\n\n");
        }
    }

    @Test
    void sendingNoMoreIsNotLeavingAWholeReply() throws Exception {
        try (Serving serving = Serving.script(HELLO.paced(Duration.ofMillis(50)));
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(false)).post("/v1/chat/completions", Serving.chat(false));

            client.shutdownOutput();

            assertThat(client.readToEnd().split("\"content\":\"Hello\"", -1)).hasSize(3);
        }
    }

    @Test
    void sendingNoMoreInTheMiddleOfARequestIsLeaving() throws Exception {
        try (Serving serving = Serving.script(HELLO);
                RawClient client = RawClient.to(serving.server())) {
            client.send("POST /v1/chat/completions HTTP/1.1\r\nhost: test\r\ncontent-length: 100\r\n\r\n{");

            client.shutdownOutput();

            assertThat(client.isCut()).isTrue();
        }
    }

    private static void assertStopsAtOnce(Serving serving) {
        long left = System.nanoTime();
        Await.until("the work stops", () -> serving.inProgress() == 0);
        assertThat(Duration.ofNanos(System.nanoTime() - left)).isLessThan(AT_ONCE);
    }
}
