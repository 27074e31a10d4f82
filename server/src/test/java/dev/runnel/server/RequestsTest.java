package dev.runnel.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Backend;
import dev.runnel.core.BackendException;
import dev.runnel.core.Backends;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.Model;
import dev.runnel.core.Prompt;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.TokenCodec;
import dev.runnel.core.TokenEvent.Arguments;
import dev.runnel.core.TokenEvent.Call;
import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Refusal;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Thinking;
import dev.runnel.core.TokenEvent.Usage;
import dev.runnel.core.TokenLogprob;
import dev.runnel.core.TokenLogprob.Alternative;
import dev.runnel.core.TokenText;
import dev.runnel.testing.Await;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What requests ask for and what their replies hold, over HTTP.
class RequestsTest {

    private static final String CHAT = "/v1/chat/completions";
    private static final String TEXT = "/v1/completions";
    private static final String RESPONSES = "/v1/responses";

    private static final String WITH_TOOLS = """
            {"model":"tiny","messages":[{"role":"user","content":"Hi"}],%s"tools":[
             {"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]}""";

    private static final Script CALLING = Script.of(
            new Started("tiny", 1),
            new Thinking(0, "hm"),
            new Text(0, "Well."),
            new Call(0, "call_a", "f"),
            new Arguments(0, "{\"a\":"),
            new Arguments(0, "1}"),
            new Call(0, "call_b", "f"),
            new Finished(0, FinishReason.STOP),
            new Usage(10, 4, 8, 1));

