package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.runnel.app.ScriptedRooms.Opened;
import dev.runnel.core.Backend;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Script;
import dev.runnel.core.TokenCodec;
import dev.runnel.core.TokenEvent;
import dev.runnel.engine.CacheType;
import dev.runnel.engine.EngineOptions;
import dev.runnel.engine.FolderOptions;
import dev.runnel.engine.LoadingListener;
import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.ModelLogits;
import dev.runnel.engine.ModelSummary;
import dev.runnel.relay.UpstreamOptions;
import dev.runnel.testing.Await;
import dev.runnel.testing.RawUpstream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServeCommandTest {

    private final HttpClient client = HttpClient.newHttpClient();
    private final ScriptedRooms rooms = ScriptedRooms.saying("2", "。");
    private final TestProgram program = new TestProgram(rooms);
    private TestProgram.@Nullable Running running;
    private @Nullable StreamedReply stream;

    @AfterEach
    void stop() throws InterruptedException {
        if (stream != null) {
            stream.close();
        }
        client.shutdownNow();
        if (running != null) {
            running.stop().exitCode();
        }
    }

    @Test
    void itSaysWhatItServesAndWhere() throws Exception {
        serve("--port", "0");

        assertThat(program.out())
                .contains("scripted: llama, 1.83 M parameters, Q8_0, loaded in ")
                .contains("demonstration model; --model FILE.gguf")
                .contains("Listening on http://127.0.0.1:" + port() + "/v1\n");
        assertThat(get("/health").statusCode()).isEqualTo(200);
    }

    @Test
    void theCommandItPrintsWorksAsPrinted() throws Exception {
        serve("--port", "0", "--model-id", "a \"quoted\" \\ model's");

        Process shell = new ProcessBuilder(
                        "sh", "-c", "command -v curl >/dev/null || { echo no curl; exit; }\n" + printedCommand())
                .redirectErrorStream(true)
                .start();
        String answer = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assumeFalse(answer.equals("no curl\n"), "there is no curl on this machine");
        assertThat(answer)
                .contains("\"content\":\"2\"")
                .contains("\"content\":\"。\"")
                .contains("data: [DONE]");
    }

    @Test
    void whatAModelIsCalledMovesNoCursor() {
        serve("--port", "0", "--model-id", "m\033[2J");

        assertThat(printedCommand()).contains("\"model\":\"m[2J\"");
        assertThat(program.out()).doesNotContain("\033");
    }

    @Test
    void whatIsOnTheBlocklistIsNeverSent(@TempDir Path folder) throws Exception {
        Path phrases = Files.writeString(folder.resolve("phrases.txt"), "# what nobody says\nsecret word\n");
        ScriptedRooms rooms =
                ScriptedRooms.playing(Script.saying("scripted", "the ", "sec", "ret wo", "rd", ".", " And more"));
        TestProgram server = new TestProgram(rooms);
        running = serve(server, "--port", "0", "--blocklist", phrases.toString());

        assertThat(stream(server).rest())
                .contains("\"content\":\"the \"", "\"finish_reason\":\"content_filter\"", "data: [DONE]")
                .doesNotContain("\"content\":\"sec", "ret wo", "And more");
        assertThat(rooms.inProgress()).isZero();
    }

    @Test
    void nothingIsSentThatTheModeratorFlags() throws Exception {
        ScriptedRooms rooms =
                ScriptedRooms.playing(Script.saying("scripted", "This is fine.", " This is", " not.", " And more."));
        TestProgram server = new TestProgram(rooms);
        try (RawUpstream judge = new RawUpstream((request, to) -> to.json(
                200, "{\"results\":[{\"flagged\":%s}]}".formatted(request.body().contains("not"))))) {
            running = serve(
                    server, "--port", "0", "--moderator", judge.baseUrl().toString(), "--moderator-model", "judge-1");

            assertThat(stream(server).rest())
                    .contains("\"content\":\"This is fine.\"", "\"finish_reason\":\"content_filter\"", "data: [DONE]")
                    .doesNotContain("not.", "And more");
            assertThat(judge.requests().getFirst().body())
                    .isEqualTo("{\"input\":\"This is fine.\",\"model\":\"judge-1\"}");
        }
    }

    @Test
    void whereTheModeratorCannotBeAskedAReplyBreaksOff() throws Exception {
        TestProgram server = new TestProgram(ScriptedRooms.playing(Script.saying("scripted", "Who knows.")));
        try (RawUpstream judge = new RawUpstream((_, to) -> to.json(500, "{}"))) {
            running =
                    serve(server, "--port", "0", "--moderator", judge.baseUrl().toString());

            assertThat(stream(server).rest())
                    .contains("\"error\":", "when asked whether the reply may be shown")
                    .doesNotContain("Who knows", "[DONE]", "finish_reason\":\"");
        }
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            --moderator,       ftp://a, '--moderator: the upstream''s address is ftp://a, expected something like'
            --moderator-model, judge-1, '--moderator-model judges for --moderator, and none is given'
            """)
    void aModeratorThatIsNoneIsAMistake(String option, String value, String message) throws Exception {
        assertThat(program.run("serve", "--port", "0", option, value)).isEqualTo(ExitCode.USAGE);

        assertThat(program.err()).contains(message);
        assertThat(rooms.opened()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            none.txt,  there is no file
            empty.txt, 'empty.txt: a blocklist has no phrases, expected at least one'
            .,         can't be read
            """)
    void aBlocklistThatIsNoneIsToldBeforeAnythingIsLoaded(String file, String message, @TempDir Path folder)
            throws Exception {
        Files.writeString(folder.resolve("empty.txt"), "# nothing yet\n");

        assertThat(program.run("serve", "--blocklist", folder.resolve(file).toString()))
                .isEqualTo(ExitCode.FAILED);

        assertThat(program.err()).contains(message).hasLineCount(1);
        assertThat(rooms.opened()).isEmpty();
    }

    @Test
    void stoppingLetsWhatRunsFinish() throws Exception {
        TestProgram server = new TestProgram(
                ScriptedRooms.playing(Script.saying("scripted", "1", "2", "3").paced(Duration.ofMillis(150))));
        var serving = serve(server, "--port", "0");
        StreamedReply stream = stream(server);
        stream.readTo("\"content\":\"1\"");

        serving.stop();

        assertThat(stream.rest()).contains("\"content\":\"3\"").contains("data: [DONE]");
        assertThat(serving.exitCode()).isZero();
        assertThat(server.err()).contains("Stopping; what runs may finish within 10 s.");
    }

    @Test
    void whatOutlastsTheGraceIsToldThatItBrokeOff() throws Exception {
        ScriptedRooms rooms =
                ScriptedRooms.playing(Script.saying("scripted", "1", "2").hangingAfter(2));
        TestProgram server = new TestProgram(rooms);
        var serving = serve(server, "--port", "0", "--grace", "0");
        StreamedReply stream = stream(server);
        stream.readTo("\"content\":\"1\"");

        serving.stop();

        assertThat(stream.rest()).contains("event: error").doesNotContain("[DONE]");
        assertThat(serving.exitCode()).isZero();
        assertThat(rooms.inProgress()).isZero();
    }

    @Test
    void whileTheModelLoadsItIsThereAndSaysSo() throws Exception {
        CountDownLatch enough = new CountDownLatch(1);
        TestProgram server = new TestProgram(loadingUntil(enough));
        int port = freePort();
        running = server.start("serve", "--port", String.valueOf(port));
        Await.until("the port to be open", () -> status(port, "/health") != 0);

        assertThat(status(port, "/health")).isEqualTo(503);
        enough.countDown();
        running.awaitOut("Listening on");
        assertThat(status(port, "/health")).isEqualTo(200);
    }

    @Test
    void itCanBeStoppedWhileTheModelLoads() throws Exception {
        TestProgram server = new TestProgram(loadingUntil(new CountDownLatch(1)));
        var serving = server.start("serve", "--port", "0").awaitErr("loading");

        serving.stop();

        assertThat(serving.exitCode()).isZero();
        assertThat(server.err()).contains("Stopped while the model was loading.");
        assertThat(server.out()).isEmpty();
    }

    @Test
    void aPortInUseIsAFailureInOneSentence() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(program.run("serve", "--port", String.valueOf(taken.getLocalPort())))
                    .isEqualTo(ExitCode.FAILED);

            assertThat(program.err())
                    .startsWith("runnel: ")
                    .contains("127.0.0.1:" + taken.getLocalPort())
                    .hasLineCount(1);
            assertThat(rooms.opened()).as("nothing is loaded for nothing").isEmpty();
        }
    }

    @Test
    void aHostThatIsNoneIsAFailureInOneSentence() {
        assertThat(program.run("serve", "--host", "no.such.host.invalid", "--port", "0"))
                .isEqualTo(ExitCode.FAILED);

        assertThat(program.err()).contains("no.such.host.invalid").hasLineCount(1);
    }

    @Test
    void aFaultWhileLoadingIsAFailureInOneSentence() {
        TestProgram broken = new TestProgram(failingWith(new ModelFileException("m.gguf", "has no tensors")));
        TestProgram tooLarge = new TestProgram(failingWith(new OutOfMemoryError("Java heap space")));

        assertThat(broken.run("serve", "--port", "0")).isEqualTo(ExitCode.FAILED);
        assertThat(tooLarge.run("serve", "--port", "0")).isEqualTo(ExitCode.FAILED);

        assertThat(broken.err()).endsWith("runnel: m.gguf: has no tensors\n");
        assertThat(tooLarge.err())
                .endsWith("runnel: not enough memory (Java heap space); "
                        + "RUNNEL_JAVA_OPTS=-Xmx8g gives the program 8 GB\n");
    }

    @Test
    void valuesOutOfBoundsAreMistakes() {
        for (String[] wrong : List.of(
                new String[] {"--port", "65536"},
                new String[] {"--port", "http"},
                new String[] {"--grace", "-1"},
                new String[] {"--max-sequences", "0"},
                new String[] {"--max-waiting", "-1"},
                new String[] {"--cache-mib", "0"},
                new String[] {"--cache-type", "f8"},
                new String[] {"--stall", "-1"},
                new String[] {"--memory", "lots"},
                new String[] {"--memory", "0g"},
                new String[] {"--idle", "-1"},
                new String[] {"--context-length", "0"},
                new String[] {"--threads", "0"},
                new String[] {"--speculate", "wildly"},
                new String[] {"--draft", "small.gguf"},
                new String[] {"--model-id", " "},
                new String[] {"--api-key", " "})) {
            TestProgram misused = new TestProgram(rooms);

            assertThat(misused.run("serve", wrong[0], wrong[1])).as(wrong[0]).isEqualTo(ExitCode.USAGE);
            assertThat(misused.err()).startsWith("runnel: ").hasLineCount(1);
        }
    }

    @Test
    void aTimeThatIsNoneIsRefusedInTheUnitOfItsOption() {
        for (String option : List.of("--grace", "--idle", "--stall")) {
            for (String wrong : List.of("-1", "1.5", "soon", "99999999999")) {
                TestProgram misused = new TestProgram(rooms);

                assertThat(misused.run("serve", option, wrong)).isEqualTo(ExitCode.USAGE);
                assertThat(misused.err())
                        .contains(option, "'" + wrong + "' is no number of ", "seconds, expected a whole one");
            }
        }
    }

    @Test
    void whatARequestIsGrantedIsUpToTheServer() throws Exception {
        serve("--port", "0", "--strict", "--max-choices", "2", "--max-stop-strings", "5");

        assertThat(complete("\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"]").statusCode())
                .isEqualTo(200);
        assertThat(complete("\"n\":3").body()).contains("over this server's 2");
        assertThat(complete("\"nn\":1").body()).contains("unknown_parameter");
    }

    @Test
    void howRepliesAreWordedIsUpToTheServer() throws Exception {
        TestProgram server = new TestProgram(ScriptedRooms.playing(Script.of(
                new TokenEvent.Started("scripted", 1),
                new TokenEvent.Thinking(0, "hm"),
                new TokenEvent.Call(0, "call_1", "now"),
                new TokenEvent.Arguments(0, "{}"),
                new TokenEvent.Finished(0, FinishReason.TOOL_CALLS),
                new TokenEvent.Usage(1, 1))));
        serve(server, "--port", "0", "--obfuscate", "--reasoning-alias", "--named-calls-finish-as-calls");

        String reply = complete(port(server), """
                "stream":true,"tools":[{"type":"function","function":{"name":"now"}}],
                "tool_choice":{"type":"function","function":{"name":"now"}}""").body();

        assertThat(reply).contains("\"obfuscation\":\"", "\"reasoning\":\"hm\"", "\"finish_reason\":\"tool_calls\"");
    }

    @Test
    void optionsOfTheEngineReachTheEngine() throws Exception {
        serve(
                program,
                "--port",
                "0",
                "--model-id",
                "m",
                "--threads",
                "2",
                "--context-length",
                "300",
                "--max-sequences",
                "3",
                "--max-waiting",
                "4",
                "--cache-mib",
                "500",
                "--cache-type",
                "q8",
                "--stall",
                "20",
                "--speculate",
                "off");

        assertThat(rooms.opened())
                .containsExactly(new Opened.Engine(
                        Optional.empty(),
                        EngineOptions.DEFAULT
                                .withModelId("m")
                                .withThreads(2)
                                .withContextLength(300)
                                .withSequences(3)
                                .withWaiting(4)
                                .withCacheBytes(500L << 20)
                                .withCacheType(CacheType.Q8)
                                .withStall(Duration.ofMillis(20))
                                .withGuessing(EngineOptions.Guessing.OFF)));
        assertThat(get("/v1/models").body()).contains("\"m\"");
    }

    @Test
    void aDraftGuessesForTheModelAndNotForAFolder() {
        serve("--port", "0", "--model", "m.gguf", "--models", "folder", "--draft", "small.gguf");

        assertThat(rooms.opened())
                .containsExactly(
                        new Opened.Folder(Path.of("folder"), EngineOptions.DEFAULT, FolderOptions.ofThisMachine()),
                        new Opened.Engine(
                                Optional.of(Path.of("m.gguf")),
                                EngineOptions.DEFAULT.withDraft(Path.of("small.gguf"))));
    }

    @Test
    void aFolderOfModelsIsServedWithinItsMemory() throws Exception {
        serve("--port", "0", "--models", "some/folder", "--memory", "1.5g", "--idle", "60", "--threads", "2");

        assertThat(rooms.opened())
                .containsExactly(new Opened.Folder(
                        Path.of("some/folder"),
                        EngineOptions.DEFAULT.withThreads(2),
                        FolderOptions.ofThisMachine().withMemoryBytes(3L << 29).withIdle(Duration.ofMinutes(1))));
        assertThat(program.out())
                .contains("some/folder: loaded when asked for, within 1.50 GiB: one-of-a-folder\n")
                .contains("\"model\":\"one-of-a-folder\"");
    }

    @Test
    void aFolderAndAModelAreServedTogether() throws Exception {
        program.environment("RUNNEL_MODELS", "folder");
        serve("--port", "0", "--model", "m.gguf", "--model-id", "m");

        assertThat(rooms.opened())
                .containsExactly(
                        new Opened.Folder(
                                Path.of("folder"),
                                EngineOptions.DEFAULT.withModelId("m"),
                                FolderOptions.ofThisMachine()),
                        new Opened.Engine(Optional.of(Path.of("m.gguf")), EngineOptions.DEFAULT.withModelId("m")));
        assertThat(get("/v1/models").body()).contains("\"one-of-a-folder\"", "\"m\"");
    }

    @Test
    void aModelWhoseNameIsTakenIsSaidToBeOutOfReach() {
        serve("--port", "0", "--models", "folder", "--model", "m.gguf", "--model-id", "one-of-a-folder");

        assertThat(program.err())
                .contains("Note: requests for one-of-a-folder are served from elsewhere and never reach this model;"
                        + " --model-id NAME gives it a name of its own\n");
    }

    @Test
    void aNameForTheModelsOfAFolderIsAMistake() {
        assertThat(program.run("serve", "--models", "folder", "--model-id", "m"))
                .isEqualTo(ExitCode.USAGE);

        assertThat(program.err())
                .contains("--model-id names the model of --model")
                .hasLineCount(1);
    }

    @Test
    void onlyClientsWithAKeyAreLetIn() throws Exception {
        program.environment("RUNNEL_API_KEY", "first,second");
        serve(program, "--port", "0");

        assertThat(get("/v1/models").statusCode()).isEqualTo(401);
        assertThat(get("/v1/models", "Authorization", "Bearer second").statusCode())
                .isEqualTo(200);
        assertThat(printedCommand()).contains("-H 'Authorization: Bearer YOUR_KEY'");
        assertThat(program.out()).doesNotContain("first").doesNotContain("second");
    }

    @Test
    void aPageFromElsewhereMustBeAllowed() throws Exception {
        serve(program, "--port", "0", "--allow-origin", "https://app.example");

        assertThat(get("/v1/models", "Origin", "https://app.example").statusCode())
                .isEqualTo(200);
        assertThat(get("/v1/models", "Origin", "https://evil.example").statusCode())
                .isEqualTo(403);
    }

    @Test
    void aServerForEveryoneOnTheNetworkSaysSo() throws Exception {
        serve(program, "--host", "0.0.0.0", "--port", "0");

        assertThat(program.out()).contains("Listening on http://127.0.0.1:" + port() + "/v1");
        assertThat(program.err())
                .contains("everyone who reaches this machine may use it; --api-key KEY asks for a key");
    }

    @Test
    void anUpstreamIsRelayed() throws Exception {
        program.environment("RUNNEL_UPSTREAM_KEY_127_0_0_1", "k");
        serve(program, "--port", "0", "--upstream", "http://127.0.0.1:1/v1");

        assertThat(rooms.opened())
                .containsExactly(new Opened.Relay(URI.create("http://127.0.0.1:1/v1"), Optional.of("k"), Map.of()));
        assertThat(program.out()).contains("http://127.0.0.1:1/v1: relayed, models: scripted\n");
    }

    @Test
    void anUpstreamAndAModelAreServedTogether() throws Exception {
        serve(program, "--port", "0", "--upstream", "http://127.0.0.1:1/v1", "--model", "m.gguf", "--model-id", "mine");

        assertThat(rooms.opened())
                .containsExactly(
                        new Opened.Relay(URI.create("http://127.0.0.1:1/v1"), Optional.empty(), Map.of()),
                        new Opened.Engine(Optional.of(Path.of("m.gguf")), EngineOptions.DEFAULT.withModelId("mine")));
        assertThat(get("/v1/models").body()).contains("\"mine\"").contains("\"scripted\"");
    }

    @Test
    void upstreamsHaveNamesAndTheirOwnKeysAndModels() throws Exception {
        program.environment("RUNNEL_UPSTREAM_KEY_BIG_LAB", "secret");
        serve(
                program,
                "--port",
                "0",
                "--upstream",
                "small=http://127.0.0.1:1/v1",
                "--upstream",
                "big-lab=https://127.0.0.1:2/v1",
                "--upstream-model",
                "best=big-lab/org/model:7b",
                "--upstream-retries",
                "0");

        assertThat(rooms.opened())
                .containsExactlyInAnyOrder(
                        new Opened.Relay(
                                URI.create("https://127.0.0.1:2/v1"),
                                Optional.of("secret"),
                                Map.of("best", "org/model:7b")),
                        new Opened.Relay(URI.create("http://127.0.0.1:1/v1"), Optional.empty(), Map.of()));
        assertThat(get("/v1/models").body()).containsSubsequence("\"best\"", "\"scripted\"");
    }

    @ParameterizedTest
    @CsvSource({"llama_cpp, LLAMA_CPP", "[::1], ___1_"})
    void anUpstreamThatIsGivenNoNameHasThatOfItsHost(String host, String variable) {
        program.environment("RUNNEL_UPSTREAM_KEY_" + variable, "k");
        String url = "http://" + host + ":8080/v1";
        serve(program, "--port", "0", "--upstream", url, "--upstream-model", host + "/m");

        assertThat(rooms.opened())
                .containsExactly(new Opened.Relay(URI.create(url), Optional.of("k"), Map.of("m", "m")));
    }

    @Test
    void ofTwoUpstreamsThatListTheSameModelTheFirstIsAskedAndThatIsSaid() {
        serve(program, "--port", "0", "--upstream", "a=http://127.0.0.1:1/v1,b=http://127.0.0.1:2/v1");

        assertThat(program.out())
                .contains("http://127.0.0.1:1/v1: relayed, models: scripted\n")
                .contains("http://127.0.0.1:2/v1: relayed, models: ; served from elsewhere: scripted\n");
    }

    @Test
    void anUpstreamThatIsDownIsLeftOutWhereOthersStand() throws Exception {
        serve(program, "--port", "0", "--upstream", "a=http://127.0.0.1:1/down,b=http://127.0.0.1:2/v1");

        assertThat(program.err())
                .contains("Note: left out until it is there: upstream http://127.0.0.1:1/down can't be reached\n");
        assertThat(get("/v1/models").body()).contains("\"scripted\"");
    }

    @Test
    void upstreamsAreAskedAtOnce() {
        serve(program, "--port", "0", "--upstream", "a=http://127.0.0.1:1/both,b=http://127.0.0.1:2/both");

        assertThat(program.out())
                .containsSubsequence("http://127.0.0.1:1/both: relayed", "http://127.0.0.1:2/both: relayed");
        assertThat(program.err()).doesNotContain("left out");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--upstream=b=http://127.0.0.1:2/v1", "--model=m.gguf"})
    void anUpstreamThatIsSilentIsLeftOutWhereThereIsSomethingElse(String other) throws Exception {
        serve(program, "--port", "0", "--upstream", "a=http://127.0.0.1:1/silent", other);

        assertThat(program.err())
                .contains("Note: left out until it is there: upstream http://127.0.0.1:1/silent did not list its"
                        + " models within 3 s\n");
        assertThat(get("/v1/models").body()).contains("\"scripted\"");
    }

    @Test
    void anUpstreamThatWasDownIsServedOnceItIsThere() throws Exception {
        serve(program, "--port", "0", "--upstream", "a=http://127.0.0.1:1/late,b=http://127.0.0.1:2/v1");
        assertThat(program.err()).contains("Note: left out until it is there: upstream http://127.0.0.1:1/late");

        Await.until(
                "the upstream to be there",
                () -> program.err().contains("Note: http://127.0.0.1:1/late is there and relayed, models: late\n"));
        assertThat(get("/v1/models").body()).contains("\"late\"", "\"scripted\"");
    }

    @Test
    void anUpstreamThatComesLateIsToldApartFromWhatIsServedByThen() {
        String late = "http://127.0.0.1:1/late";
        serve(program, "--port", "0", "--upstream", late, "--model", "m.gguf", "--model-id", "late");

        Await.until(
                "the upstream to be there",
                () -> program.err()
                        .contains("Note: " + late + " is there and relayed, models: ; served from elsewhere: late\n"));
    }

    @Test
    void whereTheOnlyUpstreamIsDownThereIsNothingToServe() {
        assertThat(program.run("serve", "--port", "0", "--upstream", "http://127.0.0.1:1/down"))
                .isEqualTo(ExitCode.FAILED);

        assertThat(program.err()).contains("runnel: upstream http://127.0.0.1:1/down can't be reached");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --upstream=http://h/v1 --upstream=http://h/v2     | --upstream has two servers named h,
            --upstream=a.b=http://h/v1,a-b=http://i/v1        | --upstream has two servers named a-b,
            --upstream=a=http://h/v1 --upstream-model=b/m     | --upstream-model b/m is of no --upstream; there is a
            --upstream-model=b/m                              | is of no --upstream; there is none
            --upstream=a=http://h/v1 --upstream-model=m       | --upstream-model is m, expected [ID=]NAME/MODEL
            --upstream=a=http://h/v1 --upstream-model=a/m,m=a/n | --upstream-model serves two models as m
            --upstream=a=http://h/v1 --upstream-retries=99    | retries is 99, expected 0 to 10
            --upstream=a=localhost:8000/v1                    | --upstream a: the upstream's address is localhost:8000
            --upstream=http://h/v1?key=1                      | --upstream h: the upstream's address holds a query
            """)
    void flagsOfUpstreamsThatDoNotFitAreNamed(String flags, String sentence) {
        assertThat(program.run(Stream.concat(Stream.of("serve"), Stream.of(flags.split(" +")))
                        .toArray(String[]::new)))
                .isEqualTo(ExitCode.USAGE);

        assertThat(program.err()).contains(sentence);
    }

    private void serve(String... options) {
        serve(program, options);
    }

    private TestProgram.Running serve(TestProgram server, String... options) {
        String[] arguments =
                Stream.concat(Stream.of("serve"), Stream.of(options)).toArray(String[]::new);
        TestProgram.Running started = server.start(arguments).awaitOut("Try it");
        running = started;
        return started;
    }

    private int port() {
        return port(program);
    }

    private static int port(TestProgram server) {
        Matcher url = Pattern.compile("Listening on http://[^:]+:(\\d+)/v1").matcher(server.out());
        assertThat(url.find()).as(server.out() + server.err()).isTrue();
        return Integer.parseInt(url.group(1));
    }

    private String printedCommand() {
        return program.out()
                .lines()
                .filter(line -> line.startsWith("  curl "))
                .findFirst()
                .orElseThrow();
    }

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> complete(String members) throws Exception {
        return complete(port(), members);
    }

    private HttpResponse<String> complete(int port, String members) throws Exception {
        String body = """
                {"model":"scripted","messages":[{"role":"user","content":"hi"}],%s}""".formatted(members);
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /// @return 0 if nobody answers
    private int status(int port, String path) {
        try {
            URI url = URI.create("http://127.0.0.1:" + port + path);
            return client.send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException notYet) {
            return 0;
        } catch (InterruptedException interrupt) {
            throw new AssertionError(interrupt);
        }
    }

    private StreamedReply stream(TestProgram server) throws Exception {
        StreamedReply opened = new StreamedReply("http://127.0.0.1:" + port(server) + "/v1");
        stream = opened;
        return opened;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Rooms loadingUntil(CountDownLatch enough) {
        return loading(() -> {
            try {
                enough.await();
            } catch (InterruptedException interrupt) {
                throw new AssertionError(interrupt);
            }
        });
    }

    private Rooms failingWith(Throwable failure) {
        return loading(() -> {
            switch (failure) {
                case RuntimeException exception -> throw exception;
                case Error error -> throw error;
                default -> throw new AssertionError(failure);
            }
        });
    }

    /// The scripted rooms, where loading a model does `meanwhile` first.
    private Rooms loading(Runnable meanwhile) {
        return new Rooms() {
            @Override
            public LoadedModel load(Optional<Path> file, EngineOptions options, LoadingListener listener) {
                meanwhile.run();
                return rooms.load(file, options, listener);
            }

            @Override
            public Backend folder(Path folder, EngineOptions options, FolderOptions folderOptions) {
                return rooms.folder(folder, options, folderOptions);
            }

            @Override
            public Backend relay(URI upstream, Optional<String> key, UpstreamOptions options) {
                return rooms.relay(upstream, key, options);
            }

            @Override
            public TokenCodec codec(Optional<Path> file) {
                return rooms.codec(file);
            }

            @Override
            public ModelLogits logits(Path file, EngineOptions options, LoadingListener listener) {
                return rooms.logits(file, options, listener);
            }

            @Override
            public ModelSummary inspect(Path file) {
                return rooms.inspect(file);
            }
        };
    }
}
