package dev.runnel.wire;

import static dev.runnel.core.BackendException.Kind.INVALID_REQUEST;
import static dev.runnel.core.BackendException.Kind.UNSUPPORTED;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.Prompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Whatever comes over the wire is read or refused, and nothing else happens.
class FuzzTest {

    private static final List<String> REQUESTS = List.of("""
            {"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":[
            {"type":"text","text":"h\\u00e9llo \\ud83d\\ude00 你好"},{"type":"image_url","image_url":{"url":"x"}}]},
            {"role":"assistant","content":null,"refusal":"no","tool_calls":[]}],"stream":true,
            "stream_options":{"include_usage":true}}""", """
            {"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":16,"max_completion_tokens":1.6e1,
            "temperature":0.7,"top_p":1,"n":2,"stop":["a","b"],"seed":-9223372036854775808,"logit_bias":{},
            "frequency_penalty":0,"presence_penalty":0.0,"logprobs":false,"top_logprobs":null,"tools":[],
            "tool_choice":"auto","response_format":{"type":"text"},"modalities":["text"],"user":"u"}""", """
            {"model":"m","prompt":["once"],"max_tokens":5,"n":1,"best_of":1,"echo":false,"suffix":"","logprobs":null,
            "stop":"END","stream":false,"metadata":{"a":[1,2,{"b":[[],{}]}]}}""", """
            {"model":"m","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":null,"tool_calls":[
            {"id":"c","type":"function","function":{"name":"f","arguments":"{\\"a\\":1}"}}]},{"role":"tool",
            "tool_call_id":"c","content":"x"}],"tools":[{"type":"function","function":{"name":"f","description":"d",
            "parameters":{"type":"object"},"strict":true}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{
            "mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}},"parallel_tool_calls":false,
            "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"a":[1]}}},"logprobs":true,
            "top_logprobs":3,"top_k":4,"min_p":0.1,"logit_bias":{"5":-1.5},"reasoning_effort":"low",
            "chat_template_kwargs":{"x":true},"service_tier":"auto","timings":true}""", """
            {"model":"m","prompt":[[1,2],[3]],"max_tokens":0,"n":2,"best_of":3,"echo":true,"logprobs":5,"top_k":-1,
            "typical_p":0.5,"repetition_penalty":1.1,"stop_token_ids":[1,2],"ignore_eos":true,"grammar":"root ::= a",
            "cache_prompt":false,"prompt_":["a","b"],"suffix_":"x","timings_per_token":true}""", """
            {"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"hi"}]},{"type":"reasoning",
            "summary":[],"content":[{"type":"reasoning_text","text":"hm"}]},{"type":"function_call","call_id":"c",
            "name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"1"}],
            "instructions":"be","tools":[{"type":"function","name":"f","parameters":{},"strict":false}],
            "text":{"format":{"type":"text"}},"reasoning":{"effort":"low"},"include":["message.output_text.logprobs"],
            "top_logprobs":2,"max_output_tokens":9,"stream":true,"tool_choice":{"type":"function","name":"f"}}""");

    /// What a mutation may put in: JSON's tokens, edges of numbers, and names that mean something.
    private static final List<byte[]> TOKENS = Stream.of(
                    "null",
                    "true",
                    "false",
                    "0",
                    "-1",
                    "1e400",
                    "1e-400",
                    "9223372036854775808",
                    "0.5",
                    "-0",
                    "NaN",
                    "\"\"",
                    "[]",
                    "{}",
                    "[[[[",
                    "{\"a\":",
                    "]",
                    "}",
                    ",",
                    ":",
                    "\"",
                    "\\",
                    "\\u0000",
                    "\\ud83d",
                    "\uFEFF",
                    "\u0000",
                    "\"stop\":",
                    "\"messages\":",
                    "\"prompt\":",
                    "\"content\":",
                    "\"type\":",
                    "\"model\":",
                    "\"n\":",
                    "\"choices\":",
                    "\"usage\":",
                    "\"error\":",
                    "\"delta\":",
                    "\"index\":",
                    "\"tool_calls\":",
                    "\"tools\":",
                    "\"logprobs\":",
                    "\"input\":",
                    "\"arguments\":",
                    "\"finish_reason\":",
                    "data:",
                    "event: error\n",
                    "\n",
                    "\r",
                    "\n\n",
                    "data: [DONE]\n\n")
            .map(token -> token.getBytes(UTF_8))
            .toList();

    private final Random random = new Random(42);

    @Test
    void everyRequestIsReadOrRefusedWithAnErrorThatIsJson() {
        List<byte[]> seeds = REQUESTS.stream().map(text -> text.getBytes(UTF_8)).toList();
        List<Endpoint> endpoints = List.of(Endpoint.CHAT, Endpoint.TEXT, Endpoint.RESPONSES);
        int read = 0;
        int rounds = 60_000;
        for (int round = 0; round < rounds; round++) {
            Endpoint endpoint = endpoints.get(random.nextInt(endpoints.size()));
            byte[] body = mutated(seeds);
            try {
                assertThat(WireRequest.read(endpoint, body, WireOptions.DEFAULT).endpoint())
                        .isEqualTo(endpoint);
                read++;
            } catch (BackendException refusal) {
                if (refusal.kind() != INVALID_REQUEST && refusal.kind() != UNSUPPORTED) {
                    throw new AssertionError("round %d: %s".formatted(round, new String(body, UTF_8)), refusal);
                }
                if (round % 50 == 0) {
                    assertThat(TestJson.parse(Errors.body(endpoint, refusal))).isNotNull();
                }
            } catch (RuntimeException | StackOverflowError fault) {
                throw new AssertionError("round %d: %s".formatted(round, new String(body, UTF_8)), fault);
            }
        }

        assertThat(read).as("some mutations do no harm").isBetween(rounds / 50, rounds / 2);
    }

