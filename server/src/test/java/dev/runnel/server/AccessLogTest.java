package dev.runnel.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.Script;
import dev.runnel.testing.Await;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AccessLogTest {

    private static final Script HELLO = Script.saying(Serving.MODEL, "Hel", "lo");

    private final Logger log = Logger.getLogger("dev.runnel.server.access");
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Handler listener = new Handler() {
        @Override
        public void publish(LogRecord line) {
            lines.add(line.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        log.addHandler(listener);
        log.setUseParentHandlers(false);
    }

    @AfterEach
    void listenNoMore() {
        log.removeHandler(listener);
        log.setUseParentHandlers(true);
    }

    @Test
    void aCompletedStreamIsLoggedWithWhatItCost() throws Exception {
        try (Serving serving = logged(HELLO)) {
            serving.post("/v1/chat/completions", Serving.chat(true), "x-client-request-id", "abc-1");

            assertThat(line())
                    .matches("POST /v1/chat/completions 200 completed id=req_\\w{32} client=abc-1 model=tiny"
                            + " prompt=1 cached=0 completion=3 queued=\\d+ms first=\\d+ms total=\\d+ms bytes=\\d{3,}");
        }
    }

    @Test
    void aWholeReplyIsLoggedWithWhatItCost() throws Exception {
        try (Serving serving = logged(HELLO)) {
            serving.post("/v1/chat/completions", Serving.chat(false));

            assertThat(line()).contains(" 200 completed ", " model=tiny prompt=1 cached=0 completion=3 queued=");
        }
    }

    @Test
    void aRefusalIsLoggedWithItsStatus() throws Exception {
        try (Serving serving = logged(HELLO)) {
            serving.post("/v1/chat/completions", Serving.chat(true).replace("tiny", "huge"));

            assertThat(line())
                    .startsWith("POST /v1/chat/completions 404 refused ")
                    .contains(" model=huge ");
        }
    }

    @Test
    void aStreamThatBrokeIsLoggedAsBroken() throws Exception {
        try (Serving serving = logged(HELLO.failingAfter(2, new BackendException(Kind.UPSTREAM, "hung up")))) {
            serving.post("/v1/chat/completions", Serving.chat(true));

            assertThat(line()).contains(" 200 broken ");
        }
    }

    @Test
    void aClientThatLeftIsLoggedAsCancelled() throws Exception {
        try (Serving serving = logged(HELLO.hangingAfter(2))) {
            try (RawClient client = RawClient.to(serving.server())) {
                client.post("/v1/chat/completions", Serving.chat(true)).readThrough("\"content\":\"Hel\"");
            }

            assertThat(line()).contains(" 200 cancelled ", " model=tiny ", " prompt=1 ", " completion=1 ", " first=");
        }
    }

    @Test
    void aClientThatLeftBeforeItGotAStatusIsLoggedAs499() throws Exception {
        try (Serving serving = logged(HELLO.hangingAfter(0))) {
            try (RawClient client = RawClient.to(serving.server())) {
                client.post("/v1/chat/completions", Serving.chat(true));
                Await.until("it is queued", () -> serving.inProgress() == 1);
            }

            assertThat(line()).contains(" 499 cancelled ").endsWith(" bytes=0");
        }
    }

    @Test
    void aReaderThatStoppedIsLoggedAsStalled() throws Exception {
        String[] pieces = new String[20_000];
        Arrays.fill(pieces, "x".repeat(1000));
        try (Serving serving = Serving.script(
                        Script.saying(Serving.MODEL, pieces),
                        options -> options.withAccessLog(true)
                                .withLimits(options.limits().withStall(Duration.ofMillis(200))));
                RawClient client = RawClient.withSmallBuffer(serving.server())) {
            client.post("/v1/chat/completions", Serving.chat(true));

            assertThat(line()).contains(" 200 stalled ");
        }
    }

    @Test
    void whatClientsWriteCannotForgeALine() throws Exception {
        try (Serving serving = logged(HELLO)) {
            serving.post("/v1/chat/completions", Serving.chat(true).replace("tiny", "a b\\n\\u001b[31mGET / 200"));

            assertThat(line()).contains(" model=a?b??[31mGET?/?200 ");
        }
    }

    @Test
    void withoutTheOptionNothingIsLogged() throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            serving.post("/v1/chat/completions", Serving.chat(true));
        }

        assertThat(lines).isEmpty();
    }

    private static Serving logged(Script script) {
        return Serving.script(script, options -> options.withAccessLog(true));
    }

    private String line() {
        Await.until("a line in the log", () -> !lines.isEmpty());
        assertThat(lines).hasSize(1);
        return lines.getFirst();
    }
}
