package dev.runnel.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.testing.Await;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ShutdownTest {

    private static final Script HELLO = Script.saying(Serving.MODEL, "Hel", "lo");
    private static final Duration LONG = Duration.ofMinutes(1);

    @Test
    void whatRunsMayFinishAndWhatComesIsTurnedAway() throws Exception {
        Script slow = HELLO.paced(Duration.ofMillis(200));
        try (Serving serving = Serving.script(slow);
                RawClient stream = RawClient.to(serving.server());
                RawClient whole = RawClient.to(serving.server())) {
            stream.post("/v1/chat/completions", Serving.chat(true)).readThrough("\r\n\r\n");
            whole.post("/v1/chat/completions", Serving.chat(false));
            Await.until("both run", () -> serving.inProgress() == 2);

            CompletableFuture<Void> shutdown =
                    CompletableFuture.runAsync(() -> serving.server().shutdown(LONG));
            Await.until("the server drains", () -> health(serving).contains("draining"));
            RawClient.Reply late;
            try (RawClient client = RawClient.to(serving.server())) {
                late = client.post("/v1/chat/completions", Serving.chat(true)).readReply();
            }

            assertThat(late.status()).isEqualTo(503);
            assertThat(late.headers()).containsKey("retry-after").containsEntry("connection", "close");
            assertThat(stream.readThrough("[DONE]")).contains("\"content\":\"lo\"");
            RawClient.Reply last = whole.readReply();
            assertThat(last.body()).contains("\"content\":\"Hello\"");
            assertThat(last.headers()).containsEntry("connection", "close");
            shutdown.join();
            assertThat(stream.isCut()).isTrue();
            assertThatThrownBy(() -> RawClient.to(serving.server())).isInstanceOf(IOException.class);
        }
    }

    @Test
    void whatStillRunsWhenTheGraceIsOverIsBrokenOffInWords() throws Exception {
        try (Serving serving = Serving.script(HELLO.hangingAfter(2));
                RawClient stream = RawClient.to(serving.server());
                RawClient whole = RawClient.to(serving.server())) {
            stream.post("/v1/chat/completions", Serving.chat(true)).readThrough("\"content\":\"Hel\"");
            whole.post("/v1/chat/completions", Serving.chat(false));
            Await.until("both run", () -> serving.inProgress() == 2);

            serving.server().shutdown(Duration.ofMillis(50));

            assertThat(stream.readToEnd())
                    .contains("event: error\n", "\"code\":\"shutting_down\"")
                    .endsWith("\r\n0\r\n\r\n")
                    .doesNotContain("[DONE]");
            assertThat(whole.readReply().status()).isEqualTo(503);
            assertThat(serving.inProgress()).isZero();
        }
    }

    @Test
    void whatWasOnlyQueuedWhenTheGraceIsOverMayBeTriedElsewhere() throws Exception {
        try (Serving serving = Serving.script(HELLO.hangingAfter(0));
                RawClient client = RawClient.to(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(true));
            Await.until("it is queued", () -> serving.inProgress() == 1);

            serving.server().close();

            RawClient.Reply reply = client.readReply();
            assertThat(reply.status()).isEqualTo(503);
            assertThat(reply.headers()).containsKey("retry-after");
        }
    }

    @Test
    void aReaderThatTakesNothingDoesNotHoldTheServerUp() throws Exception {
        String[] pieces = new String[20_000];
        Arrays.fill(pieces, "x".repeat(1000));
        try (Serving serving = Serving.script(Script.saying(Serving.MODEL, pieces));
                RawClient client = RawClient.withSmallBuffer(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(true)).readThrough("\r\n\r\n");

            serving.server().close();

            assertThat(serving.inProgress()).isZero();
            assertThat(client.isCut()).isTrue();
        }
    }

    @Test
    void connectionsThatWaitForNothingAreClosedAtOnce() throws Exception {
        try (Serving serving = Serving.script(HELLO);
                RawClient used = RawClient.to(serving.server());
                RawClient fresh = RawClient.to(serving.server())) {
            used.post("/v1/chat/completions", Serving.chat(true)).readReply();

            serving.server().shutdown(LONG);

            assertThat(used.readToEnd()).isEmpty();
            assertThat(fresh.readToEnd()).isEmpty();
        }
    }

    @Test
    void whoeverWaitsForTheCloseIsTold() {
        try (Serving serving = Serving.script(HELLO)) {
            CompletableFuture<Void> waiting =
                    CompletableFuture.runAsync(() -> serving.server().awaitClose());
            assertThat(waiting).isNotDone();

            serving.server().close();
            serving.server().close();

            waiting.join();
        }
    }

    @Test
    void aServerServesOneBackendAndOnlyUntilItIsShutDown() {
        try (Serving serving = Serving.script(HELLO);
                ScriptedBackend other = new ScriptedBackend("other", HELLO)) {
            assertThatThrownBy(() -> serving.server().serve(other)).isInstanceOf(IllegalStateException.class);

            serving.server().close();

            assertThatThrownBy(() -> serving.server().serve(other)).isInstanceOf(IllegalStateException.class);
        }
    }

    private static String health(Serving serving) {
        try (RawClient client = RawClient.to(serving.server())) {
            return client.send("GET /health HTTP/1.1\r\nhost: test\r\n\r\n")
                    .readReply()
                    .body();
        } catch (IOException refused) {
            return "";
        }
    }
}
