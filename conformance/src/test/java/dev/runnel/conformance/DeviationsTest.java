package dev.runnel.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.sun.net.httpserver.HttpServer;
import dev.runnel.conformance.Client.Order;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Why the rules are rules: each is there because a stream of ours that breaks it, and is good otherwise, is not
/// read right by the clients that are named here. It also shows that the other tests would notice.
class DeviationsTest {

    /// @param breaks clients that report an error or read something else
    private record Deviation(String name, Scenario scenario, UnaryOperator<String> spoil, List<String> breaks) {}

    private static final String LAST_USAGE = "(?s)data: (?:(?!data: ).)*\"choices\":\\[],\"usage\":\\{.*?\n\n";

    private static final Map<String, String> BODIES = new ConcurrentHashMap<>();
    private static ScriptedServer good;
    private static HttpServer spoilt;

    @BeforeAll
    static void serve() throws IOException {
        good = new ScriptedServer();
        spoilt = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        spoilt.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        spoilt.createContext("/", exchange -> {
            String message = Requests.parsed(
                            new String(exchange.getRequestBody().readAllBytes(), UTF_8))
                    .at("/messages/0/content")
                    .asText();
            byte[] body = BODIES.get(message).getBytes(UTF_8);
            exchange.getResponseHeaders().set("content-type", "text/event-stream; charset=utf-8");
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        spoilt.start();
    }

    @AfterAll
    static void stop() {
        spoilt.stop(0);
        good.close();
    }

    private static UnaryOperator<String> first(String what, String by) {
        return body -> body.replaceFirst(what, by);
    }

    private static UnaryOperator<String> all(String what, String by) {
        return body -> body.replaceAll(what, by);
    }

    private static String usageChunk(String body) {
        return Pattern.compile(LAST_USAGE)
                .matcher(body)
                .results()
                .findFirst()
                .orElseThrow()
                .group();
    }

    private static Deviation deviation(String name, Scenario scenario, UnaryOperator<String> spoil, String... breaks) {
        return new Deviation(name, scenario, spoil, List.of(breaks));
    }

    private static Stream<Deviation> deviations() {
        return Stream.of(
                deviation(
                        "a member named error",
                        Scenario.PLAIN,
                        all("\"usage\":null", "\"usage\":null,\"error\":null"),
                        "openai-java raw",
                        "openai-java helper",
                        "spring-ai stream",
                        "vercel compatible stream"),
                deviation(
                        "usage twice",
                        Scenario.PLAIN,
                        body -> body.replace(usageChunk(body), usageChunk(body) + usageChunk(body)),
                        "openai-java helper"),
                deviation(
                        "usage without choices",
                        Scenario.PLAIN,
                        first("\"choices\":\\[],", ""),
                        "openai-java raw",
                        "openai-node helper",
                        "openai-python rules helper",
                        "vercel openai stream",
                        "vercel compatible stream"),
                deviation("no time", Scenario.PLAIN, all("\"created\":\\d+,", ""), "openai-java helper"),
                deviation(
                        "a time with a fraction",
                        Scenario.PLAIN,
                        all("(\"created\":\\d+),", "$1.5,"),
                        "openai-java helper"),
                deviation(
                        "no id",
                        Scenario.PLAIN,
                        all("\"id\":\"chatcmpl-[^\"]*\",", ""),
                        "openai-java helper",
                        "openai-node helper"),
                deviation(
                        "another object",
                        Scenario.PLAIN,
                        all("completion\\.chunk", "completion.chunck"),
                        "openai-python rules helper"),
                deviation("no role", Scenario.PLAIN, first("\"role\":\"assistant\",", ""), "openai-node helper"),
                deviation(
                        "an empty reason before the end",
                        Scenario.PLAIN,
                        all("\"finish_reason\":null", "\"finish_reason\":\"\""),
                        "openai-java helper"),
                deviation(
                        "an end without a delta",
                        Scenario.PLAIN,
                        first("\"delta\":\\{},", ""),
                        "openai-java raw",
                        "openai-java helper",
                        "openai-python rules helper"),
                deviation(
                        "an id and a name in every delta of a call",
                        Scenario.TEXT_THEN_TOOL,
                        all(
                                "\"index\":0,\"function\":\\{\"arguments\"",
                                "\"index\":0,\"id\":\"call_C\",\"function\":{\"name\":\"now\",\"arguments\""),
                        "langchain4j streaming",
                        "openai-python rules helper"),
                deviation(
                        "a call without its number",
                        Scenario.TOOLS,
                        all("\\{\"index\":\\d,\"function\"", "{\"function\""),
                        "openai-java helper",
                        "openai-node helper",
                        "openai-python rules helper",
                        "vercel openai stream"),
                deviation(
                        "a second choice that comes when the first has ended",
                        Scenario.CHOICES,
                        DeviationsTest::oneAfterTheOther,
                        "openai-java helper"),
                deviation(
                        "an error without its name",
                        Scenario.PLAIN,
                        body -> broken(body, "data: {\"error\":{\"message\":\"no\",\"type\":\"x\"}}\n\n"),
                        "openai-java raw",
                        "openai-node raw",
                        "openai-python rules raw",
                        "vercel openai stream"),
                deviation(
                        "a clean end before the end",
                        Scenario.PLAIN,
                        body -> broken(body, ""),
                        "openai-java helper",
                        "openai-node helper",
                        "vercel compatible stream"));
    }

    /// The first half of a stream, and then `end`.
    private static String broken(String body, String end) {
        return body.substring(0, body.indexOf("data: ", body.indexOf("Hel") + 10)) + end;
    }

    private static String oneAfterTheOther(String body) {
        StringBuilder first = new StringBuilder();
        StringBuilder second = new StringBuilder();
        StringBuilder rest = new StringBuilder();
        for (String event : body.split("(?<=\n\n)", -1)) {
            (event.contains("{\"index\":0") ? first : event.contains("{\"index\":1") ? second : rest).append(event);
        }
        return first.toString() + second + rest;
    }

    @TestFactory
    Stream<DynamicTest> whatBreaksWhom() {
        return deviations()
                .map(deviation -> dynamicTest(deviation.name, () -> {
                    String body = RawHttp.post(
                                    good.uri(),
                                    Requests.chat(Order.of(deviation.scenario), true)
                                            .toString())
                            .body();
                    String wrong = deviation.spoil.apply(body);
                    assertThat(wrong).as("the spoilt stream").isNotEqualTo(body);
                    BODIES.put(deviation.scenario.message, wrong);

                    TreeSet<String> broken = new TreeSet<>();
                    Clients.all()
                            .filter(client -> client.streams()
                                    && client.asks(deviation.scenario)
                                    && !client.title().contains("responses"))
                            .filter(client -> !readsRight(client, deviation.scenario))
                            .forEach(client -> broken.add(client.title()));

                    assertThat(broken).containsAll(deviation.breaks);
                }));
    }

    private static boolean readsRight(Client client, Scenario scenario) {
        URI server = URI.create("http://127.0.0.1:" + spoilt.getAddress().getPort());
        try {
            return client.read(server, Order.of(scenario))
                    .only(client.tells())
                    .equals(scenario.expected().only(client.tells()));
        } catch (Exception | AssertionError failure) {
            return false;
        }
    }
}
