package dev.runnel.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.app.ScriptedRooms.Opened;
import dev.runnel.app.Shell.Channel;
import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Message;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.engine.fixtures.Json;
import dev.runnel.engine.fixtures.LlamaShape;
import dev.runnel.engine.fixtures.TinyModels;
import dev.runnel.engine.fixtures.Vocabulary;
import dev.runnel.engine.gguf.TensorType;
import dev.runnel.relay.Retries;
import dev.runnel.relay.UpstreamOptions;
import dev.runnel.server.CompletionServer;
import dev.runnel.server.ServerOptions;
import dev.runnel.testing.Await;
import dev.runnel.testing.RawUpstream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchCommandTest {

    private static final String STREAM =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

    private final ScriptedRooms rooms = ScriptedRooms.saying("one", ", ", "two");
    private final TestProgram program = new TestProgram(rooms);
    private final TestProgram rehearsed = new TestProgram(new CompositionRoot());
    private final TestProgram real = new TestProgram(new CompositionRoot() {
        @Override
        public void rehearse() {} // which takes some seconds
    });

    @TempDir
    private Path folder;

    @Test
    void aServerIsMeasuredAndToldInFiguresAndFiles() throws IOException {
        try (ScriptedBackend backend = new ScriptedBackend("m", Script.saying("m", "one", ", ", "two"));
                CompletionServer server = CompletionServer.start(ServerOptions.at("127.0.0.1", 0))) {
            server.serve(backend);
            String url = "http://127.0.0.1:%d/v1".formatted(server.port());

            int exitCode = rehearsed.run(
                    "bench", url, "--concurrency", "1,3", "--requests=10", "--warmup", "1", "--output", output());

            assertThat(exitCode).as(rehearsed.err()).isZero();
            assertThat(rehearsed.out())
                    .contains(
                            url + ", 1 at once\n",
                            url + ", 3 at once\n",
                            "  replies  10 in ",
                            "40 charged, 30 counted at least, by their pieces")
                    .containsPattern("\n  ttft +\\d\\S* .s +\\d\\S* .s +– +– ")
                    .containsPattern("\nload +ttft p50 .*\n1 at once .*\n3 at once .*\n\n")
                    .endsWith("wrote " + folder.resolve("out/report.html") + "\n");
        }
        List<String> lines = Files.readAllLines(folder.resolve("out/requests.jsonl"));
        assertThat(lines).hasSize(20);
        Map<?, ?> line = (Map<?, ?>) Json.parse(lines.getFirst());
        assertThat(line.get("outcome")).isEqualTo("complete");
        assertThat(line.get("text")).isEqualTo("one, two");
        assertThat((List<?>) line.get("pieces_ms")).hasSize(3);
        assertThat(line.get("completion_tokens")).hasToString("4");
        assertThat(line.keySet().stream().map(Object::toString))
                .contains("due_ms", "lag_ms", "waited_ms", "ttft_ms", "tpot_ms", "e2el_ms", "counted_by");
    }

    @Test
    void summariesAreForProgramsToReadUnderVllmsNames() throws IOException {
        assertThat(program.run(
                        "bench", "--requests", "12", "--json", "--output", output(), "--goodput=ttft:60000,e2el:60000"))
                .isZero();

        Map<?, ?> summary = (Map<?, ?>) Json.parse(Files.readString(folder.resolve("out/summary.json")));
        assertThat(Json.parse(program.out())).isEqualTo(summary);
        Map<?, ?> series = series(summary).getFirst();
        assertThat(names(series))
                .contains(
                        "request_throughput",
                        "request_goodput",
                        "output_throughput",
                        "total_token_throughput",
                        "mean_ttft_ms",
                        "median_ttft_ms",
                        "p99_itl_ms",
                        "p99.9_e2el_ms",
                        "std_tpot_ms");
        assertThat(number(series, "completed")).isEqualTo(12);
        assertThat(number(series, "good")).isEqualTo(12);
        assertThat(number(series, "total_output_tokens")).isEqualTo(48);
        assertThat(series.get("p99_ttft_ms")).as("of twelve").isNotInstanceOf(Number.class);
        assertThat(summary.get("objective")).isEqualTo("ttft <= 60000.0 ms, e2el <= 60000.0 ms");

        List<String> rows = Files.readAllLines(folder.resolve("out/summary.csv"));
        assertThat(rows).hasSize(2);
        assertThat(rows.getFirst())
                .startsWith("target,model_id,load,request_rate,max_concurrency,num_prompts,duration,completed,");
        assertThat(rows.getLast()).startsWith("scripted,scripted,1 at once,,1,12,");
        assertThat(rows.getLast().split(",", -1)).hasSameSizeAs(rows.getFirst().split(",", -1));
    }

    @Test
    void theReportNeedsNoNetwork() throws IOException {
        program.run("bench", "--concurrency=1,2", "--requests", "4", "--output", output());

        String page = Files.readString(folder.resolve("out/report.html"));

        assertThat(page)
                .startsWith("<!DOCTYPE html>")
                .contains("<title>Bench of scripted</title>", "Latency against throughput", "<svg")
                .doesNotContain("http:", "https:", "src=", "@import", "<script", "<link");
    }

    @Test
    void anOpenLoopKeepsItsRateAndItsCap() {
        assertThat(program.run(
                        "bench",
                        "--request-rate",
                        "200,400",
                        "--max-concurrency",
                        "2",
                        "--requests=20",
                        "--json",
                        "--seed",
                        "5"))
                .isZero();

        Map<?, ?> summary = (Map<?, ?>) Json.parse(program.out());
        assertThat(series(summary))
                .extracting(each -> String.valueOf(each.get("load")))
                .containsExactly("200/s", "400/s");
        assertThat(number(series(summary).getFirst(), "request_rate")).isEqualTo(200);
        assertThat(number(series(summary).getFirst(), "max_concurrency")).isEqualTo(2);
        assertThat(number(summary, "seed")).isEqualTo(5);
    }

    @Test
    void everyWayToBreakAReplyIsNamedAndCountedAndTheOthersGoOn() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        try (RawUpstream server = new RawUpstream((_, to) -> {
            switch (asked.getAndIncrement()) {
                case 0 ->
                    send(to, "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html></html>");
                case 1 -> send(to, STREAM + chunk("one") + "data: {\"choices\"\n\n");
                case 2 -> send(to, STREAM + chunk("one"));
                case 3 -> send(to, STREAM + chunk("one") + end(0));
                case 4 -> send(to, "SSH-2.0-OpenSSH_9.6\r\n");
                default -> send(to, STREAM + chunk("one") + chunk(" two") + end(2));
            }
        })) {
            assertThat(real.run(
                            "bench",
                            server.baseUrl().toString(),
                            "--model",
                            "m",
                            "--concurrency",
                            "4",
                            "--requests",
                            "8",
                            "--warmup=0",
                            "--json"))
                    .as(real.err())
                    .isZero();
        }

        assertThat(asked).as("without asking again for any").hasValue(8);
        Map<?, ?> series = series((Map<?, ?>) Json.parse(real.out())).getFirst();
        assertThat(errors(series))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "upstream_not_sse", 1,
                        "upstream_malformed_event", 1,
                        "upstream_closed_early", 1,
                        "upstream_usage", 1,
                        "upstream_not_http", 1));
        assertThat(number(series, "completed")).isEqualTo(3);
    }

    @Test
    void aServerThatHangsOrDripsIsGivenUp() throws IOException {
        CountDownLatch over = new CountDownLatch(1);
        AtomicInteger asked = new AtomicInteger();
        try (RawUpstream server = new RawUpstream((_, to) -> {
            if (asked.getAndIncrement() % 2 == 0) {
                over.await();
            } else {
                drip(to, over);
            }
        })) {
            assertThat(real.run(
                            "bench",
                            server.baseUrl().toString(),
                            "--model",
                            "m",
                            "--concurrency",
                            "2",
                            "--requests",
                            "4",
                            "--warmup=0",
                            "--timeout",
                            "0.5",
                            "--json"))
                    .isEqualTo(ExitCode.FAILED);
        } finally {
            over.countDown();
        }

        assertThat(errors(series((Map<?, ?>) Json.parse(real.out())).getFirst()))
                .containsOnly(Map.entry("timeout", 4));
    }

    private static Map<String, Integer> errors(Map<?, ?> series) {
        Map<String, Integer> errors = new HashMap<>();
        ((Map<?, ?>) series.get("errors"))
                .forEach((code, count) -> errors.put(code.toString(), ((Number) count).intValue()));
        return errors;
    }

    /// A byte now and then, of a comment that never ends.
    private static void drip(RawUpstream.Answer to, CountDownLatch over) throws IOException, InterruptedException {
        to.raw(STREAM + ":");
        while (!over.await(20, TimeUnit.MILLISECONDS)) {
            to.raw(" ");
        }
    }

    private static String chunk(String text) {
        return choice("{\"content\":\"" + text + "\"}", "null");
    }

    private static String choice(String delta, String finish) {
        return data("\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]".formatted(delta, finish));
    }

    /// What follows the last piece.
    private static String end(int tokens) {
        String usage = "\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":%d,\"total_tokens\":%d}"
                .formatted(tokens, tokens + 1);
        return choice("{}", "\"stop\"") + data(usage) + "data: [DONE]\n\n";
    }

    private static String data(String members) {
        return "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",%s}\n\n"
                .formatted(members);
    }

    /// Exactly these bytes, and then the connection ends.
    private static void send(RawUpstream.Answer to, String bytes) throws IOException {
        to.raw(bytes).hangUp();
    }

    @Test
    void usageBelowThePiecesThatCameIsToldAsALie() throws IOException {
        try (RawUpstream server = new RawUpstream(
                (_, to) -> send(to, STREAM + chunk("one") + chunk(" two") + chunk(" three") + end(1)))) {
            real.run("bench", server.baseUrl().toString(), "--model", "m", "--requests", "3", "--warmup", "0");
        }

        assertThat(real.out())
                .contains(
                        "note: ",
                        "the server's count of tokens can't be right in 3 of 3 replies; in all it charges 3, "
                                + "and 9 were counted at least, by their pieces");
    }

    @Test
    void whatAServerCallsItsModelMovesNoCursor() {
        String url = "http://127.0.0.1:1/v1";

        program.run("bench", url, "--model", "m\033[2J", "--against", url, "--requests", "5");

        assertThat(program.out()).contains(url + " m[2J, 1 at once").doesNotContain("\033");
    }

    @Test
    void whatAServerCallsItsErrorsMovesNoCursor() throws IOException {
        String body = "{\"error\":{\"message\":\"no\",\"type\":\"odd\",\"code\":\"odd\\u001b[2J\"}}";
        String answer = "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body;
        try (RawUpstream server = new RawUpstream((_, to) -> send(to, answer))) {
            real.run("bench", server.baseUrl().toString(), "--model", "m", "--requests", "3", "--warmup", "0");
        }

        assertThat(real.out()).contains("failed").contains("odd[2J").doesNotContain("\u001b");
    }

    @Test
    void aServerThatCompletesNothingIsAFailure() {
        TestProgram broken = new TestProgram(ScriptedRooms.playing(Script.of()
                .failingAfter(0, new BackendException(BackendException.Kind.OVERLOADED, "come back later"))));

        assertThat(broken.run("bench", "--requests", "5")).isEqualTo(ExitCode.FAILED);

        assertThat(broken.out()).contains("failed   5: 5 overloaded");
        assertThat(broken.err()).endsWith("runnel: no reply was complete\n");
    }

    @Test
    void ctrlCTellsWhatWasMeasuredSoFar() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        ScriptedRooms thenHanging = new ScriptedRooms(_ -> asked.getAndIncrement() < 4
                ? Script.saying("scripted", "one")
                : Script.saying("scripted", "one").hangingAfter(1));
        TestProgram endless = new TestProgram(thenHanging);
        TestProgram.Running running =
                endless.start("bench", "--concurrency", "2", "--requests", "1000", "--warmup=0", "--output", output());
        Await.until("two that hang", () -> asked.get() == 6);

        assertThat(running.stop().exitCode()).isEqualTo(ExitCode.STOPPED);

        assertThat(endless.out()).contains("  replies  4 in ", "  cut off  2\n", "wrote ");
        assertThat(Files.readAllLines(folder.resolve("out/requests.jsonl"))).hasSize(6);
        assertThat(thenHanging.inProgress()).isZero();
    }

    @Test
    void twoServersTakeTurns() {
        assertThat(program.run(
                        "bench",
                        "http://127.0.0.1:1/v1",
                        "--against",
                        "http://127.0.0.1:2/v1",
                        "--against-model",
                        "other",
                        "--against-key",
                        "k2",
                        "--key",
                        "k1",
                        "--rounds",
                        "3",
                        "--requests",
                        "6",
                        "--warmup",
                        "0"))
                .isZero();

        assertThat(rooms.opened())
                .containsExactly(
                        new Opened.Relay(URI.create("http://127.0.0.1:1/v1"), Optional.of("k1"), Map.of()),
                        new Opened.Relay(
                                URI.create("http://127.0.0.1:2/v1"), Optional.of("k2"), Map.of("other", "other")));
        assertThat(rooms.requests())
                .extracting(CompletionRequest::model)
                .containsExactly(
                        "scripted",
                        "scripted",
                        "other",
                        "other",
                        "other",
                        "other",
                        "scripted",
                        "scripted",
                        "scripted",
                        "scripted",
                        "other",
                        "other");
        assertThat(program.out())
                .contains("1 at once: http://127.0.0.1:2/v1 in terms of http://127.0.0.1:1/v1\n")
                .containsPattern("  ttft p50 +\\d+\\.\\d{3} \\(\\d+\\.\\d{3} to \\d+\\.\\d{3} in 3 rounds\\)");
    }

    @Test
    void wholeRepliesAreComparedToStreamedOnes() {
        assertThat(program.run("bench", "--whole", "--requests", "10", "--json"))
                .isZero();

        Map<?, ?> summary = (Map<?, ?>) Json.parse(program.out());
        assertThat(series(summary))
                .extracting(each -> String.valueOf(each.get("target")))
                .containsExactly("whole", "streamed");
        assertThat(series(summary).getFirst().get("median_ttft_ms"))
                .isEqualTo(series(summary).getFirst().get("median_e2el_ms"));
        assertThat(number(series(summary).getFirst(), "count_itl")).isZero();
        assertThat(number(series(summary).getLast(), "count_itl")).isEqualTo(20);
        assertThat(summary.get("rounds")).hasToString("5");
    }

    @Test
    void aLoadThatComesTwiceIsComparedTwice() {
        assertThat(program.run(
                        "bench", "--whole", "--concurrency", "2,2", "--requests", "4", "--rounds", "1", "--json"))
                .isZero();

        Map<?, ?> summary = (Map<?, ?>) Json.parse(program.out());
        assertThat((List<?>) summary.get("ratios")).hasSize(2);
    }

    @Test
    void aServerIsAskedForTheWholeRepliesThatAreMeasured() {
        assertThat(program.run("bench", "http://127.0.0.1:1/v1", "--whole", "--requests", "10"))
                .isZero();

        URI url = URI.create("http://127.0.0.1:1/v1");
        assertThat(rooms.opened())
                .containsExactly(
                        new Opened.Relay(url, Optional.empty()),
                        new Opened.Relay(url, Optional.empty(), Map.of("scripted", "scripted"), true));
    }

    @Test
    void aStallIsMeasuredHoweverLongItIsUpToTheTimeout() {
        assertThat(program.run("bench", "http://127.0.0.1:1/v1", "--whole", "--requests", "10", "--timeout", "400"))
                .isZero();
        assertThat(program.run(
                        "bench",
                        "http://127.0.0.1:1/v1",
                        "--against",
                        "http://127.0.0.1:2/v1",
                        "--requests=5",
                        "--timeout",
                        "400"))
                .isZero();

        Duration timeout = Duration.ofSeconds(400);
        assertThat(rooms.treatments()).hasSize(4).allSatisfy(relay -> {
            assertThat(relay.firstToken()).as("so that the bench's comes first").isGreaterThan(timeout);
            assertThat(relay.nextToken()).isGreaterThan(timeout);
            assertThat(relay.event()).isGreaterThan(timeout);
            assertThat(relay.retries()).isEqualTo(Retries.NONE);
        });
    }

    @Test
    void readersMayAskAgainBeforeTheConnectionsOfTheirLastRepliesAreFree() {
        assertThat(program.run("bench", "http://127.0.0.1:1/v1", "--concurrency", "1024", "--requests", "1024"))
                .isZero();

        assertThat(rooms.treatments()).extracting(UpstreamOptions::connections).containsExactly(2048);
    }

    @Test
    void whatMayComeFromTheCacheOfTheOtherOfAPairIsSaid() {
        assertThat(program.run("bench", "--whole", "--requests", "10")).isZero();

        assertThat(program.out())
                .contains("note: one model was asked the same twice, so the second of a pair may have been answered "
                        + "from the prompt cache; with --unique-prompts it is not\n");
    }

    @Test
    void promptsThatAreUniqueAreSoForBothOfAPair() {
        assertThat(program.run(
                        "bench", "--whole", "--requests", "5", "--warmup=0", "--prompt", "hi", "--unique-prompts"))
                .isZero();

        assertThat(rooms.requests())
                .hasSize(10)
                .extracting(ScriptedRooms::messages)
                .doesNotHaveDuplicates();
        assertThat(program.out()).doesNotContain("prompt cache");
    }

    @Test
    void twoServersHaveNoCacheInCommon() {
        assertThat(program.run(
                        "bench", "http://127.0.0.1:1/v1", "--against", "http://127.0.0.1:2/v1", "--requests", "5"))
                .isZero();

        assertThat(program.out()).doesNotContain("prompt cache");
    }

    @Test
    void twoModelsOfOneServerAreToldApart() throws IOException {
        assertThat(program.run(
                        "bench",
                        "http://127.0.0.1:1/v1",
                        "--model",
                        "small",
                        "--against",
                        "http://127.0.0.1:1/v1",
                        "--against-model",
                        "large",
                        "--requests",
                        "5",
                        "--output",
                        output()))
                .isZero();

        assertThat(program.out())
                .contains("1 at once: http://127.0.0.1:1/v1 large in terms of http://127.0.0.1:1/v1 small\n")
                .doesNotContain("prompt cache");
        assertThat(Files.readAllLines(folder.resolve("out/requests.jsonl")))
                .anySatisfy(line -> assertThat(line).contains("\"target\":\"http://127.0.0.1:1/v1 small\""))
                .anySatisfy(line -> assertThat(line).contains("\"target\":\"http://127.0.0.1:1/v1 large\""));
    }

    @Test
    void aServerThatIsComparedWithItselfIsToldApartToo() {
        String url = "http://127.0.0.1:1/v1";

        assertThat(program.run("bench", url, "--against", url, "--requests", "5"))
                .isZero();

        assertThat(program.out())
                .contains("1 at once: %s scripted, again in terms of %s scripted\n".formatted(url, url))
                .contains("prompt cache");
    }

    @Test
    void failuresAreToldForEachLoadAlsoWhereItComesTwice() throws IOException {
        TestProgram broken = new TestProgram(ScriptedRooms.playing(Script.of()
                .failingAfter(0, new BackendException(BackendException.Kind.OVERLOADED, "come back later"))));

        broken.run("bench", "--concurrency", "1,1", "--requests", "5", "--output", output());

        String page = Files.readString(folder.resolve("out/report.html"));
        assertThat(page.substring(page.indexOf("the first of them")).split(">overloaded<", -1))
                .hasSize(3);
    }

    @Test
    void anotherServersTokensAreNotCountedByTheModelInThisProcess() throws IOException {
        try (RawUpstream server =
                new RawUpstream((_, to) -> send(to, STREAM + chunk("one") + chunk(" two") + end(20)))) {
            assertThat(real.run(
                            "bench",
                            "--against",
                            server.baseUrl().toString(),
                            "--against-model",
                            "m",
                            "--requests",
                            "2",
                            "--rounds=1",
                            "--warmup=0",
                            "--max-tokens",
                            "4",
                            "--json"))
                    .as(real.err())
                    .isZero();
        }

        List<Map<?, ?>> series = series((Map<?, ?>) Json.parse(real.out()));
        assertThat(series)
                .extracting(each -> String.valueOf(each.get("counted_by")))
                .containsExactly("tokenizer", "pieces");
        assertThat(number(series.getLast(), "replies_with_wrong_usage")).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --concurrency 1                        | 100
            --concurrency 30                       | 300
            --concurrency 30 --rounds 20           | 1200
            --whole --concurrency 30               | 300
            --request-rate 100000 --rounds 150     | 300
            """)
    void byDefaultThereAreRequestsEnoughForTheLoadInEachRound(String arguments, int requests) {
        String[] all = Stream.concat(Stream.of("bench", "--warmup=0", "--json"), Stream.of(arguments.split(" ")))
                .toArray(String[]::new);

        assertThat(program.run(all)).as(program.err()).isZero();

        assertThat(series((Map<?, ?>) Json.parse(program.out())))
                .allSatisfy(series -> assertThat(number(series, "num_prompts")).isEqualTo(requests));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            RUNNEL_CONCURRENCY=3        | --request-rate 100000
            RUNNEL_REQUEST_RATE=0       | --concurrency 1
            RUNNEL_AGAINST=http://[     | --whole
            RUNNEL_WHOLE=1              | --against http://127.0.0.1:1/v1
            RUNNEL_DATASET=none.jsonl   | --prompt hi
            RUNNEL_AGAINST_KEY=k        | --prompt hi
            """)
    void whatIsTypedWinsOverWhatExcludesItInTheEnvironment(String variable, String arguments) {
        String[] pair = variable.split("=", 2);
        String[] all = Stream.concat(Stream.of("bench", "--requests=10"), Stream.of(arguments.split(" ")))
                .toArray(String[]::new);

        assertThat(program.environment(pair[0], pair[1]).run(all))
                .as(program.err())
                .isZero();
    }

    @Test
    void twoThatExcludeEachOtherInTheEnvironmentAreAMistake() {
        program.environment("RUNNEL_CONCURRENCY", "3").environment("RUNNEL_REQUEST_RATE", "1");

        assertThat(program.run("bench")).isEqualTo(ExitCode.USAGE);

        assertThat(program.err()).contains("--concurrency and --request-rate exclude each other");
    }

    @Test
    void theServerOnTheCommandLineWinsOverThatOfTheEnvironment() {
        program.environment("RUNNEL_URL", "http://127.0.0.1:2/v1");

        assertThat(program.run("bench", "http://127.0.0.1:1/v1", "--requests", "1"))
                .as(program.err())
                .isZero();

        assertThat(rooms.opened())
                .containsExactly(new Opened.Relay(URI.create("http://127.0.0.1:1/v1"), Optional.empty()));
    }

    @Test
    void aDataSetIsAskedInItsOrderWithItsOwnLimits() throws IOException {
        Path file = Files.writeString(folder.resolve("asked.jsonl"), """
                {"prompt": "one", "output_tokens": 7, "other": [1, {"x": 2}]}

                {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "two"}], "max_tokens": 8}
                {"prompt": "three"}
                """);

        assertThat(program.run(
                        "bench",
                        "--dataset",
                        file.toString(),
                        "--requests",
                        "4",
                        "--warmup",
                        "0",
                        "--max-tokens",
                        "5",
                        "--system",
                        "be brief"))
                .as(program.err())
                .isZero();

        assertThat(rooms.requests())
                .extracting(request -> request.stopping().maxTokens().orElseThrow())
                .containsExactly(7, 8, 5, 7);
        assertThat(ScriptedRooms.messages(rooms.requests().get(1)))
                .containsExactly(new Message.System("be brief"), new Message.System("s"), new Message.User("two"));
        assertThat(ScriptedRooms.messages(rooms.requests().get(3)))
                .containsExactly(new Message.System("be brief"), new Message.User("one"));
    }

    @Test
    void aDataSetMayBeMarkedAsUtf8AndItsLinesBeWholeRequests() throws IOException {
        Path file = Files.writeString(folder.resolve("asked.jsonl"), """
                \uFEFF{"messages": [{"role": "user", "content": "o\\u006ee"}] , "temperature": 5, "functions": [{}]}
                {"user": "%s", "max_tokens": null, "messages":[{"role":"user","content":"two"}]}
                """.formatted("x".repeat(40_000)));

        assertThat(program.run("bench", "--dataset", file.toString(), "--requests", "2", "--warmup", "0"))
                .as(program.err())
                .isZero();

        assertThat(rooms.requests())
                .extracting(ScriptedRooms::messages)
                .containsExactly(List.of(new Message.User("one")), List.of(new Message.User("two")));
    }

    @Test
    void promptsAndRepliesAreAsTheOptionsSay() {
        assertThat(program.run(
                        "bench",
                        "--prompt",
                        "hi",
                        "--unique-prompts",
                        "--ignore-eos",
                        "--max-tokens",
                        "9",
                        "--logprobs",
                        "--requests",
                        "2",
                        "--warmup",
                        "0",
                        "--temperature",
                        "0"))
                .isZero();

        assertThat(rooms.requests())
                .flatExtracting(ScriptedRooms::messages)
                .containsExactly(new Message.User("[0] hi"), new Message.User("[1] hi"));
        assertThat(rooms.requests()).allSatisfy(request -> {
            assertThat(request.stopping().ignoresEndTokens()).isTrue();
            assertThat(request.stopping().maxTokens()).hasValue(9);
            assertThat(request.logprobs()).hasValue(0);
            assertThat(request.sampling().temperature()).hasValue(0);
        });
    }

    @Test
    void aTokenizerChecksTheServersCount() {
        Path vocabulary = folder.resolve("v.gguf");
        TinyModels.llama(LlamaShape.TINY, TensorType.F32, Vocabulary.SCORED, 1).write(vocabulary);

        program.run("bench", "--tokenizer", vocabulary.toString(), "--requests", "2", "--json");

        assertThat(series((Map<?, ?>) Json.parse(program.out())).getFirst().get("counted_by"))
                .isEqualTo("tokenizer");
    }

    @Test
    void aPersonSeesHowItGoes() {
        ScriptedRooms slow =
                new ScriptedRooms(_ -> Script.saying("scripted", "a", "b").paced(Duration.ofMillis(30)));
        TestProgram watched = new TestProgram(slow).terminals(Channel.ERR);

        watched.run("bench", "--requests", "4", "--warmup", "1");

        assertThat(watched.err()).contains("\r\033[K1 at once, ").endsWith("\r\033[K");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            --concurrency 0                        | --concurrency is 0, expected 1 to 1024
            --concurrency 1,2000                   | --concurrency is 2000, expected 1 to 1024
            --concurrency x                        | 'x' is not
            --request-rate 0                       | request rate is 0.0, expected above 0
            --request-rate 1 --max-concurrency 0   | --max-concurrency is 0, expected 1 to 1024
            --request-rate 1 --concurrency 1       | --concurrency and --request-rate exclude each other
            --requests 0                           | requests is 0, expected at least 1
            --warmup -1                            | warm-up is -1 requests, expected at least 0
            --rounds 0                             | rounds is 0, expected at least 1
            --rounds 9 --requests 5                | 5 requests can't be split into 9 rounds
            --concurrency 4 --requests 3           | concurrency is 4 and would not be reached by a round of 3 requests
            --whole --concurrency 4 --requests 19  | there are 19 in 5 rounds
            --timeout 0                            | timeout is 0.0 s, expected above 0
            --goodput ttft                         | 'ttft' is no objective
            --prompt a --dataset b                 | --prompt and --dataset exclude each other
            --against http://a --whole             | --against and --whole exclude each other
            --against-model m                      | --against-model and --against-key belong to --against
            http://a --url http://b                | BASE and --url exclude each other
            --ignore-eos                           | --ignore-eos needs --max-tokens
            --max-tokens -1                        | max_tokens is -1
            --against http://[                     | http://[
            """)
    void whatMakesNoSenseIsRefusedBeforeAnythingIsAsked(String arguments, String sentence) {
        String[] all = Stream.concat(Stream.of("bench"), Stream.of(arguments.split(" ")))
                .toArray(String[]::new);

        assertThat(program.run(all)).isEqualTo(ExitCode.USAGE);

        assertThat(program.err()).contains(sentence).hasLineCount(1);
        assertThat(rooms.requests()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"prompt": "a"}~{"prompt": "b"}~{"prompt":   | asked.jsonl, line 3: it is no JSON object
            {"prompt": "a"}~["b"]                        | asked.jsonl, line 2: it is no JSON object
            {"prompt": "a"} {"prompt": "b"}              | asked.jsonl, line 1: it goes on after its first object
            {"prompt": 3}                                | asked.jsonl, line 1: its prompt is no string
            {"question": "a"}                            | asked.jsonl, line 1: it has neither a prompt nor messages
            {"prompt": "a", "max_tokens": "b"}           | asked.jsonl, line 1: its max_tokens is no number of tokens
            {"messages": [{"role": "king"}]}             | asked.jsonl, line 1: messages[0].role
            ~                                            | asked.jsonl has no prompts; expected one a line
            """)
    void aDataSetThatCanNotBeReadSaysInWhichLine(String lines, String sentence) throws IOException {
        Path file = Files.writeString(folder.resolve("asked.jsonl"), lines.replace('~', '\n'));

        assertThat(program.run("bench", "--dataset", file.toString())).isEqualTo(ExitCode.FAILED);

        assertThat(program.err()).contains(sentence).hasLineCount(1);
        assertThat(program.run("bench", "--dataset", folder.resolve("none").toString()))
                .isEqualTo(ExitCode.FAILED);
        assertThat(program.err()).contains("there is no file ");
        Path latin = Files.writeString(folder.resolve("latin.jsonl"), "{\"prompt\": \"é\"}", ISO_8859_1);
        assertThat(program.run("bench", "--dataset", latin.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(program.err()).contains("latin.jsonl is not UTF-8");
    }

    @Test
    void aServerThatIsNotThereIsNamedAtOnce() throws IOException {
        int port;
        try (ServerSocket unused = new ServerSocket(0)) {
            port = unused.getLocalPort();
        }

        assertThat(real.run("bench", "http://127.0.0.1:" + port + "/v1")).isEqualTo(ExitCode.FAILED);

        assertThat(real.err())
                .contains("upstream http://127.0.0.1:" + port + "/v1 can't be reached: Connection refused")
                .hasLineCount(1);
    }

    @Test
    void resultsThatCanNotBeWrittenAreAFailureInOneSentenceBeforeAnythingIsAsked() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        Files.createDirectories(folder.resolve("out/summary.csv"));

        assertThat(program.run("bench", "--requests", "1", "--output", file.toString()))
                .isEqualTo(ExitCode.FAILED);
        assertThat(program.run("bench", "--requests", "1", "--output", output()))
                .isEqualTo(ExitCode.FAILED);

        assertThat(program.err())
                .startsWith("runnel: the results can't be written to " + file)
                .contains("runnel: the results can't be written to " + output() + ": summary.csv can't be written\n")
                .hasLineCount(2);
        assertThat(rooms.opened()).isEmpty();
    }

    @Test
    void resultsAreToldAlsoWhereTheyCanNoLongerBeWritten() {
        TestProgram spoilt = new TestProgram(new ScriptedRooms(_ -> {
            putFileInPlaceOf(folder.resolve("out"));
            return Script.saying("scripted", "one");
        }));

        assertThat(spoilt.run("bench", "--requests", "3", "--output", output())).isEqualTo(ExitCode.FAILED);

        assertThat(spoilt.out()).contains("  replies  3 in ").doesNotContain("wrote ");
        assertThat(spoilt.err())
                .contains("runnel: the results can't be written to " + output())
                .hasLineCount(1);
    }

    private static void putFileInPlaceOf(Path folder) {
        try {
            if (Files.isDirectory(folder)) {
                Files.delete(folder);
                Files.createFile(folder);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Test
    void resultsAreWrittenAlsoWhereNobodyReadsThem() {
        program.pipe(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        });

        assertThat(program.run("bench", "--requests", "1", "--output", output()))
                .isEqualTo(ExitCode.OUTPUT_CLOSED);

        assertThat(folder.resolve("out/report.html")).isNotEmptyFile();
        assertThat(folder.resolve("out/requests.jsonl")).isNotEmptyFile();
    }

    private String output() {
        return folder.resolve("out").toString();
    }

    private static List<Map<?, ?>> series(Map<?, ?> summary) {
        return ((List<?>) summary.get("series"))
                .stream().<Map<?, ?>>map(each -> (Map<?, ?>) each).toList();
    }

    private static List<String> names(Map<?, ?> object) {
        return object.keySet().stream().map(Object::toString).toList();
    }

    private static double number(Map<?, ?> object, String name) {
        return ((Number) object.get(name)).doubleValue();
    }
}