    @Test
    void everyQuestionAboutTextIsReadOrRefused() {
        List<byte[]> seeds = Stream.of("""
                        {"content":"h\\u00e9llo 你好","add_special":true,"parse_special":false,"with_pieces":null}""", "{\"tokens\":[1,2,3.0]}", """
                        {"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},{"role":"assistant",
                        "tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}],"tools":[{"a":1e3}],
                        "chat_template_kwargs":{"x":[null,-0.5]},"documents":[{}],"add_generation_prompt":false}""")
                .map(text -> text.getBytes(UTF_8))
                .toList();
        for (int round = 0; round < 20_000; round++) {
            byte[] body = mutated(seeds);
            for (CodecRequest.Kind kind : CodecRequest.Kind.values()) {
                survives(body, () -> {
                    var _ = CodecRequest.read(kind, body);
                });
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CHAT", "TEXT"})
    void everyUpstreamIsUnderstoodOrFails(Endpoint endpoint) throws IOException {
        List<byte[]> seeds = transcripts(".sse");
        CompletionRequest request = switch (endpoint) {
            case CHAT -> CompletionRequest.of("m", "hi").withChoices(2);
            case TEXT, RESPONSES -> CompletionRequest.of("m", new Prompt.Text("hi"));
        };
        for (int round = 0; round < 4_000; round++) {
            byte[] stream = mutated(seeds);
            ChunkReader chunks = new ChunkReader(request);
            SseReader reader = new SseReader();
            survives(stream, () -> {
                reader.read(stream, 0, stream.length, event -> chunks.read(event, _ -> {}));
                chunks.end(_ -> {});
            });
        }
    }

    @Test
    void everyWholeReplyIsUnderstoodOrFails() throws IOException {
        List<byte[]> seeds = transcripts(".json");
        for (int round = 0; round < 4_000; round++) {
            byte[] body = mutated(seeds);
            survives(body, () -> {
                var _ = CompletionReader.read(Endpoint.CHAT, 0, body);
            });
            survives(body, () -> {
                var _ = CompletionReader.read(Endpoint.TEXT, 0, body);
            });
            survives(body, () -> {
                var _ = ModelsReader.read(body);
            });
            survives(body, () -> {
                throw ErrorReader.read(400 + random.nextInt(200), _ -> Optional.empty(), body);
            });
        }
    }

    private static void survives(byte[] input, Runnable reading) {
        try {
            reading.run();
        } catch (BackendException failure) {
            if (failure.kind() == BackendException.Kind.INTERNAL) {
                throw new AssertionError(new String(input, UTF_8), failure);
            }
        } catch (RuntimeException | StackOverflowError fault) {
            throw new AssertionError(new String(input, UTF_8), fault);
        }
    }

    private static List<byte[]> transcripts(String ending) throws IOException {
        List<byte[]> contents = new ArrayList<>();
        try (Stream<Path> files = Files.walk(TranscriptTest.FOLDER)) {
            for (Path file : files.filter(path -> path.toString().endsWith(ending))
                    .sorted()
                    .toList()) {
                contents.add(Files.readAllBytes(file));
            }
        }
        return contents;
    }

    /// One of the seeds with one to four changes.
    private byte[] mutated(List<byte[]> seeds) {
        byte[] bytes = seeds.get(random.nextInt(seeds.size()));
        for (int changes = random.nextInt(4); changes >= 0; changes--) {
            int from = random.nextInt(bytes.length + 1);
            int to = Math.min(bytes.length, from + random.nextInt(1 + random.nextInt(40)));
            bytes = switch (random.nextInt(6)) {
                case 0 -> replaced(bytes, from, to, new byte[0]);
                case 1 -> replaced(bytes, from, from, TOKENS.get(random.nextInt(TOKENS.size())));
                case 2 -> replaced(bytes, from, to, TOKENS.get(random.nextInt(TOKENS.size())));
                case 3 -> replaced(bytes, from, from, Arrays.copyOfRange(bytes, from, to));
                case 4 -> replaced(bytes, from, Math.min(bytes.length, from + 1), new byte[] {(byte) random.nextInt()});
                default -> withOneValueReplaced(bytes);
            };
        }
        return bytes;
    }

    /// The bytes with what stands between a colon and the next comma or bracket replaced: more likely to
    /// stay JSON.
    private byte[] withOneValueReplaced(byte[] bytes) {
        int from = random.nextInt(bytes.length + 1);
        while (from < bytes.length && bytes[from] != ':') {
            from++;
        }
        int to = Math.min(bytes.length, from + 1);
        while (to < bytes.length && bytes[to] != ',' && bytes[to] != '}' && bytes[to] != ']') {
            to++;
        }
        return replaced(bytes, Math.min(bytes.length, from + 1), to, TOKENS.get(random.nextInt(TOKENS.size())));
    }

    private static byte[] replaced(byte[] bytes, int from, int to, byte[] by) {
        byte[] result = Arrays.copyOf(bytes, bytes.length - (to - from) + by.length);
        System.arraycopy(by, 0, result, from, by.length);
        System.arraycopy(bytes, to, result, from + by.length, bytes.length - to);
        return result;
    }
}
