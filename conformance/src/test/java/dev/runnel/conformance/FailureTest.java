package dev.runnel.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.runnel.conformance.Client.Order;
import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Script;
import dev.runnel.core.TokenEvent;
import dev.runnel.testing.Await;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// No client takes a reply that broke off for a complete one, wherever and however it broke: at every event of
/// the backend, at every byte of the network.
class FailureTest {

    /// Short, because it is read once for each of its bytes.
    private static final Script SHORT = Script.of(
            new TokenEvent.Started(ScriptedServer.MODEL, 1),
            new TokenEvent.Text(0, "Hi 世界"),
            new TokenEvent.Finished(0, FinishReason.STOP),
            new TokenEvent.Usage(9, 4, 6, 0));

    private static final Reading SHORT_READING =
            Reading.of(Reading.Choice.of("Hi 世界", "stop"), new Reading.Usage(9, 4, 6, 0));

    /// How many bytes lie between two cuts. Every byte in the JVM, but for Spring AI, which reads through OpenAI's
    /// client; fewer in Node, where a broken connection costs more.
    private static int stride(Client client) {
        return Clients.isInNode(client) ? 9 : client instanceof SpringAi ? 5 : 1;
    }

    private static final int FAR_MORE_THAN_THE_REPLY = 10_000;

    private static ScriptedServer server;