    private static TokenLogprob token(String text) {
        TokenText token = TokenText.of(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return new TokenLogprob(token, OptionalDouble.of(-0.5), List.of(new Alternative(token, -0.5)));
    }

    @Test
    void toolCallsAreStreamedAsTypedDeltas() throws Exception {
        try (Serving serving = Serving.script(CALLING)) {
            String body =
                    serving.post(CHAT, WITH_TOOLS.formatted("\"stream\":true,")).body();

            assertThat(all(body, "\"delta\":(\\{.*?\\}),\"logprobs\""))
                    .containsExactly(
                            "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}",
                            "{\"reasoning_content\":\"hm\"}",
                            "{\"content\":\"Well.\"}",
                            "{\"tool_calls\":[{\"index\":0,\"id\":\"call_a\",\"type\":\"function\","
                                    + "\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}",
                            "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\":\"}}]}",
                            "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]}",
                            "{\"tool_calls\":[{\"index\":1,\"id\":\"call_b\",\"type\":\"function\","
                                    + "\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}",
                            "{\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\"{}\"}}]}",
                            "{}");
            assertThat(body).contains("\"finish_reason\":\"tool_calls\"").endsWith("data: [DONE]\n\n");
        }
    }

    @Test
    void toolCallsOfAWholeReply() throws Exception {
        try (Serving serving = Serving.script(CALLING)) {
            assertThat(serving.post(CHAT, WITH_TOOLS.formatted("")).body()).contains("""
                            "message":{"role":"assistant","content":"Well.","reasoning_content":"hm","refusal":null,\
                            "tool_calls":[{"id":"call_a","type":"function","function":{"name":"f",\
                            "arguments":"{\\"a\\":1}"}},{"id":"call_b","type":"function","function":{"name":"f",\
                            "arguments":"{}"}}]},"logprobs":null,"finish_reason":"tool_calls\"""");
        }
    }

    @Test
    void aNamedToolFinishesWithStopUnlessTheServerSaysOtherwise() throws Exception {
        String named = WITH_TOOLS.formatted("\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}},");
        try (Serving serving = Serving.script(CALLING);
                Serving other = Serving.script(
                        CALLING, options -> options.withWire(options.wire().withNamedCallsFinishAsCalls(true)))) {
            assertThat(serving.post(CHAT, named).body()).contains("\"finish_reason\":\"stop\"");
            assertThat(other.post(CHAT, named).body()).contains("\"finish_reason\":\"tool_calls\"");
        }
    }

    @Test
    void aRefusalAndAReasoningAlias() throws Exception {
        Script refusing = Script.of(
                new Started("tiny", 1),
                new Thinking(0, "no?"),
                new Refusal(0, "No."),
                new Finished(0, FinishReason.STOP),
                new Usage(1, 2));
        try (Serving serving = Serving.script(
                refusing, options -> options.withWire(options.wire().withReasoningAlias(true)))) {
            assertThat(serving.post(CHAT, Serving.chat(false)).body())
                    .contains(
                            "\"content\":null,\"reasoning_content\":\"no?\",\"reasoning\":\"no?\",\"refusal\":\"No.\"");
            assertThat(serving.post(CHAT, Serving.chat(true)).body())
                    .contains(
                            "{\"reasoning_content\":\"no?\",\"reasoning\":\"no?\"}", "\"delta\":{\"refusal\":\"No.\"}");
        }
    }

    @Test
    void logprobsAreTheSameWholeAndStreamed() throws Exception {
        Script script = Script.of(
                new Started("tiny", 1),
                new Text(0, "Hi", List.of(token("Hi"))),
                new Text(0, " you", List.of(token(" y"), token("ou"))),
                new Finished(0, FinishReason.STOP),
                new Usage(1, 3));
        String asking = "\"logprobs\":true,\"top_logprobs\":1,\"stream\":";
        try (Serving serving = Serving.script(script)) {
            String whole = serving.post(CHAT, Serving.chat(false).replace("\"stream\":", asking))
                    .body();
            String streamed = serving.post(CHAT, Serving.chat(true).replace("\"stream\":", asking))
                    .body();

            Pattern entry = Pattern.compile("\"token\":\"([^\"]*)\",\"logprob\":-0.5,\"bytes\":\\[[0-9,]+\\]");
            assertThat(all(streamed, entry)).isEqualTo(all(whole, entry)).hasSize(6);
            assertThat(streamed)
                    .contains("\"delta\":{\"content\":\" you\"},\"logprobs\":{\"content\":[{\"token\":\" y\"");
        }
    }

    @Test
    void severalPromptsComeBackUnderOneNumbering() throws Exception {
        String body = "{\"model\":\"tiny\",\"prompt\":[\"a\",\"b\",\"c\"],\"n\":2,\"stream\":%b}";
        try (Serving serving = Serving.scripts(
                request -> {
                    String prompt = ((Prompt.Text) request.prompt()).text();
                    return Script.of(
                            new Started("tiny", 2),
                            new Text(1, prompt + "1"),
                            new Text(0, prompt + "0"),
                            new Finished(1, FinishReason.STOP),
                            new Finished(0, FinishReason.LENGTH),
                            new Usage(2, 5));
                },
                options -> options)) {
            String whole = serving.post(TEXT, body.formatted(false)).body();
            String streamed = serving.post(TEXT, body.formatted(true)).body();

            for (String piece : List.of("a0", "a1", "b0", "b1", "c0", "c1")) {
                int index = 2 * (piece.charAt(0) - 'a') + piece.charAt(1) - '0';
                String text =
                        "{\"text\":\"%s\",\"index\":%d,\"logprobs\":null,\"finish_reason\":".formatted(piece, index);
                assertThat(whole).contains(text);
                assertThat(streamed).contains(text);
            }
            assertThat(whole).contains("\"prompt_tokens\":6,\"completion_tokens\":15,\"total_tokens\":21");
            assertThat(streamed).endsWith("data: [DONE]\n\n");
        }
    }

    @Test
    void oneBadPromptAmongSeveralIsAStatusAlsoWhenStreamed() throws Exception {
        try (Serving serving = Serving.scripts(
                request -> ((Prompt.Text) request.prompt()).text().equals("bad")
                        ? new Script(List.of(new Script.Step.Fail(
                                BackendException.invalidRequest("prompt", "that prompt is no good"))))
                        : Script.saying("tiny", "x"),
                options -> options)) {
            HttpResponse<String> reply =
                    serving.post(TEXT, "{\"model\":\"tiny\",\"stream\":true,\"prompt\":[\"good\",\"bad\",\"good\"]}");

            assertThat(reply.statusCode()).isEqualTo(400);
            assertThat(reply.body()).contains("that prompt is no good");
            assertThat(serving.inProgress()).isZero();
        }
    }

    @Test
    void theBestOfSeveral() throws Exception {
        Script three = Script.of(
                new Started("tiny", 3),
                new Text(
                        0,
                        "a",
                        List.of(new TokenLogprob(TokenText.of(new byte[] {1}), OptionalDouble.of(-3), List.of()))),
                new Text(1, "b", List.of(token("b"))),
                new Text(
                        2,
                        "c",
                        List.of(new TokenLogprob(TokenText.of(new byte[] {1}), OptionalDouble.of(-1), List.of()))),
                new Finished(0, FinishReason.STOP),
                new Finished(1, FinishReason.STOP),
                new Finished(2, FinishReason.STOP),
                new Usage(1, 3));
        try (Serving serving = Serving.script(three)) {
            String body = serving.post(TEXT, "{\"model\":\"tiny\",\"prompt\":\"x\",\"best_of\":3,\"n\":2}")
                    .body();

            assertThat(all(body, "\"text\":\"(.)\",\"index\":(?:0|1),\"logprobs\":null"))
                    .containsExactly("b", "c");
            assertThat(body).contains("\"completion_tokens\":3");
        }
    }

    @Test
    void noPromptIsTheBackendsToBeginFrom() throws Exception {
        List<CompletionRequest> asked = new ArrayList<>();
        try (Serving serving = Serving.scripts(
                request -> {
                    asked.add(request);
                    return Script.saying("tiny", "x");
                },
                options -> options)) {
            HttpResponse<String> reply = serving.post(TEXT, "{\"model\":\"tiny\",\"prompt\":null,\"stop\":[]}");

            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(asked.getFirst().prompt()).isEqualTo(new Prompt.Text(""));
        }
    }

    @Test
    void timingsAreToldWhereTheyAreAskedFor() throws Exception {
        Script slow = Script.saying("tiny", "a", "b").paced(Duration.ofMillis(2));
        try (Serving serving = Serving.script(slow)) {
            String whole = serving.post(CHAT, Serving.chat(false).replace("{\"model\"", "{\"timings\":true,\"model\""))
                    .body();
            String streamed = serving.post(
                            CHAT, Serving.chat(true).replace("{\"model\"", "{\"timings_per_token\":true,\"model\""))
                    .body();

            for (String body : List.of(whole, streamed)) {
                assertThat(all(body, "\"prompt_ms\":([0-9.]+)")).hasSize(1).allMatch(ms -> Double.parseDouble(ms) >= 1);
                assertThat(all(body, "\"predicted_ms\":([0-9.]+)"))
                        .hasSize(1)
                        .allMatch(ms -> Double.parseDouble(ms) >= 5);
                assertThat(body).contains("\"prompt_n\":1,", "\"predicted_n\":3,");
            }
            assertThat(serving.post(CHAT, Serving.chat(false)).body()).doesNotContain("timings");
        }
    }

    @Test
    void theTierTheFingerprintAndAWarning() throws Exception {
        Known backend = new Known(new ScriptedBackend("tiny", Script.saying("tiny", "x")), Optional.empty());
        try (Serving serving = Serving.backend(backend, options -> options)) {
            HttpResponse<String> reply = serving.post(
                    CHAT,
                    Serving.chat(false).replace("{\"model\"", "{\"store\":true,\"service_tier\":\"auto\",\"model\""));

            assertThat(reply.body()).contains("\"system_fingerprint\":\"fp_7\",\"service_tier\":\"default\"");
            assertThat(reply.headers().firstValue("warning"))
                    .hasValue("299 runnel \"store is passed over: this server keeps no completions\"");
            assertThat(serving.post(CHAT, Serving.chat(true)).body())
                    .contains("\"system_fingerprint\":\"fp_7\"")
                    .doesNotContain("service_tier");
        }
    }

    @Test
    void paddingWhereItIsAskedFor() throws Exception {
        try (Serving serving = Serving.script(Script.saying("tiny", "a", "b"))) {
            String body = serving.post(
                            CHAT,
                            Serving.chatWithUsage()
                                    .replace("_usage\":true", "_usage\":true,\"include_obfuscation\":true"))
                    .body();

            assertThat(all(body, "\"obfuscation\":\"([A-Za-z0-9]+)\"}\n\n")).hasSize(5);
        }
    }

    @Test
    void unknownFieldsAreRefusedInStrictMode() throws Exception {
        String odd = Serving.chat(false).replace("{\"model\"", "{\"magic\":1,\"model\"");
        try (Serving serving = Serving.script(Script.saying("tiny", "x"));
                Serving strict = Serving.script(
                        Script.saying("tiny", "x"),
                        options -> options.withWire(options.wire().withStrict(true)))) {
            assertThat(serving.post(CHAT, odd).statusCode()).isEqualTo(200);
            HttpResponse<String> refusal = strict.post(CHAT, odd);
            assertThat(refusal.statusCode()).isEqualTo(400);
            assertThat(refusal.body()).contains("\"code\":\"unknown_parameter\"", "\"param\":\"magic\"");
        }
    }

    @Test
    void aResponseWholeAndStreamed() throws Exception {
        String body = "{\"model\":\"tiny\",\"input\":\"Hi\",\"stream\":%b}";
        try (Serving serving = Serving.script(CALLING)) {
            String whole = serving.post(RESPONSES, body.formatted(false)).body();
            HttpResponse<String> streamed = serving.post(RESPONSES, body.formatted(true));

            assertThat(whole)
                    .contains(
                            "\"object\":\"response\"",
                            "\"status\":\"completed\"",
                            "\"text\":\"Well.\"",
                            "\"call_id\":\"call_b\",\"name\":\"f\",\"arguments\":\"{}\"",
                            "\"input_tokens\":10");
            assertThat(streamed.headers().firstValue("content-type")).hasValue("text/event-stream; charset=utf-8");
            assertThat(streamed.body())
                    .startsWith("event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,")
                    .contains("event: response.output_text.delta\n", "event: response.function_call_arguments.done\n")
                    .doesNotContain("[DONE]");
            assertThat(all(streamed.body(), "event: (\\S+)")).endsWith("response.completed");
        }
    }

    @Test
    void itemsOfAResponseMayBeNamedByTheNextRequestUnlessTheServerRemembersNone() throws Exception {
        String first = "{\"model\":\"tiny\",\"input\":\"Hi\",\"stream\":true}";
        String next = "{\"model\":\"tiny\",\"input\":[{\"role\":\"user\",\"content\":\"Hi\"},"
                + "{\"type\":\"item_reference\",\"id\":\"%s\"},{\"role\":\"user\",\"content\":\"And?\"}]}";
        List<CompletionRequest> asked = new ArrayList<>();
        try (Serving serving = Serving.scripts(
                        request -> {
                            asked.add(request);
                            return CALLING;
                        },
                        options -> options);
                Serving forgetful = Serving.script(
                        CALLING, options -> options.withWire(options.wire().withRememberedBytes(0)))) {
            String message = all(serving.post(RESPONSES, first).body(), "\"id\":\"(msg_[^\"]+)\"")
                    .getFirst();

            assertThat(serving.post(RESPONSES, next.formatted(message)).statusCode())
                    .isEqualTo(200);
            assertThat(((Prompt.Chat) asked.getLast().prompt()).messages())
                    .containsExactly(new Message.User("Hi"), new Message.Assistant("Well."), new Message.User("And?"));
            String other = all(forgetful.post(RESPONSES, first).body(), "\"id\":\"(msg_[^\"]+)\"")
                    .getFirst();
            assertThat(forgetful.post(RESPONSES, next.formatted(other)).statusCode())
                    .isEqualTo(400);
        }
    }

    @Test
    void itemsOfAResponseMayBeNamedWhereItsTokensAreCounted() throws Exception {
        Known backend = new Known(new ScriptedBackend("tiny", CALLING), Optional.of(new Bytes()));
        try (Serving serving = Serving.backend(backend, options -> options)) {
            String message = all(
                            serving.post(RESPONSES, "{\"model\":\"tiny\",\"input\":\"Hi\"}")
                                    .body(),
                            "\"id\":\"(msg_[^\"]+)\"")
                    .getFirst();

            HttpResponse<String> reply = serving.post(
                    RESPONSES + "/input_tokens",
                    "{\"input\":[{\"type\":\"item_reference\",\"id\":\"%s\"}]}".formatted(message));

            assertThat(reply.body()).isEqualTo("{\"object\":\"response.input_tokens\",\"input_tokens\":7}");
        }
    }

    @Test
    void aResponseThatBreaksOffEndsWithItsFailure() throws Exception {
        Script broken = CALLING.failingAfter(3, new BackendException(BackendException.Kind.TIMED_OUT, "too slow"));
        try (Serving serving = Serving.script(broken)) {
            String body = serving.post(RESPONSES, "{\"model\":\"tiny\",\"input\":\"Hi\",\"stream\":true}")
                    .body();

            assertThat(all(body, "event: (\\S+)")).endsWith("error", "response.failed");
            assertThat(serving.post(RESPONSES, "{\"model\":\"tiny\",\"input\":\"Hi\"}")
                            .statusCode())
                    .isEqualTo(504);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            /v1/embeddings  | {"model":"tiny","input":"x"} | 400 | unsupported_value | the model 'tiny' completes; it makes no embeddings
            /v1/embeddings  | {"model":"ada","input":"x"}  | 404 | model_not_found   | the model 'ada' does not exist here; this server has tiny
            /v1/embeddings  | {"input":"x"}                | 400 | missing_required_parameter | model is missing
            /v1/moderations | {"input":"x"}                | 404 | model_not_found   | the model 'omni-moderation-latest' does not exist here; this server has tiny
            /v1/moderations | {"model":"tiny","input":"x"} | 400 | unsupported_value | the model 'tiny' completes; it moderates nothing
            /tokenize       | {"content":"x"}              | 400 | unsupported_value | the tokens of the model 'tiny' are not known here
            /tokenize       | {"content":"x","model":"z"}  | 404 | model_not_found   | the model 'z' does not exist here; this server has tiny
            """)
    void whatNoModelHereCanAnswer(String path, String body, int status, String code, String message) throws Exception {
        try (Serving serving = Serving.script(Script.saying("tiny", "x"))) {
            HttpResponse<String> reply = serving.post(path, body);

            assertThat(reply.statusCode()).isEqualTo(status);
            assertThat(reply.body()).contains("\"code\":\"" + code + "\"", message, "\"param\":\"model\"");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            /tokenize                         | {"content":"hi"}                              | {"tokens":[104,105]}
            /v1/detokenize                    | {"tokens":[104,105]}                          | {"content":"hi"}
            /apply-template                   | {"messages":[{"role":"user","content":"a"}]}  | {"prompt":"<a>"}
            /v1/chat/completions/input_tokens | {"messages":[{"role":"user","content":"a"}]}  | {"object":"response.input_tokens","input_tokens":3}
            """)
    void whatAModelsTokensAreAskedFor(String path, String body, String reply) throws Exception {
        Known backend = new Known(new ScriptedBackend("tiny", Script.saying("tiny", "x")), Optional.of(new Bytes()));
        try (Serving serving = Serving.backend(backend, options -> options)) {
            assertThat(serving.post(path, body).body()).isEqualTo(reply);
        }
    }

    @Test
    void aModelsTokensAreThoseOfTheModelThatIsNamedUnlessThereIsOneAlone() throws Exception {
        Backends two = new Backends(Stream.of("tiny", "other")
                .map(id -> new Known(new ScriptedBackend(id, Script.saying(id, "x")), Optional.of(new Bytes())))
                .toList());
        try (Serving serving = Serving.backend(two, options -> options)) {
            HttpResponse<String> reply = serving.post("/tokenize", "{\"content\":\"hi\"}");

            assertThat(reply.statusCode()).isEqualTo(400);
            assertThat(reply.body())
                    .contains(
                            "\"model is missing; this server has tiny, other\"",
                            "\"param\":\"model\"",
                            "\"code\":\"missing_required_parameter\"");
            assertThat(serving.post("/tokenize", "{\"model\":\"other\",\"content\":\"hi\"}")
                            .body())
                    .isEqualTo("{\"tokens\":[104,105]}");
        }
    }

    @Test
    void questionsAboutTokensShareAThreadOfTheirOwn() throws Exception {
        Held codec = new Held();
        Known backend = new Known(new ScriptedBackend("tiny", Script.saying("tiny", "x")), Optional.of(codec));
        try (Serving serving = Serving.backend(backend, options -> options);
                RawClient one = RawClient.to(serving.server());
                RawClient other = RawClient.to(serving.server())) {
            one.post("/tokenize", "{\"content\":\"a\"}");
            other.post("/tokenize", "{\"content\":\"a\"}");
            Await.until("one is at work", () -> !codec.texts.isEmpty());

            int status = serving.post(CHAT, Serving.chat(true)).statusCode();
            codec.go.countDown();

            assertThat(status).isEqualTo(200);
            assertThat(one.readReply().body()).isEqualTo("{\"tokens\":[97]}");
            assertThat(other.readReply().body()).isEqualTo("{\"tokens\":[97]}");
            assertThat(codec.threads).hasSize(1).noneMatch(Thread::isVirtual);
        }
    }

    @Test
    void aQuestionAboutTokensIsForgottenWithItsClient() throws Exception {
        Held codec = new Held();
        Known backend = new Known(new ScriptedBackend("tiny", Script.saying("tiny", "x")), Optional.of(codec));
        try (Serving serving = Serving.backend(backend, options -> options);
                RawClient staying = RawClient.to(serving.server());
                RawClient leaving = RawClient.to(serving.server())) {
            staying.post("/tokenize", "{\"content\":\"a\"}");
            Await.until("it is at work", () -> !codec.texts.isEmpty());
            leaving.post("/tokenize", "{\"content\":\"b\"}");

            leaving.leave();
            Await.until("the server has noticed", () -> over(serving) == 1);
            codec.go.countDown();

            assertThat(serving.post("/tokenize", "{\"content\":\"c\"}").body()).isEqualTo("{\"tokens\":[99]}");
            assertThat(codec.texts).containsExactly("a", "c");
        }
    }

    private static int over(Serving serving) {
        try {
            return MetricsReader.of(serving.get("/metrics").body()).requestsBesidesMetrics();
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void rolesComeFirstAndInOrder() throws Exception {
        Script two = Script.of(
                new Started("tiny", 2),
                new Text(1, "b"),
                new Text(0, "a"),
                new Finished(1, FinishReason.STOP),
                new Finished(0, FinishReason.STOP),
                new Usage(5, 4));
        try (Serving serving = Serving.script(two)) {
            String body = serving.post(
                            CHAT, Serving.chatWithUsage().replace("\"stream\":true", "\"n\":2,\"stream\":true"))
                    .body();

            assertThat(all(body, "\"index\":(\\d)")).containsExactly("0", "1", "1", "0", "1", "0");
            assertThat(all(body, "\"prompt_tokens\":(\\d+),\"completion_tokens\":4"))
                    .containsExactly("5");
        }
    }

    private static List<String> all(String text, String regex) {
        return all(text, Pattern.compile(regex));
    }

    private static List<String> all(String text, Pattern pattern) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList();
    }

    /// A backend that knows its model's fingerprint, and maybe its tokens.
    private record Known(ScriptedBackend backend, Optional<TokenCodec> tokens) implements Backend {

        @Override
        public List<Model> models() {
            return backend.models().stream()
                    .map(model -> model.withFingerprint("fp_7"))
                    .toList();
        }

        @Override
        public CompletionStream complete(CompletionRequest request) {
            return backend.complete(request);
        }

        @Override
        public Optional<TokenCodec> codec(String model) {
            return tokens;
        }

        @Override
        public void close() {
            backend.close();
        }
    }

    /// A token for each byte of ASCII.
    private static class Bytes implements TokenCodec {

        @Override
        public List<Integer> tokenize(String text, boolean addSpecial, boolean parseSpecial) {
            return text.chars().boxed().toList();
        }

        @Override
        public String detokenize(List<Integer> tokens) {
            StringBuilder text = new StringBuilder();
            tokens.forEach(text::appendCodePoint);
            return text.toString();
        }

        @Override
        public TokenText token(int id) {
            return TokenText.of(new byte[] {(byte) id});
        }

        @Override
        public String render(Prompt.Chat conversation) {
            return "<" + conversation.messages().getLast().text() + ">";
        }

        @Override
        public List<Integer> read(Prompt prompt) {
            return tokenize(render((Prompt.Chat) prompt), false, true);
        }
    }

    /// Answers nothing before it may.
    private static final class Held extends Bytes {

        private final CountDownLatch go = new CountDownLatch(1);
        private final List<String> texts = new CopyOnWriteArrayList<>();
        private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

        @Override
        public List<Integer> tokenize(String text, boolean addSpecial, boolean parseSpecial) {
            texts.add(text);
            threads.add(Thread.currentThread());
            try {
                go.await();
            } catch (InterruptedException closed) {
                throw new IllegalStateException(closed);
            }
            return super.tokenize(text, addSpecial, parseSpecial);
        }
    }
}
