package dev.runnel.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.runnel.conformance.Client.Order;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// The reader that stands for OpenAI's client for Python trips over what that one was measured to trip over. A
/// reader that forgives more would prove less.
class PythonRulesTest {

    private enum Way {
        RAW,
        HELPER
    }

    /// How a stream of ours is spoilt, and what comes of it.
    ///
    /// @param complaint part of the failure; empty where the client takes the stream as it is
    private record Deviation(String name, Scenario scenario, Way way, UnaryOperator<String> spoil, String complaint) {}

    private static Deviation replacing(
            String name, Scenario scenario, Way way, String what, String by, String complaint) {
        return new Deviation(
                name,
                scenario,
                way,
                body -> {
                    String spoilt = body.replaceFirst(what, by);
                    assertThat(spoilt).as("the spoilt stream").isNotEqualTo(body);
                    return spoilt;
                },
                complaint);
    }

    private static Stream<Deviation> deviations() {
        return Stream.of(
                replacing("CR LF at the ends of lines", Scenario.PLAIN, Way.HELPER, "\n", "\r\n", ""),
                replacing("no space after the colon", Scenario.PLAIN, Way.HELPER, "data: ", "data:", ""),
                replacing("a comment block", Scenario.PLAIN, Way.HELPER, "^", ": hi\n\n", ""),
                replacing("an id, and later a comment block", Scenario.PLAIN, Way.RAW, "^", "id: 1\n: hi\n\n", "JSON"),
                replacing("a lone retry block", Scenario.PLAIN, Way.RAW, "^", "retry: 9\n\n", "JSON"),
                replacing("an event without data", Scenario.PLAIN, Way.RAW, "^", "event: ping\n\n", "JSON"),
                replacing("empty data", Scenario.PLAIN, Way.RAW, "^", "data:\n\n", "JSON"),
                replacing("a blank after DONE", Scenario.PLAIN, Way.HELPER, "\\[DONE]", "[DONE] ", ""),
                replacing("no DONE", Scenario.PLAIN, Way.HELPER, "data: \\[DONE]\n\n", "", ""),
                replacing("error null in a chunk", Scenario.PLAIN, Way.HELPER, "\"usage\":null", "\"error\":null", ""),
                replacing(
                        "an error without a name",
                        Scenario.PLAIN,
                        Way.RAW,
                        "^",
                        "data: {\"error\":{\"message\":\"no\"}}\n\n",
                        "no"),
                replacing(
                        "a flat error under its name",
                        Scenario.PLAIN,
                        Way.HELPER,
                        "^",
                        "event: error\ndata: {\"message\":\"no\"}\n\n",
                        ""),
                new Deviation(
                        "another object",
                        Scenario.PLAIN,
                        Way.HELPER,
                        body -> body.replace("completion.chunk", "completion.chunck"),
                        "no chunk came"),
                replacing(
                        "a finish with a null delta",
                        Scenario.PLAIN,
                        Way.HELPER,
                        "\"delta\":\\{}",
                        "\"delta\":null",
                        "delta"),
                replacing("usage without choices", Scenario.PLAIN, Way.HELPER, "\"choices\":\\[],", "", "choices"),
                replacing(
                        "the second choice first",
                        Scenario.CHOICES,
                        Way.HELPER,
                        "\"index\":0",
                        "\"index\":1",
                        "IndexError"),
                replacing(
                        "calls from one on",
                        Scenario.TEXT_THEN_TOOL,
                        Way.HELPER,
                        "\\[\\{\"index\":0",
                        "[{\"index\":1",
                        "IndexError"),
                replacing(
                        "a later call without its number",
                        Scenario.TOOLS,
                        Way.HELPER,
                        "\"index\":0,\"function\":\\{\"arguments\":\"\\{",
                        "\"function\":{\"arguments\":\"{",
                        "no index"),
                replacing(
                        "nulls in a later call",
                        Scenario.TOOLS,
                        Way.HELPER,
                        "\"index\":0,\"function\":\\{\"arguments\":\"\\{",
                        "\"index\":0,\"id\":null,\"function\":{\"arguments\":\"{",
                        "TypeError"),
                replacing(
                        "arguments that are no text",
                        Scenario.TOOLS,
                        Way.HELPER,
                        "\"arguments\":\"\\{\\\\\"ci\"",
                        "\"arguments\":{\"ci\":1}",
                        "TypeError"));
    }

    @TestFactory
    Stream<DynamicTest> itTripsOverWhatTheClientTripsOver() {
        return deviations()
                .map(deviation -> dynamicTest(deviation.name, () -> {
                    String spoilt;
                    try (ScriptedServer server = new ScriptedServer()) {
                        spoilt = deviation.spoil.apply(RawHttp.post(
                                        server.uri(),
                                        Requests.chat(Order.of(deviation.scenario), true)
                                                .toString())
                                .body());
                    }

                    String failure = failure(deviation.way, spoilt);

                    if (deviation.complaint.isEmpty()) {
                        assertThat(failure).isEmpty();
                    } else {
                        assertThat(failure).contains(deviation.complaint);
                    }
                }));
    }

    private static String failure(Way way, String body) throws IOException {
        PythonRules.Helper helper = new PythonRules.Helper();
        List<JsonNode> chunks = new ArrayList<>();
        try {
            PythonRules.read(
                    new ByteArrayInputStream(body.getBytes(UTF_8)), way == Way.RAW ? chunks::add : helper::accept);
            if (way == Way.HELPER) {
                var _ = helper.completion();
            }
            return "";
        } catch (PythonRules.PythonFailure failure) {
            return String.valueOf(failure.getMessage());
        }
    }
}