    @BeforeAll
    static void serve() {
        server = new ScriptedServer();
        server.on("short", SHORT);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @TestFactory
    @Execution(ExecutionMode.CONCURRENT)
    Stream<DynamicTest> aBackendThatFailsAtAnyEventIsAnErrorWithItsReason() {
        List<Script.Step> steps = Scenario.PLAIN
                .script(CompletionRequest.of(ScriptedServer.MODEL, ""))
                .steps();
        for (int events = 0; events < steps.size(); events++) {
            server.on(
                    "failing after " + events,
                    new Script(steps)
                            .failingAfter(
                                    events,
                                    new BackendException(Kind.UPSTREAM, "the engine caught fire at " + events)));
        }
        return Clients.all()
                .map(client -> dynamicTest(client.title(), () -> {
                    for (int events = 0; events < steps.size(); events++) {
                        Outcome outcome = Outcome.of(client, server.uri(), Order.of("failing after " + events));

                        assertThat(outcome.failure())
                                .as("after %d events", events)
                                .contains("the engine caught fire at " + events);
                    }
                }));
    }

    @TestFactory
    @Execution(ExecutionMode.CONCURRENT)
    Stream<DynamicTest> aStreamThatBreaksOffAmongTwoChoicesIsAnError() {
        List<Script.Step> steps = Scenario.CHOICES
                .script(CompletionRequest.of(ScriptedServer.MODEL, "").withChoices(2))
                .steps();
        for (int events = 1; events < steps.size(); events++) {
            server.on(
                    "two choices, failing after " + events,
                    new Script(steps).failingAfter(events, new BackendException(Kind.TIMED_OUT, "too slow")));
        }
        return Clients.all()
                .filter(client -> client.asks(Scenario.CHOICES))
                .map(client -> dynamicTest(client.title(), () -> {
                    for (int events = 1; events < steps.size(); events++) {
                        Order order =
                                new Order("two choices, failing after " + events, Scenario.Ask.CHOICES, true, 0, false);

                        assertThat(Outcome.of(client, server.uri(), order).failure())
                                .as("after %d events", events)
                                .contains("too slow");
                    }
                }));
    }

    @TestFactory
    @Execution(ExecutionMode.CONCURRENT)
    Stream<DynamicTest> aConnectionThatIsCutAtAnyByteIsAnErrorUnlessAllOfTheReplyHadCome() {
        return Clients.all()
                .map(client -> dynamicTest(client.title(), () -> {
                    try (CuttingProxy proxy = new CuttingProxy(server.port())) {
                        int bytes = 0;
                        Outcome outcome;
                        do {
                            proxy.cutAfter(bytes, bytes % 2 == 0);
                            outcome = Outcome.of(client, proxy.uri(), Order.of("short"));
                            bytes += stride(client);
                        } while (outcome.failure() != null && bytes < FAR_MORE_THAN_THE_REPLY);

                        assertThat(outcome.reading())
                                .as("after %d bytes", bytes)
                                .isEqualTo(SHORT_READING.only(client.tells()));
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> aServerThatIsShutDownInMidAnswerIsAnError() {
        return Clients.all()
                .filter(Client::streams)
                .map(client -> dynamicTest(client.title(), () -> {
                    ScriptedServer dying = new ScriptedServer();
                    dying.on(
                            "hanging",
                            new Script(Scenario.PLAIN
                                            .script(CompletionRequest.of(ScriptedServer.MODEL, ""))
                                            .steps())
                                    .hangingAfter(3));
                    Thread closer = Thread.startVirtualThread(() -> {
                        Await.until("the stream runs", () -> dying.inProgress() == 1);
                        dying.close();
                    });

                    Outcome outcome = Outcome.of(client, dying.uri(), Order.of("hanging"));

                    closer.join();
                    assertThat(outcome.failure()).isNotNull();
                }));
    }

    @TestFactory
    Stream<DynamicTest> aClientThatLeavesStopsTheWork() {
        server.on(
                "endless",
                new Script(Stream.concat(
                                SHORT.steps().stream().limit(2),
                                Stream.generate(() -> List.<Script.Step>of(
                                                new Script.Step.Wait(Duration.ofMillis(5)),
                                                new Script.Step.Emit(new TokenEvent.Text(0, "more "))))
                                        .limit(5_000)
                                        .flatMap(List::stream))
                        .toList()));
        return Clients.all()
                .filter(Client::streams)
                .map(client -> dynamicTest(client.title(), () -> {
                    client.read(server.uri(), Order.of("endless").leavingEarly());

                    Await.until("the work stops", () -> server.inProgress() == 0);
                }));
    }

    @TestFactory
    @Execution(ExecutionMode.CONCURRENT)
    Stream<DynamicTest> whatIsSaidToPassIsTriedAgain() {
        Set<String> patient = Set.of("openai-java", "openai-node", "vercel", "langchain", "spring-ai");
        return Clients.all()
                .filter(client ->
                        patient.stream().anyMatch(name -> client.title().startsWith(name + " ")))
                .map(client -> dynamicTest(client.title(), () -> {
                    String message = "busy twice: " + client.title();
                    server.on(
                            message,
                            _ -> server.asked(message) <= 2
                                    ? refusing(BackendException.overloaded("busy", Duration.ofMillis(1)))
                                    : SHORT);

                    Outcome outcome =
                            Outcome.of(client, server.uri(), Order.of(message).withRetries(2));

                    assertThat(outcome.failure()).isNull();
                    assertThat(outcome.reading()).isEqualTo(SHORT_READING.only(client.tells()));
                    assertThat(server.asked(message)).isEqualTo(3);
                }));
    }

    @TestFactory
    Stream<DynamicTest> aQuotaThatIsSpentIsNotTriedAgain() {
        Set<String> obedient = Set.of("openai-java", "openai-node", "spring-ai");
        return Clients.all()
                .filter(client ->
                        obedient.stream().anyMatch(name -> client.title().startsWith(name + " ")))
                .map(client -> dynamicTest(client.title(), () -> {
                    String message = "quota: " + client.title();
                    server.on(
                            message,
                            refusing(BackendException.overloaded("your quota is spent", Duration.ofMillis(1))
                                    .withCode("insufficient_quota")));

                    Outcome outcome =
                            Outcome.of(client, server.uri(), Order.of(message).withRetries(2));

                    assertThat(outcome.failure()).contains("your quota is spent");
                    assertThat(server.asked(message)).isEqualTo(1);
                }));
    }

    private static Script refusing(BackendException cause) {
        return new Script(List.of(new Script.Step.Fail(cause)));
    }

    /// What became of a reply in a client's hands: it was read, or it failed.
    private record Outcome(Reading reading, String failure) {

        static Outcome of(Client client, URI server, Order order) {
            try {
                return new Outcome(client.read(server, order).only(client.tells()), null);
            } catch (AssertionError notTheClients) {
                throw notTheClients;
            } catch (Exception failure) {
                return new Outcome(null, told(failure));
            }
        }

        /// With causes: some clients wrap.
        private static String told(Throwable failure) {
            StringBuilder told = new StringBuilder();
            for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                told.append(cause).append('\n');
            }
            return told.toString();
        }
    }
}
