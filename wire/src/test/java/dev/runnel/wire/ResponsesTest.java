package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.OutputFormat;
import dev.runnel.core.Prompt;
import dev.runnel.core.ReasoningEffort;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenEvent.Arguments;
import dev.runnel.core.TokenEvent.Call;
import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Refusal;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Thinking;
import dev.runnel.core.TokenEvent.Usage;
import dev.runnel.core.TokenLogprob;
import dev.runnel.core.TokenText;
import dev.runnel.core.Tool;
import dev.runnel.core.ToolCall;
import dev.runnel.core.Tools;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// `/v1/responses`: the same requests and the same events in other words.
class ResponsesTest {

    private static final Envelope ENVELOPE =
            new Envelope("resp_1", Instant.ofEpochSecond(1_700_000_000), Optional.empty());

    private static final List<TokenEvent> EVERYTHING = List.of(
            new Started("tiny", 1),
            new Thinking(0, "h"),
            new Thinking(0, "m"),
            new Text(0, "Hi "),
            new Text(0, "😀"),
            new Call(0, "call_a", "f"),
            new Arguments(0, "{\"a\""),
            new Arguments(0, ":1}"),
            new Call(0, "call_b", "g"),
            new Finished(0, FinishReason.TOOL_CALLS),
            new Usage(20, 4, 9, 2));

    @Test
    void aTextIsAUserMessage() {
        WireRequest request = read("{\"model\":\"m\",\"input\":\"hello\"}");

        assertThat(request.completion().prompt()).isEqualTo(new Prompt.Chat(List.of(new Message.User("hello"))));
        assertThat(request.stream()).isFalse();
    }

    @Test
    void everyItemFindsItsPlaceInTheConversation() {
        WireRequest request = read("""
                {"model":"m","instructions":"be brief","input":[
                  {"role":"developer","content":"d"},
                  {"type":"message","role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_text","text":"b"}]},
                  {"type":"reasoning","id":"rs","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]},
                  {"role":"assistant","id":"msg","content":[{"type":"output_text","text":"let me","annotations":[]}]},
                  {"type":"function_call","id":"fc","call_id":"c1","name":"f","arguments":"{}"},
                  {"type":"function_call","call_id":"c2","name":"g","arguments":"{}"},
                  {"type":"function_call_output","call_id":"c1","output":"1"},
                  {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"2"}]},
                  {"role":"assistant","content":"done"}]}""");

        assertThat(((Prompt.Chat) request.completion().prompt()).messages())
                .containsExactly(
                        new Message.System("be brief"),
                        new Message.Developer("d"),
                        new Message.User("ab"),
                        new Message.Assistant(
                                "let me", "hm", List.of(new ToolCall("c1", "f", "{}"), new ToolCall("c2", "g", "{}"))),
                        new Message.ToolResult("c1", "1"),
                        new Message.ToolResult("c2", "2"),
                        new Message.Assistant("done"));
    }

    @Test
    void aSummaryStandsForReasoningWithoutContent() {
        for (String content : List.of("", "\"content\":null,", "\"content\":[],")) {
            WireRequest request = read("""
                    {"model":"m","input":[
                      {"type":"reasoning",%s"summary":[{"type":"summary_text","text":"in short"}]},
                      {"role":"assistant","content":"done"}]}""".formatted(content));

            assertThat(((Prompt.Chat) request.completion().prompt()).messages())
                    .containsExactly(new Message.Assistant("done", "in short", List.of()));
        }
    }

