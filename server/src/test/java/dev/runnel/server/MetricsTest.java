package dev.runnel.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.BackendLoad;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Model;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Usage;
import dev.runnel.core.UpstreamFault;
import dev.runnel.server.AccessLog.Outcome;
import dev.runnel.testing.Await;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.AbstractMap;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsTest {

    private static final Script HELLO = Script.saying(Serving.MODEL, "Hel", "lo");
    private static final String CHAT = "/v1/chat/completions";
    private static final Path DASHBOARD = Path.of("../docs/grafana-dashboard.json");

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCompletedReplyIsCountedTimedAndItsTokensAdded(boolean stream) throws Exception {
        Script script = Script.of(
                new Started(Serving.MODEL, 1),
                new Text(0, "a"),
                new Text(0, "b"),
                new Text(0, "c"),
                new Finished(0, FinishReason.STOP),
                new Usage(7, 5, 4, 0));
        try (Serving serving = Serving.script(script)) {
            serving.post(CHAT, Serving.chat(stream));

            MetricsReader seen = after(1, serving);
            assertThat(seen.value(requests("tiny", "chat", "completed", ""))).isEqualTo(1);
            assertThat(seen.value("runnel_prompt_tokens_total{model=\"tiny\"}")).isEqualTo(7);
            assertThat(seen.value("runnel_cached_tokens_total{model=\"tiny\"}")).isEqualTo(5);
            assertThat(seen.value("runnel_completion_tokens_total{model=\"tiny\"}"))
                    .isEqualTo(4);
            for (String part : List.of("time_to_first_token", "queue", "prompt", "decode")) {
                assertThat(seen.value("runnel_%s_seconds_count{model=\"tiny\"}".formatted(part)))
                        .as(part)
                        .isEqualTo(1);
            }
            assertThat(seen.value("runnel_inter_token_latency_seconds_count{model=\"tiny\"}"))
                    .isEqualTo(2);
            assertThat(seen.value("runnel_request_seconds_count{model=\"tiny\",outcome=\"completed\"}"))
                    .isEqualTo(1);
            assertThat(seen.value("runnel_requests_in_flight{model=\"tiny\"}")).isEqualTo(0);
        }
    }

    @Test
    void aRefusalIsCountedUnderItsKind() throws Exception {
        BackendException full = BackendException.overloaded("queue full", Duration.ofSeconds(1));
        try (Serving serving = Serving.script(HELLO.failingAfter(0, full))) {
            serving.post(CHAT, Serving.chat(true));
            serving.post(CHAT, Serving.chat(false));

            MetricsReader seen = after(2, serving);
            assertThat(seen.value(requests("tiny", "chat", "refused", "overloaded")))
                    .isEqualTo(2);
            assertThat(seen.value("runnel_request_seconds_count{model=\"tiny\",outcome=\"refused\"}"))
                    .isEqualTo(2);
            assertThat(seen.value("runnel_queue_seconds_count{model=\"tiny\"}")).isEqualTo(0);
        }
    }

    @Test
    void anUpstreamsFailureIsCountedUnderTheWayInWhichItFailed() throws Exception {
        BackendException silent = UpstreamFault.SILENT.failure("sent nothing for 30 s");
        try (Serving serving = Serving.script(HELLO.failingAfter(2, silent))) {
            serving.post(CHAT, Serving.chat(true));

            assertThat(after(1, serving).value(requests("tiny", "chat", "broken", "upstream_silent")))
                    .isEqualTo(1);
        }
    }

    @Test
    void aStreamThatBrokeIsCountedUnderItsKind() throws Exception {
        try (Serving serving = Serving.script(HELLO.failingAfter(2, new BackendException(Kind.UPSTREAM, "hung up")))) {
            serving.post(CHAT, Serving.chat(true));

            MetricsReader seen = after(1, serving);
            assertThat(seen.value(requests("tiny", "chat", "broken", "upstream")))
                    .isEqualTo(1);
            assertThat(seen.value("runnel_decode_seconds_count{model=\"tiny\"}"))
                    .isEqualTo(0);
        }
    }

    @Test
    void aClientThatLeftIsCountedWithWhatItHadCost() throws Exception {
        try (Serving serving = Serving.script(HELLO.hangingAfter(2))) {
            try (RawClient client = RawClient.to(serving.server())) {
                client.post(CHAT, Serving.chat(true)).readThrough("\"content\":\"Hel\"");

                assertThat(read(serving).value("runnel_requests_in_flight{model=\"tiny\"}"))
                        .isEqualTo(1);
            }

            MetricsReader seen = after(1, serving);
            assertThat(seen.value(requests("tiny", "chat", "cancelled", ""))).isEqualTo(1);
            assertThat(seen.value("runnel_completion_tokens_total{model=\"tiny\"}"))
                    .isEqualTo(1);
            assertThat(seen.value("runnel_requests_in_flight{model=\"tiny\"}")).isEqualTo(0);
        }
    }

    @Test
    void whatClientsMakeUpIsNeverALabel() throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            serving.post(CHAT, Serving.chat(true).replace("tiny", "made-up"));
            serving.get("/v1/models/made-up");
            serving.get("/made-up");
            serving.send("DELETE", "/made-up", "");

            MetricsReader seen = after(4, serving);
            assertThat(seen.value(requests("", "chat", "refused", "model_not_found")))
                    .isEqualTo(1);
            assertThat(seen.value(requests("", "models", "refused", "model_not_found")))
                    .isEqualTo(1);
            assertThat(seen.value(requests("", "other", "refused", "unknown_path")))
                    .isEqualTo(2);
            assertThat(seen.text()).doesNotContain("made-up");
        }
    }

    @Test
    void whatTheBackendDoesIsToldAsItSaysSo() throws Exception {
        BackendLoad load = new BackendLoad(3, 2, 100, 30, 50, 0.25, 12, 9);
        try (Serving serving = Serving.backend(new Busy("tiny", load), options -> options)) {
            MetricsReader seen = read(serving);

            assertThat(seen.value("runnel_sequences_running{model=\"tiny\"}")).isEqualTo(3);
            assertThat(seen.value("runnel_sequences_waiting{model=\"tiny\"}")).isEqualTo(2);
            assertThat(seen.value("runnel_cache_pages{model=\"tiny\",state=\"held\"}"))
                    .isEqualTo(30);
            assertThat(seen.value("runnel_cache_pages{model=\"tiny\",state=\"kept\"}"))
                    .isEqualTo(50);
            assertThat(seen.value("runnel_cache_pages{model=\"tiny\",state=\"free\"}"))
                    .isEqualTo(20);
            assertThat(seen.value("runnel_cache_hit_ratio{model=\"tiny\"}")).isEqualTo(0.25);
            assertThat(seen.value("runnel_guesses_total{model=\"tiny\",outcome=\"right\"}"))
                    .isEqualTo(9);
            assertThat(seen.value("runnel_guesses_total{model=\"tiny\",outcome=\"wrong\"}"))
                    .isEqualTo(3);
        }
    }

    @Test
    void aFaultInTheirMakingIsAnErrorAndNotASilence() throws Exception {
        Map<String, BackendLoad> broken = new AbstractMap<>() {
            @Override
            public Set<Entry<String, BackendLoad>> entrySet() {
                throw new IllegalStateException("no load to tell");
            }
        };
        try (Serving serving = Serving.backend(new Busy("tiny", broken), options -> options)) {
            HttpResponse<String> reply = serving.get("/metrics");

            assertThat(reply.statusCode()).isEqualTo(500);
            assertThat(reply.body()).contains("failed by a fault on this side").doesNotContain("no load to tell");
        }
    }

    @Test
    void labelsAreEscaped() {
        String id = "a\"b\\c\nd";
        Metrics metrics = new Metrics();
        metrics.count(metrics.of(id, new Busy(id, BackendLoad.NONE).models()), "chat", Outcome.COMPLETED, "");

        MetricsReader seen = MetricsReader.of(new String(metrics.write(Map.of(id, BackendLoad.NONE)), UTF_8));

        assertThat(seen.value("runnel_sequences_running{model=\"a\\\"b\\\\c\\nd\"}"))
                .isEqualTo(0);
        assertThat(seen.value(requests("a\\\"b\\\\c\\nd", "chat", "completed", "")))
                .isEqualTo(1);
    }

    @Test
    void eachTimeIsInTheSmallestBucketThatHoldsItAndInThoseBeyond() {
        Metrics metrics = new Metrics();
        Histogram gaps =
                metrics.of("tiny", new Busy("tiny", BackendLoad.NONE).models()).interToken();
        for (long micros : new long[] {100, 101, 3_000_000}) {
            gaps.record(micros * 1000);
        }

        MetricsReader seen = MetricsReader.of(new String(metrics.write(Map.of()), UTF_8));

        String name = "runnel_inter_token_latency_seconds";
        assertThat(seen.value(name + "_bucket{model=\"tiny\",le=\"0.0001\"}")).isEqualTo(1);
        assertThat(seen.value(name + "_bucket{model=\"tiny\",le=\"0.00025\"}")).isEqualTo(2);
        assertThat(seen.value(name + "_bucket{model=\"tiny\",le=\"2.5\"}")).isEqualTo(2);
        assertThat(seen.value(name + "_bucket{model=\"tiny\",le=\"+Inf\"}")).isEqualTo(3);
        assertThat(seen.value(name + "_count{model=\"tiny\"}")).isEqualTo(3);
        assertThat(seen.value(name + "_sum{model=\"tiny\"}")).isCloseTo(3.000201, within(1e-9));
    }

    @Test
    void theTimesOfACompletionAddUpAndChoicesDoNotShortenEachOthersGaps() {
        AtomicLong now = new AtomicLong(1_000);
        ModelMetrics model = new ModelMetrics("tiny");
        Stopwatch watch = new Stopwatch(now::get, 400, model);

        now.set(1_010);
        watch.note(new Started("tiny", 2));
        now.set(1_030);
        watch.note(new Text(0, "a"));
        now.set(1_031);
        watch.note(new Text(1, "b"));
        now.set(1_070);
        watch.note(new Text(0, "c"));
        now.set(1_100);
        watch.note(new Usage(1, 3));

        assertThat(model.queue().sumNanos()).isEqualTo(10);
        assertThat(model.prompt().sumNanos()).isEqualTo(20);
        assertThat(model.decode().sumNanos()).isEqualTo(70);
        assertThat(model.firstToken().sumNanos()).isEqualTo(630);
        assertThat(model.interToken().sumNanos()).isEqualTo(40);
        assertThat(Arrays.stream(model.interToken().counts()).sum()).isEqualTo(1);
    }

    @Test
    void itIsTextThatMayBeReadInTwoWaysAndNoOther() throws Exception {
        try (Serving serving = Serving.script(HELLO)) {
            HttpResponse<String> got = serving.get("/metrics");
            HttpResponse<String> head = serving.send("HEAD", "/metrics", "");
            HttpResponse<String> posted = serving.post("/metrics", "{}");

            assertThat(got.statusCode()).isEqualTo(200);
            assertThat(got.headers().firstValue("content-type")).hasValue("text/plain; version=0.0.4; charset=utf-8");
            assertThat(head.statusCode()).isEqualTo(200);
            assertThat(head.body()).isEmpty();
            assertThat(posted.statusCode()).isEqualTo(405);
            assertThat(posted.headers().firstValue("allow")).hasValue("GET, HEAD, OPTIONS");
        }
    }

    @Test
    void itAsksForAKeyWhereOthersDo() throws Exception {
        try (Serving serving = Serving.script(HELLO, options -> options.withApiKeys(Set.of("secret")))) {
            assertThat(serving.get("/metrics").statusCode()).isEqualTo(401);
            assertThat(serving.get("/metrics", "authorization", "Bearer secret").statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void aServerThatIsStillLoadingTellsWhatItHasSeen() throws Exception {
        try (Serving serving = Serving.loading(new ScriptedBackend(Serving.MODEL, HELLO), options -> options)) {
            serving.post(CHAT, Serving.chat(true));

            assertThat(after(1, serving).value(requests("", "chat", "refused", "loading")))
                    .isEqualTo(1);
        }
    }

    @Test
    void theDashboardUsesOnlyWhatThereIs() throws Exception {
        String dashboard = Files.readString(DASHBOARD);
        try (Serving serving = Serving.backend(new Busy("tiny", BackendLoad.NONE), options -> options)) {
            serving.post(CHAT, Serving.chat(true));
            Set<String> names = after(1, serving).names();

            assertThat(new JsonObject(dashboard).getJsonArray("panels")).isNotEmpty();
            assertThat(metricsIn(dashboard)).hasSizeGreaterThan(12).isSubsetOf(names);
        }
    }

    private static Set<String> metricsIn(String text) {
        Set<String> names = new TreeSet<>();
        Pattern.compile("\\brunnel_\\w+").matcher(text).results().forEach(hit -> names.add(hit.group()));
        return names;
    }

    private static String requests(String model, String endpoint, String outcome, String kind) {
        return "runnel_requests_total{model=\"%s\",endpoint=\"%s\",outcome=\"%s\",kind=\"%s\"}"
                .formatted(model, endpoint, outcome, kind);
    }

    private static MetricsReader read(Serving serving) throws Exception {
        return MetricsReader.of(serving.get("/metrics").body());
    }

    /// The metrics when `count` requests are over besides those for metrics: a client has its reply a little
    /// before its server knows.
    private static MetricsReader after(int count, Serving serving) throws Exception {
        MetricsReader[] seen = {read(serving)};
        Await.until(count + " requests are over", () -> {
            try {
                seen[0] = read(serving);
                return seen[0].requestsBesidesMetrics() == count;
            } catch (Exception failure) {
                throw new AssertionError(failure);
            }
        });
        return seen[0];
    }

    /// A script that says how busy it is.
    private record Busy(ScriptedBackend script, Map<String, BackendLoad> load) implements Backend {

        Busy(String model, BackendLoad now) {
            this(model, Map.of(model, now));
        }

        Busy(String model, Map<String, BackendLoad> load) {
            this(new ScriptedBackend(model, Script.saying(model, "Hel", "lo")), load);
        }

        @Override
        public List<Model> models() {
            return script.models();
        }

        @Override
        public CompletionStream complete(CompletionRequest request) {
            return script.complete(request);
        }

        @Override
        public void close() {
            script.close();
        }
    }
}
