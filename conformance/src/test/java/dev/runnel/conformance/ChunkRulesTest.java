package dev.runnel.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.runnel.conformance.Client.Order;
import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Script;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What no chunk of ours looks like, because it breaks one client or another. Every rule is held against every
/// chunk of every scenario, with and without usage.
class ChunkRulesTest {

    private static final Set<String> REASONS = Set.of("stop", "length", "tool_calls", "content_filter");

    /// One stream's chunks, in order.
    private record Chunks(boolean usage, List<JsonNode> all) {

        /// Those with a choice, which is one at most.
        List<JsonNode> choices() {
            return all.stream()
                    .flatMap(chunk -> elements(chunk.get("choices")).stream())
                    .toList();
        }

        List<JsonNode> choice(int index) {
            return choices().stream()
                    .filter(choice -> choice.get("index").asInt() == index)
                    .toList();
        }

        Set<Integer> indexes() {
            Set<Integer> indexes = new HashSet<>();
            choices().forEach(choice -> indexes.add(choice.get("index").asInt()));
            return indexes;
        }
    }

    private static ScriptedServer server;
    private static final Map<String, Chunks> STREAMS = new LinkedHashMap<>();

    @BeforeAll
    static void readEverything() throws IOException {
        server = new ScriptedServer();
        for (Scenario scenario : Scenario.values()) {
            for (boolean usage : List.of(true, false)) {
                Order order = usage ? Order.of(scenario) : Order.of(scenario).withoutUsage();
                String body = RawHttp.post(
                                server.uri(), Requests.chat(order, true).toString())
                        .body();
                STREAMS.put(scenario.message + (usage ? " with usage" : ""), new Chunks(usage, chunks(body)));
            }
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static List<JsonNode> chunks(String body) {
        List<JsonNode> chunks = new ArrayList<>();
        body.lines()
                .filter(line -> line.startsWith("data: {"))
                .map(line -> Requests.parsed(line.substring("data: ".length())))
                .forEach(chunks::add);
        return chunks;
    }

    private static void onEveryStream(BiConsumer<String, Chunks> rule) {
        assertThat(STREAMS).hasSize(2 * Scenario.values().length);
        STREAMS.forEach(rule);
    }

    private static List<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }

    @Test
    void everyChunkHasTheSameIdTimeModelAndObject() {
        onEveryStream((name, stream) -> {
            JsonNode first = stream.all().getFirst();
            assertThat(first.get("id").asText())
                    .as(name)
                    .startsWith("chatcmpl-")
                    .hasSizeGreaterThan(20);
            assertThat(first.get("created").isIntegralNumber()).as(name).isTrue();
            assertThat(first.get("object").asText()).as(name).isEqualTo("chat.completion.chunk");
            assertThat(first.get("model").asText()).as(name).isEqualTo(ScriptedServer.MODEL);
            for (JsonNode chunk : stream.all()) {
                for (String member : List.of("id", "created", "object", "model")) {
                    assertThat(chunk.get(member)).as(name).isEqualTo(first.get(member));
                }
            }
        });
    }

    @Test
    void noChunkHasAnythingNamedError() {
        onEveryStream((name, stream) -> assertThat(stream.all())
                .as(name)
                .allSatisfy(chunk -> assertThat(chunk.findValues("error")).isEmpty()));
    }

    @Test
    void choicesIsAnArrayOfOneChoiceOrNone() {
        onEveryStream((name, stream) -> assertThat(stream.all()).as(name).allSatisfy(chunk -> {
            assertThat(chunk.get("choices").isArray()).isTrue();
            assertThat(chunk.get("choices").size()).isLessThanOrEqualTo(1);
        }));
    }

    @Test
    void aDeltaIsAlwaysAnObject() {
        onEveryStream((name, stream) -> assertThat(stream.choices())
                .as(name)
                .allSatisfy(choice -> assertThat(choice.get("delta").isObject()).isTrue()));
    }

    @Test
    void rolesComeFirstInAscendingOrderOnceEach() {
        onEveryStream((name, stream) -> {
            int choices = stream.indexes().size();
            List<JsonNode> roles = stream.choices().subList(0, choices);
            for (int i = 0; i < choices; i++) {
                assertThat(roles.get(i).get("index").asInt()).as(name).isEqualTo(i);
                assertThat(roles.get(i).at("/delta/role").asText()).as(name).isEqualTo("assistant");
                assertThat(roles.get(i).get("delta").has("content")).as(name).isTrue();
                assertThat(roles.get(i).at("/delta/refusal").isNull()).as(name).isTrue();
            }
            assertThat(stream.choices().subList(choices, stream.choices().size()))
                    .as(name)
                    .noneSatisfy(choice ->
                            assertThat(choice.get("delta").has("role")).isTrue());
        });
    }

    @Test
    void laterDeltasHoldOnlyWhatTheyAdd() {
        onEveryStream((name, stream) -> {
            for (JsonNode choice : stream.choices()
                    .subList(stream.indexes().size(), stream.choices().size())) {
                for (JsonNode member : choice.get("delta")) {
                    assertThat(member.isNull()).as(name + ": " + choice).isFalse();
                }
                assertThat(choice.at("/delta/content").asText("-")).as(name).isNotNull();
                boolean hasLogprobs = choice.path("logprobs").isObject();
                assertThat(hasLogprobs
                                || !choice.at("/delta/content").asText("-").isEmpty())
                        .as(name + ": an empty piece")
                        .isTrue();
            }
        });
    }

    @Test
    void aReasonIsNullUntilTheEndAndThenAWordThatClientsKnow() {
        onEveryStream((name, stream) -> {
            for (int index : stream.indexes()) {
                List<JsonNode> choice = stream.choice(index);
                assertThat(choice.subList(0, choice.size() - 1))
                        .as(name)
                        .allSatisfy(piece ->
                                assertThat(piece.get("finish_reason").isNull()).isTrue());
                assertThat(choice.getLast().get("finish_reason").asText())
                        .as(name)
                        .isIn(REASONS);
            }
        });
    }

    @Test
    void anEndComesInAChunkOfItsOwnWithAnEmptyDelta() {
        onEveryStream((name, stream) -> {
            for (int index : stream.indexes()) {
                JsonNode end = stream.choice(index).getLast().get("delta");
                assertThat(end.isObject() && end.isEmpty()).as(name).isTrue();
            }
        });
    }

    @Test
    void nothingFollowsTheLastEndButUsage() {
        onEveryStream((name, stream) -> {
            List<JsonNode> all = stream.all();
            JsonNode lastWithChoice = all.get(all.size() - (stream.usage() ? 2 : 1));
            assertThat(lastWithChoice.at("/choices/0/finish_reason").isTextual())
                    .as(name)
                    .isTrue();
        });
    }

    @Test
    void usageHasAChunkOfItsOwnAndOnlyThatOne() {
        onEveryStream((name, stream) -> {
            if (stream.usage()) {
                JsonNode last = stream.all().getLast();
                assertThat(last.get("choices").isArray() && last.get("choices").isEmpty())
                        .as(name)
                        .isTrue();
                assertThat(last.get("usage").isObject()).as(name).isTrue();
                assertThat(stream.all().subList(0, stream.all().size() - 1))
                        .as(name)
                        .allSatisfy(
                                chunk -> assertThat(chunk.get("usage").isNull()).isTrue());
            } else {
                assertThat(stream.all())
                        .as(name)
                        .noneSatisfy(chunk -> assertThat(chunk.has("usage")).isTrue());
            }
        });
    }

    @Test
    void usageHasItsDetailsEvenWhereTheyAreZero() {
        onEveryStream((name, stream) -> {
            if (stream.usage()) {
                JsonNode usage = stream.all().getLast().get("usage");
                for (String member : List.of(
                        "/prompt_tokens",
                        "/completion_tokens",
                        "/total_tokens",
                        "/prompt_tokens_details/cached_tokens",
                        "/completion_tokens_details/reasoning_tokens")) {
                    assertThat(usage.at(member).isInt()).as(name + member).isTrue();
                }
                assertThat(usage.get("total_tokens").asInt())
                        .as(name)
                        .isEqualTo(usage.get("prompt_tokens").asInt()
                                + usage.get("completion_tokens").asInt());
            }
        });
    }

    @Test
    void aCallHasItsIdTypeAndNameInItsFirstDeltaAlone() {
        onEveryCall((name, call, isFirst) -> {
            if (isFirst) {
                assertThat(call.get("id").asText()).as(name).isNotBlank();
                assertThat(call.get("type").asText()).as(name).isEqualTo("function");
                assertThat(call.at("/function/name").asText()).as(name).isNotBlank();
            } else {
                assertThat(call.has("id")
                                || call.has("type")
                                || call.get("function").has("name"))
                        .as(name)
                        .isFalse();
            }
        });
    }

    @Test
    void aCallHasAFunctionWithArgumentsThatAreTextInEveryDelta() {
        onEveryCall((name, call, _) ->
                assertThat(call.at("/function/arguments").isTextual()).as(name).isTrue());
    }

    @Test
    void callsAreNumberedFromZeroAndOneEndsBeforeTheNextBegins() {
        onEveryStream((name, stream) -> {
            int open = -1;
            for (JsonNode choice : stream.choices()) {
                for (JsonNode call : choice.at("/delta/tool_calls")) {
                    int index = call.get("index").intValue();
                    assertThat(call.get("index").isInt()).as(name).isTrue();
                    assertThat(index).as(name).isIn(open, open + 1);
                    assertThat(index == open + 1).as(name).isEqualTo(call.has("id"));
                    open = index;
                }
            }
        });
    }

    @Test
    void whoCallsToolsFinishesWithToolCalls() {
        for (Scenario scenario : List.of(Scenario.TOOLS, Scenario.TEXT_THEN_TOOL)) {
            assertThat(STREAMS.get(scenario.message)
                            .choice(0)
                            .getLast()
                            .get("finish_reason")
                            .asText())
                    .isEqualTo("tool_calls");
        }
    }

    private interface CallRule {
        void check(String name, JsonNode call, boolean isFirst);
    }

    private static void onEveryCall(CallRule rule) {
        Set<String> seen = new HashSet<>();
        onEveryStream((name, stream) -> {
            for (JsonNode choice : stream.choices()) {
                for (JsonNode call : choice.at("/delta/tool_calls")) {
                    rule.check(name, call, seen.add(name + call.get("index")));
                }
            }
        });
        assertThat(seen).hasSize(6);
    }

    @Test
    void logprobsAreOfExactlyTheTokensWhoseTextIsInTheDeltaAndHaveAllTheirMembers() {
        List<JsonNode> pieces = STREAMS.get(Scenario.LOGPROBS.message).choice(0);

        List<Integer> counts = new ArrayList<>();
        for (JsonNode piece : pieces) {
            counts.add(piece.at("/logprobs/content").size());
            for (JsonNode entry : piece.at("/logprobs/content")) {
                assertThat(entry.get("token").isTextual()).isTrue();
                assertThat(entry.get("logprob").isNumber()).isTrue();
                assertThat(entry.get("bytes").isArray()).isTrue();
                assertThat(entry.get("top_logprobs").isArray()).isTrue();
                assertThat(entry.get("top_logprobs").size()).isEqualTo(2);
            }
        }

        assertThat(counts).containsExactly(0, 2, 1, 1, 0);
    }

    @Test
    void logprobsAreNullWhereNobodyAskedForThem() {
        assertThat(STREAMS.get(Scenario.PLAIN.message).choices())
                .allSatisfy(
                        choice -> assertThat(choice.get("logprobs").isNull()).isTrue());
    }

    @Test
    void noWordOfAChunkIsUnknownToTheContract() {
        Set<String> members = new HashSet<>();
        onEveryStream(
                (_, stream) -> stream.all().forEach(chunk -> chunk.fieldNames().forEachRemaining(members::add)));

        assertThat(members)
                .isSubsetOf(
                        "id",
                        "object",
                        "created",
                        "model",
                        "choices",
                        "usage",
                        "system_fingerprint",
                        "service_tier",
                        "obfuscation",
                        "timings");
    }

    @Test
    void aFailureIsAnEventNamedErrorWithAnObjectAndThenNothing() throws IOException {
        List<Script.Step> steps = Scenario.PLAIN
                .script(CompletionRequest.of(ScriptedServer.MODEL, ""))
                .steps();
        for (int events = 1; events < steps.size(); events++) {
            server.on(
                    "failing", new Script(steps).failingAfter(events, new BackendException(Kind.UPSTREAM, "hung up")));

            String body = RawHttp.post(
                            server.uri(),
                            Requests.chat(Order.of("failing"), true).toString())
                    .body();

            List<String> end = body.lines().toList();
            assertThat(end.subList(end.size() - 3, end.size()))
                    .containsExactly(
                            "event: error",
                            "data: {\"error\":{\"message\":\"hung up\",\"type\":\"server_error\",\"param\":null,"
                                    + "\"code\":\"upstream_failed\"}}",
                            "");
            assertThat(body).doesNotContain("[DONE]").doesNotContain("\"finish_reason\":\"error\"");
        }
    }

    @Test
    void aRefusalBeforeTheStreamIsAStatusAndNeverA200() throws IOException {
        server.on("refused", new Script(List.of(new Script.Step.Fail(new BackendException(Kind.UPSTREAM, "hung up")))));

        RawHttp.Reply reply = RawHttp.post(
                server.uri(), Requests.chat(Order.of("refused"), true).toString(), "accept: text/event-stream");

        assertThat(reply.status()).isEqualTo(502);
        assertThat(reply.headers()).containsEntry("content-type", "application/json");
        JsonNode error = Requests.parsed(reply.body()).get("error");
        assertThat(error.get("message").isTextual()).isTrue();
        assertThat(error.get("type").isTextual()).isTrue();
        assertThat(error.has("param")).isTrue();
        assertThat(error.get("code").isTextual()).isTrue();
    }

    @Test
    void aWholeReplySaysTheSame() throws IOException {
        for (Scenario scenario : Scenario.values()) {
            RawHttp.Reply reply = RawHttp.post(
                    server.uri(), Requests.chat(Order.of(scenario), false).toString());

            JsonNode whole = Requests.parsed(reply.body());

            assertThat(whole.get("object").asText()).isEqualTo("chat.completion");
            assertThat(whole.get("created").isIntegralNumber()).isTrue();
            assertThat(whole.get("usage").isObject()).isTrue();
            assertThat(whole.has("error")).isFalse();
            for (JsonNode choice : whole.get("choices")) {
                assertThat(choice.get("finish_reason").isTextual()).isTrue();
                assertThat(choice.has("logprobs")).isTrue();
                assertThat(choice.at("/message/role").asText()).isEqualTo("assistant");
                assertThat(choice.get("message").has("content")).isTrue();
                assertThat(choice.get("message").has("refusal")).isTrue();
                assertThat(choice.at("/message/tool_calls").isMissingNode()
                                || !choice.at("/message/tool_calls").isEmpty())
                        .isTrue();
            }
            assertThat(OpenAiPython.reading(whole)).isEqualTo(scenario.expected());
        }
    }
}