    @Test
    void parametersUnderTheirOtherNames() {
        WireRequest request = read("""
                {"model":"m","input":"x","max_output_tokens":7,"temperature":0.5,"top_logprobs":3,
                 "include":["reasoning.encrypted_content","message.output_text.logprobs"],"reasoning":{"effort":"low"},
                 "text":{"format":{"type":"json_schema","name":"n","schema":{"a":1},"strict":true},"verbosity":"low"},
                 "tools":[{"type":"function","name":"f","description":"d","parameters":{"b":2},"strict":false}],
                 "tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":false,"stream":true,"store":true,
                 "stream_options":{"include_obfuscation":true}}""");

        Prompt.Chat prompt = (Prompt.Chat) request.completion().prompt();
        assertThat(prompt.tools())
                .isEqualTo(new Tools(
                        List.of(new Tool("f", "d", "{\"b\":2}", false)), Tools.Use.NAMED, Set.of("f"), false));
        assertThat(prompt.effort()).hasValue(ReasoningEffort.LOW);
        assertThat(request.completion().stopping().maxTokens()).hasValue(7);
        assertThat(request.completion().logprobs()).hasValue(3);
        assertThat(request.completion().format()).isEqualTo(new OutputFormat.JsonSchema("n", "", "{\"a\":1}", true));
        assertThat(request.stream()).isTrue();
        assertThat(request.form().obfuscated()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"model":"m"}                                                  | input
            {"model":"m","input":[]}                                       | input
            {"model":"m","input":7}                                        | input
            {"model":"m","input":"x","previous_response_id":"r"}           | previous_response_id
            {"model":"m","input":"x","conversation":"c"}                   | conversation
            {"model":"m","input":"x","background":true}                    | background
            {"model":"m","input":"x","truncation":"auto"}                  | truncation
            {"model":"m","input":"x","truncation":5}                       | truncation
            {"model":"m","input":"x","metadata":[1]}                       | metadata
            {"model":"m","input":"x","metadata":{"k":1}}                   | metadata.k
            {"model":"m","input":"x","reasoning":{"summary":true}}         | reasoning.summary
            {"model":"m","input":"x","text":{"verbosity":1}}               | text.verbosity
            {"model":"m","input":"x","user":7}                             | user
            {"model":"m","input":"x","tools":[{"type":"web_search"}]}      | tools[0]
            {"model":"m","input":"x","max_output_tokens":0}                | max_output_tokens
            {"model":"m","input":[{"type":"item_reference","id":"i"}]}     | input[0].id
            {"model":"m","input":[{"id":"i"}]}                             | input[0].id
            {"model":"m","input":[{"type":"dream"}]}                       | input[0]
            {"model":"m","input":[{"type":"function_call","call_id":" ","name":"f","arguments":"{}"}]} | input[0].call_id
            {"model":"m","input":[{"type":"function_call","call_id":"c","name":"","arguments":"{}"}]}  | input[0].name
            {"model":"m","input":[{"role":"wizard","content":"x"}]}        | input[0].role
            {"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"x"}]}]} | input[0].content[0]
            {"model":"m","input":[{"type":"function_call_output","call_id":"c","output":"x"}]} | input[0].call_id
            """)
    void whatCannotBeDoneIsRefusedByItsPath(String body, String path) {
        assertThat(catchThrowableOfType(BackendException.class, () -> read(body))
                        .parameter())
                .hasValue(path);
    }

    @Test
    void nothingIsCutOffUnlessItIsAskedFor() {
        for (String truncation : List.of("null", "\"disabled\"")) {
            assertThat(read("{\"model\":\"m\",\"input\":\"x\",\"truncation\":%s}".formatted(truncation))
                            .form()
                            .echoed())
                    .contains("\"truncation\":\"disabled\"");
        }
        assertThat(catchThrowableOfType(
                        BackendException.class,
                        () -> read("{\"model\":\"m\",\"input\":\"x\",\"truncation\":\"auto\"}")))
                .hasMessage("truncation is not supported, except as disabled");
    }

    @Test
    void theEventsComeInTheProtocolsOrder() {
        List<Map<String, Object>> events = events(EVERYTHING);

        assertThat(events.stream().map(event -> event.get("type")))
                .containsExactly(
                        "response.created",
                        "response.in_progress",
                        "response.output_item.added",
                        "response.content_part.added",
                        "response.reasoning_text.delta",
                        "response.reasoning_text.delta",
                        "response.reasoning_text.done",
                        "response.content_part.done",
                        "response.output_item.done",
                        "response.output_item.added",
                        "response.content_part.added",
                        "response.output_text.delta",
                        "response.output_text.delta",
                        "response.output_text.done",
                        "response.content_part.done",
                        "response.output_item.done",
                        "response.output_item.added",
                        "response.function_call_arguments.delta",
                        "response.function_call_arguments.delta",
                        "response.function_call_arguments.done",
                        "response.output_item.done",
                        "response.output_item.added",
                        "response.function_call_arguments.delta",
                        "response.function_call_arguments.done",
                        "response.output_item.done",
                        "response.completed");
        for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).get("sequence_number")).isEqualTo((long) i);
        }
    }

    @Test
    void aPieceSaysWhereItBelongs() {
        List<Map<String, Object>> events = events(EVERYTHING);

        assertThat(events.get(11)).isEqualTo(TestJson.parse("""
                {"type":"response.output_text.delta","sequence_number":11,"item_id":"msg_1_1","output_index":1,
                 "content_index":0,"delta":"Hi ","logprobs":[]}"""));
        assertThat(events.get(16)).isEqualTo(TestJson.parse("""
                {"type":"response.output_item.added","sequence_number":16,"output_index":2,
                 "item":{"type":"function_call","id":"fc_1_2","call_id":"call_a","name":"f","arguments":"",
                 "status":"in_progress"}}"""));
        assertThat(events.get(19)).isEqualTo(TestJson.parse("""
                {"type":"response.function_call_arguments.done","sequence_number":19,"item_id":"fc_1_2",
                 "output_index":2,"name":"f","arguments":"{\\"a\\":1}"}"""));
    }

    @Test
    void theWholeResponseIsWhatItsStreamEndsWith() {
        ReplyForm form = read("{\"model\":\"m\",\"input\":\"x\",\"temperature\":0.5,\"metadata\":{\"k\":\"v\"}}")
                .form();
        List<Map<String, Object>> events =
                events(new ResponseEventWriter(ENVELOPE, form, ResponseItems.NONE), EVERYTHING);

        Object whole = TestJson.parse(
                whole(new WholeWriter(Endpoint.RESPONSES, ENVELOPE, form, ResponseItems.NONE), EVERYTHING));

        assertThat(events.getLast().get("response")).isEqualTo(whole);
        assertThat(whole).isEqualTo(TestJson.parse("""
                {"id":"resp_1","object":"response","created_at":1700000000,"status":"completed","background":false,
                 "error":null,"incomplete_details":null,"model":"tiny","output":[
                  {"type":"reasoning","id":"rs_1_0","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]},
                  {"type":"message","id":"msg_1_1","status":"completed","role":"assistant","content":[
                   {"type":"output_text","text":"Hi 😀","annotations":[],"logprobs":[]}]},
                  {"type":"function_call","id":"fc_1_2","call_id":"call_a","name":"f","arguments":"{\\"a\\":1}",
                   "status":"completed"},
                  {"type":"function_call","id":"fc_1_3","call_id":"call_b","name":"g","arguments":"{}",
                   "status":"completed"}],
                 "previous_response_id":null,"store":false,"service_tier":"default","instructions":null,
                 "max_output_tokens":null,"metadata":{"k":"v"},"parallel_tool_calls":true,
                 "reasoning":{"effort":null,"summary":null},"temperature":0.5,"text":{"format":{"type":"text"}},
                 "tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","user":null,
                 "usage":{"input_tokens":20,"input_tokens_details":{"cached_tokens":4},"output_tokens":9,
                  "output_tokens_details":{"reasoning_tokens":2},"total_tokens":29}}"""));
    }

    @ParameterizedTest
    @EnumSource
    void everyEndHasItsEventAndIsTheWholeResponses(FinishReason reason) {
        for (List<TokenEvent> pieces : List.of(
                List.<TokenEvent>of(),
                List.<TokenEvent>of(new Text(0, "a")),
                List.<TokenEvent>of(new Text(0, "a"), new Refusal(0, "no"), new Refusal(0, "!")),
                List.<TokenEvent>of(new Call(0, "c", "f")),
                List.<TokenEvent>of(
                        new Call(0, "c", "f"),
                        new Text(0, "so"),
                        new Thinking(0, "hm"),
                        new Text(0, "no"),
                        new Thinking(0, "!")),
                List.<TokenEvent>of(
                        new Call(0, "c", "f"), new Arguments(0, "{"), new Text(0, "so"), new Arguments(0, "}")),
                List.<TokenEvent>of(new Text(0, "a"), new Call(0, "c", "f"), new Arguments(0, "{")))) {
            List<TokenEvent> events = new ArrayList<>(List.of(new Started("m", 1)));
            events.addAll(pieces);
            events.add(new Finished(0, reason));
            events.add(new Usage(1, 1));

            Map<String, Object> last = events(events).getLast();

            String status =
                    reason == FinishReason.LENGTH || reason == FinishReason.CONTENT_FILTER ? "incomplete" : "completed";
            assertThat(last.get("type")).isEqualTo("response." + status);
            assertThat(last.get("response")).isEqualTo(TestJson.parse(whole(events)));
        }
    }

    @Test
    void logprobsWithoutATextDoNotBreakACall() {
        Text unseen = new Text(0, "", List.of(half(0xe5)));

        assertThat(output(
                        new Started("m", 1),
                        unseen,
                        new Call(0, "c", "f"),
                        unseen,
                        new Arguments(0, "{"),
                        unseen,
                        new Arguments(0, "}"),
                        unseen,
                        new Finished(0, FinishReason.TOOL_CALLS),
                        new Usage(1, 1)))
                .isEqualTo(TestJson.parse("""
                        [{"type":"function_call","id":"fc_1_0","call_id":"c","name":"f","arguments":"{}",
                          "status":"completed"}]"""));
    }

    @Test
    void argumentsGoOnAfterATextInBetween() {
        assertThat(output(
                        new Started("m", 1),
                        new Call(0, "c", "f"),
                        new Arguments(0, "{\"a\""),
                        new Text(0, "so"),
                        new Arguments(0, ":1}"),
                        new Finished(0, FinishReason.TOOL_CALLS),
                        new Usage(1, 1)))
                .isEqualTo(TestJson.parse("""
                        [{"type":"function_call","id":"fc_1_0","call_id":"c","name":"f","arguments":"{\\"a\\":1}",
                          "status":"completed"},
                         {"type":"message","id":"msg_1_1","status":"completed","role":"assistant","content":[
                          {"type":"output_text","text":"so","annotations":[],"logprobs":[]}]}]"""));
    }

    @Test
    void theFirstHalfOfACharacterOpensNoItemAndIsTold() {
        assertThat(output(
                        new Started("m", 1),
                        new Thinking(0, "h"),
                        new Text(0, "", List.of(half(0xe5, 0xaf))),
                        new Thinking(0, "m"),
                        new Text(0, "密", List.of(half(0x86))),
                        new Finished(0, FinishReason.STOP),
                        new Usage(1, 1)))
                .isEqualTo(TestJson.parse("""
                        [{"type":"reasoning","id":"rs_1_0","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]},
                         {"type":"message","id":"msg_1_1","status":"completed","role":"assistant","content":[
                          {"type":"output_text","text":"密","annotations":[],"logprobs":[
                           {"token":"\uFFFD","logprob":-1.0,"bytes":[229,175],"top_logprobs":[]},
                           {"token":"\uFFFD","logprob":-1.0,"bytes":[134],"top_logprobs":[]}]}]}]"""));
    }

    @Test
    void argumentsOfNoCallAreNoReply() {
        List<TokenEvent> events = List.of(
                new Started("m", 1),
                new Text(0, "a"),
                new Arguments(0, "{}"),
                new Finished(0, FinishReason.STOP),
                new Usage(1, 1));

        assertThat(catchThrowableOfType(CompletionException.class, () -> whole(events)))
                .hasMessageContaining("came without a call before it");
    }

    /// What a stream's last event and a whole response have as their output.
    private static Object output(TokenEvent... events) {
        Map<?, ?> whole = (Map<?, ?>) TestJson.parse(whole(List.of(events)));

        assertThat(events(List.of(events)).getLast().get("response")).isEqualTo(whole);
        return whole.get("output");
    }

    /// Of a token that is a part of a character.
    private static TokenLogprob half(int... bytes) {
        TokenText part = new TokenText("\uFFFD", Arrays.stream(bytes).boxed().toList());
        return new TokenLogprob(part, OptionalDouble.of(-1), List.of());
    }

    @Test
    void aFailureIsAnErrorEventAndAFailedResponse() {
        ResponseEventWriter writer = new ResponseEventWriter(ENVELOPE, ReplyForm.PLAIN, ResponseItems.NONE);
        ByteSink out = new ByteSink(64);
        writer.write(new Started("m", 1), out);
        writer.write(new Text(0, "a"), out);
        out.clear();

        writer.fail(new BackendException(BackendException.Kind.TIMED_OUT, "too slow"), out);
        writer.fail(new BackendException(BackendException.Kind.TIMED_OUT, "once is enough"), out);

        List<Map<String, Object>> events = parsed(out);
        assertThat(events).hasSize(2);
        assertThat(events.getFirst()).isEqualTo(TestJson.parse("""
                {"type":"error","sequence_number":5,"code":"timed_out","message":"too slow","param":null,
                 "error":{"message":"too slow","type":"server_error","param":null,"code":"timed_out"}}"""));
        assertThat(events.getLast().get("type")).isEqualTo("response.failed");
        assertThat(events.getLast().toString()).contains("status=failed", "too slow");
    }

    @Test
    void itemsOfAnEarlierReplyMayBeNamedByTheirIds() {
        ResponseItems items = new ResponseItems(1 << 20);
        String continued = """
                {"model":"m","input":[{"role":"user","content":"x"},{"type":"item_reference","id":"rs_1_0"},
                 {"id":"msg_1_1"},{"type":"item_reference","id":"fc_1_2"},
                 {"type":"item_reference","id":"fc_1_3"},{"type":"function_call_output","call_id":"call_a","output":"1"},
                 {"type":"function_call_output","call_id":"call_b","output":"2"}]}""";
        List<Message> conversation = List.of(
                new Message.User("x"),
                new Message.Assistant(
                        "Hi 😀",
                        "hm",
                        List.of(new ToolCall("call_a", "f", "{\"a\":1}"), new ToolCall("call_b", "g", "{}"))),
                new Message.ToolResult("call_a", "1"),
                new Message.ToolResult("call_b", "2"));

        for (boolean stream : List.of(true, false)) {
            ResponseItems kept = new ResponseItems(1 << 20);
            WireRequest first = WireRequest.read(
                    Endpoint.RESPONSES, "{\"model\":\"m\",\"input\":\"x\"}".getBytes(UTF_8), WireOptions.DEFAULT, kept);
            if (stream) {
                EventWriter writer = first.writer(ENVELOPE);
                EVERYTHING.forEach(event -> writer.write(event, new ByteSink(64)));
            } else {
                whole(first.wholeWriter(ENVELOPE), EVERYTHING);
            }

            WireRequest next =
                    WireRequest.read(Endpoint.RESPONSES, continued.getBytes(UTF_8), WireOptions.DEFAULT, kept);

            assertThat(((Prompt.Chat) next.completion().prompt()).messages()).isEqualTo(conversation);
        }
        assertThat(catchThrowableOfType(
                        BackendException.class,
                        () -> WireRequest.read(
                                Endpoint.RESPONSES, continued.getBytes(UTF_8), WireOptions.DEFAULT, items)))
                .hasMessageStartingWith("input[1].id is 'rs_1_0', an item that this server doesn't remember");
    }

    @Test
    void anItemIsNamedOnceAtMost() {
        ResponseItems items = new ResponseItems(1 << 20);
        WireRequest first = WireRequest.read(
                Endpoint.RESPONSES, "{\"model\":\"m\",\"input\":\"x\"}".getBytes(UTF_8), WireOptions.DEFAULT, items);
        whole(first.wholeWriter(ENVELOPE), EVERYTHING);
        byte[] twice = """
                {"model":"m","input":[{"type":"item_reference","id":"msg_1_1"},
                 {"type":"item_reference","id":"rs_1_0"},{"type":"item_reference","id":"msg_1_1"}]}""".getBytes(UTF_8);

        BackendException refusal = catchThrowableOfType(
                BackendException.class, () -> WireRequest.read(Endpoint.RESPONSES, twice, WireOptions.DEFAULT, items));

        assertThat(refusal.kind()).isEqualTo(BackendException.Kind.INVALID_REQUEST);
        assertThat(refusal).hasMessageStartingWith("input[2].id is 'msg_1_1', which the input has named before");
    }

    @Test
    void anItemMayBeNamedHoweverManyLogprobsItHad() {
        ResponseItems items = new ResponseItems(1 << 30);
        WireRequest first = WireRequest.read(
                Endpoint.RESPONSES, "{\"model\":\"m\",\"input\":\"x\"}".getBytes(UTF_8), WireOptions.DEFAULT, items);
        TokenLogprob token = new TokenLogprob(new TokenText("a", List.of()), OptionalDouble.of(-1), List.of());
        List<TokenLogprob> tokens = Collections.nCopies(JsonReader.MAX_VALUES / 4, token); // 5 values each
        whole(
                first.wholeWriter(ENVELOPE),
                List.of(
                        new Started("tiny", 1),
                        new Text(0, "a".repeat(tokens.size()), tokens),
                        new Finished(0, FinishReason.STOP),
                        new Usage(1, tokens.size())));

        byte[] naming = """
                {"model":"m","input":[{"type":"item_reference","id":"msg_1_0"}]}""".getBytes(UTF_8);
        WireRequest next = WireRequest.read(Endpoint.RESPONSES, naming, WireOptions.DEFAULT, items);

        assertThat(((Prompt.Chat) next.completion().prompt()).messages())
                .containsExactly(new Message.Assistant("a".repeat(tokens.size())));
    }

    @Test
    void anItemThatIsMoreThanAReaderTakesIsRefused() {
        ResponseItems items = new ResponseItems(1 << 30);
        items.keep("msg_1_0", "[" + "0,".repeat(JsonReader.MAX_VALUES) + "0]");
        byte[] naming = """
                {"model":"m","input":[{"type":"item_reference","id":"msg_1_0"}]}""".getBytes(UTF_8);

        BackendException refusal = catchThrowableOfType(
                BackendException.class, () -> WireRequest.read(Endpoint.RESPONSES, naming, WireOptions.DEFAULT, items));

        assertThat(refusal.kind()).isEqualTo(BackendException.Kind.INVALID_REQUEST);
        assertThat(refusal)
                .hasMessage(
                        "input[0].id is 'msg_1_0', an item that can't be read again: it holds more than 250000 values");
    }

    @Test
    void nothingIsKeptOfAReplyThatShallNotBeStored() {
        ResponseItems items = new ResponseItems(1 << 20);
        WireRequest request = WireRequest.read(
                Endpoint.RESPONSES,
                "{\"model\":\"m\",\"input\":\"x\",\"store\":false}".getBytes(UTF_8),
                WireOptions.DEFAULT,
                items);

        whole(request.wholeWriter(ENVELOPE), EVERYTHING);

        assertThat(items.find("msg_1_1")).isEmpty();
    }

    @Test
    void theOldestItemsAreForgottenFirstAndOneThatIsTooLargeAtOnce() {
        ResponseItems items = new ResponseItems(1000);

        items.keep("a", "x".repeat(100));
        items.keep("b", "y".repeat(100));
        items.keep("c", "z".repeat(1000));
        assertThat(items.find("a")).isPresent();
        items.keep("d", "z".repeat(100));

        assertThat(items.find("a")).isEmpty();
        assertThat(items.find("b")).isPresent();
        assertThat(items.find("c")).isEmpty();
        assertThat(items.find("d")).hasValue("z".repeat(100));
    }

    @Test
    void theOrderOfEventsIsHeld() {
        assertThat(fault(new Text(0, "a"))).contains("there are 0");
        assertThat(fault(new Started("m", 2))).contains("more choices than the one of a response");
        assertThat(fault(new Started("m", 1), new Arguments(0, "{}"))).contains("without a call before it");
        assertThat(fault(new Started("m", 1), new Usage(1, 1))).contains("before the response had finished");
        assertThat(fault(new Started("m", 1), new Finished(0, FinishReason.STOP), new Text(0, "a")))
                .contains("after its choice had finished");
    }

    private static byte[] whole(List<TokenEvent> events) {
        return whole(new WholeWriter(Endpoint.RESPONSES, ENVELOPE, ReplyForm.PLAIN, ResponseItems.NONE), events);
    }

    private static byte[] whole(WholeWriter writer, List<TokenEvent> events) {
        Script script = Script.of(events.toArray(TokenEvent[]::new));
        try (CompletionStream stream = new ScriptedBackend("m", script).complete(CompletionRequest.of("m", "x"))) {
            Completion completion = writer.reading(stream).completion().join();
            return writer.write(completion, List.of(), Optional.empty());
        }
    }

    private static String fault(TokenEvent... events) {
        ResponseEventWriter writer = new ResponseEventWriter(ENVELOPE, ReplyForm.PLAIN, ResponseItems.NONE);
        ByteSink out = new ByteSink(64);
        for (int i = 0; i < events.length - 1; i++) {
            writer.write(events[i], out);
        }
        return catchThrowableOfType(BackendException.class, () -> writer.write(events[events.length - 1], out))
                .getMessage();
    }

    private static List<Map<String, Object>> events(List<TokenEvent> events) {
        return events(new ResponseEventWriter(ENVELOPE, ReplyForm.PLAIN, ResponseItems.NONE), events);
    }

    private static List<Map<String, Object>> events(ResponseEventWriter writer, List<TokenEvent> events) {
        ByteSink out = new ByteSink(64);
        events.forEach(event -> writer.write(event, out));
        return parsed(out);
    }

    /// The data of each event, whose type is its event line's too.
    @SuppressWarnings("unchecked") // an event's data is an object
    private static List<Map<String, Object>> parsed(ByteSink out) {
        List<Map<String, Object>> parsed = new ArrayList<>();
        new SseReader().read(out.array(), 0, out.length(), event -> {
            Map<String, Object> data = (Map<String, Object>) TestJson.parse(event.data());
            assertThat(event.type()).isEqualTo(data.get("type"));
            parsed.add(data);
        });
        return parsed;
    }

    private static WireRequest read(String body) {
        return WireRequest.read(Endpoint.RESPONSES, body.getBytes(UTF_8), WireOptions.DEFAULT);
    }
}
