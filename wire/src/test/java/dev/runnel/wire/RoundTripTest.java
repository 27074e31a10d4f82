package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.OutputFormat;
import dev.runnel.core.Prompt;
import dev.runnel.core.ReasoningEffort;
import dev.runnel.core.Sampling;
import dev.runnel.core.Stopping;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenLogprob;
import dev.runnel.core.TokenLogprob.Alternative;
import dev.runnel.core.TokenText;
import dev.runnel.core.Tool;
import dev.runnel.core.ToolCall;
import dev.runnel.core.Tools;
import dev.runnel.wire.RequestWriter.LimitField;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What one side writes the other reads, whatever it is.
class RoundTripTest {

    private static final int ROUNDS = 500;
    private static final int ALTERNATIVES = 3;
    private static final Tools TOOLS = Tools.auto(List.of(new Tool("f", "", "{}", false)));

    private final Random random = new Random(42);

    @Test
    void requestsComeBackAsTheyWere() {
        for (int round = 0; round < ROUNDS; round++) {
            CompletionRequest request = request();
            boolean stream = random.nextBoolean();
            boolean usage = stream && random.nextBoolean();
            LimitField limit = random.nextBoolean() ? LimitField.MAX_TOKENS : LimitField.MAX_COMPLETION_TOKENS;

            WireRequest read = WireRequest.read(
                    Endpoint.of(request.prompt()),
                    RequestWriter.write(request, limit, stream, usage),
                    WireOptions.DEFAULT);

            assertThat(read).as("round %d", round).isEqualTo(Asking.of(request, stream, usage));
        }
    }

    @Test
    void aRequestLooksAsTheProtocolSays() {
        CompletionRequest request = CompletionRequest.of(
                        "m", new Prompt.Chat(List.of(new Message.System("be"), new Message.User("hi"))))
                .withMaxTokens(5)
                .withStop(List.of("x"));

        assertThat(TestJson.parse(RequestWriter.write(request, LimitField.MAX_TOKENS, true, true)))
                .isEqualTo(TestJson.parse("""
                        {"model":"m","messages":[{"role":"system","content":"be"},{"role":"user","content":"hi"}],
                         "max_tokens":5,"stop":["x"],
                         "stream":true,"stream_options":{"include_usage":true}}"""));
        assertThat(TestJson.parse(RequestWriter.write(request, LimitField.MAX_COMPLETION_TOKENS, false, false)))
                .isEqualTo(TestJson.parse("""
                        {"model":"m","messages":[{"role":"system","content":"be"},{"role":"user","content":"hi"}],
                         "max_completion_tokens":5,"stop":["x"]}"""));
    }

    @Test
    void whatIsUsualIsSaidWhereItWasAskedForAndNowhereElse() {
        assertThat(sampled(Sampling.DEFAULT)).doesNotContain("temperature", "top_p");
        assertThat(sampled(Sampling.GREEDY)).contains("\"temperature\":0").doesNotContain("top_p");
        assertThat(sampled(new Sampling(1, 1, OptionalLong.empty()))).contains("\"temperature\":1", "\"top_p\":1");
    }

    private static String sampled(Sampling sampling) {
        CompletionRequest request = CompletionRequest.of("m", "hi").withSampling(sampling);
        return new String(RequestWriter.write(request, LimitField.MAX_TOKENS, false, false), UTF_8);
    }

    @Test
    void aTextCompletionWithoutALimitHasNoWords() {
        CompletionRequest request = CompletionRequest.of("m", new Prompt.Text("once"));

        BackendException failure = catchThrowableOfType(
                BackendException.class, () -> RequestWriter.write(request, LimitField.MAX_TOKENS, true, true));

        assertThat(failure.kind()).isEqualTo(Kind.UNSUPPORTED);
        assertThat(failure.parameter()).hasValue("max_tokens");
    }

    @ParameterizedTest
    @EnumSource(names = {"CHAT", "TEXT"})
    void streamsComeBackAsTheyWereHoweverTheyAreSplit(Endpoint endpoint) {
        for (int round = 0; round < ROUNDS; round++) {
            List<TokenEvent> events = events(endpoint);

            assertThat(throughTheWire(endpoint, events)).as("round %d", round).isEqualTo(events);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CHAT", "TEXT"})
    void aWholeReplyIsTheFoldOfItsStream(Endpoint endpoint) {
        Envelope envelope = Envelope.fresh(endpoint, InstantSource.system(), random);
        for (int round = 0; round < ROUNDS; round++) {
            List<TokenEvent> events = events(endpoint);

            Completion whole = CompletionReader.read(
                    endpoint,
                    ALTERNATIVES,
                    CompletionWriter.write(
                            endpoint,
                            envelope,
                            ReplyForm.PLAIN.withLogprobs(OptionalInt.of(ALTERNATIVES)),
                            Completion.of(events),
                            new WholeExtensions(List.of()),
                            Optional.empty()));

            assertThat(Completion.of(throughTheWire(endpoint, events)))
                    .as("round %d", round)
                    .isEqualTo(whole);
        }
    }

    @Test
    void aStreamCutAnywhereIsAFailure() {
        List<TokenEvent> events = events(Endpoint.CHAT);
        byte[] stream = written(Endpoint.CHAT, events);
        int lastChunk = stream.length - "data: [DONE]\n\n".length();

        for (int cut = 0; cut < stream.length; cut++) {
            List<TokenEvent> read = new ArrayList<>();
            ChunkReader chunks = new ChunkReader(asking(Endpoint.CHAT, events));
            new SseReader().read(stream, 0, cut, event -> chunks.read(event, read::add));
            BackendException failure = catchThrowableOfType(BackendException.class, () -> chunks.end(read::add));
            if (cut < lastChunk) {
                assertThat(failure).as("cut at %d of %d", cut, stream.length).isNotNull();
                assertThat(failure.kind()).isEqualTo(Kind.UPSTREAM);
            } else {
                assertThat(failure).as("only [DONE] is cut").isNull();
            }
        }
    }

    @Test
    void aFailureComesBackAsAFailure() {
        ChunkWriter writer = new ChunkWriter(
                Endpoint.CHAT,
                Envelope.fresh(Endpoint.CHAT, InstantSource.system(), random),
                ReplyForm.PLAIN.withUsage(true));
        ByteSink out = new ByteSink(64);
        writer.write(new TokenEvent.Started("m", 1), out);
        writer.write(new TokenEvent.Text(0, "Hel"), out);
        writer.fail(new BackendException(Kind.TIMED_OUT, "the model slept for 30 s"), out);
        ChunkReader chunks = new ChunkReader(CompletionRequest.of("m", "hi"));
        List<TokenEvent> read = new ArrayList<>();

        BackendException failure = catchThrowableOfType(
                BackendException.class,
                () -> new SseReader().read(out.array(), 0, out.length(), event -> chunks.read(event, read::add)));

        assertThat(read).containsExactly(new TokenEvent.Started("m", 1), new TokenEvent.Text(0, "Hel"));
        assertThat(failure.kind()).isEqualTo(Kind.TIMED_OUT);
        assertThat(failure).hasMessage("the upstream failed: the model slept for 30 s");
    }

    @Test
    void afterDoneTheReaderHearsNothing() {
        ChunkReader chunks = new ChunkReader(CompletionRequest.of("m", "hi"));
        List<TokenEvent> read = new ArrayList<>();
        byte[] stream = written(
                Endpoint.CHAT,
                List.of(
                        new TokenEvent.Started("m", 1),
                        new TokenEvent.Finished(0, FinishReason.STOP),
                        new TokenEvent.Usage(1, 1)));

        new SseReader().read(stream, 0, stream.length, event -> chunks.read(event, read::add));
        chunks.read(new SseReader.Event("", "garbage"), read::add);
        chunks.read(new SseReader.Event("", "[DONE]"), read::add);
        chunks.end(read::add);

        assertThat(read).hasSize(3);
    }

    @Test
    void everyEnvelopeHasAnIdOfItsOwn() {
        InstantSource clock = InstantSource.fixed(Instant.ofEpochSecond(7));
        Set<String> ids = new HashSet<>();

        for (int i = 0; i < 1000; i++) {
            Envelope chat = Envelope.fresh(Endpoint.CHAT, clock, random);
            assertThat(chat.id()).matches("chatcmpl-[0-9a-f]{32}");
            assertThat(chat.created()).isEqualTo(Instant.ofEpochSecond(7));
            assertThat(chat.fingerprint()).isEqualTo(Optional.empty());
            ids.add(chat.id());
        }

        assertThat(ids).hasSize(1000);
        assertThat(Envelope.fresh(Endpoint.TEXT, clock, random).id()).matches("cmpl-[0-9a-f]{32}");
    }

    private List<TokenEvent> throughTheWire(Endpoint endpoint, List<TokenEvent> events) {
        byte[] stream = written(endpoint, events);
        ChunkReader chunks = new ChunkReader(asking(endpoint, events));
        SseReader reader = new SseReader();
        List<TokenEvent> read = new ArrayList<>();
        int length;
        for (int at = 0; at < stream.length; at += length) {
            length = Math.min(1 + random.nextInt(1 << random.nextInt(12)), stream.length - at);
            reader.read(stream, at, length, event -> chunks.read(event, read::add));
        }
        chunks.end(read::add);
        return read;
    }

    private byte[] written(Endpoint endpoint, List<TokenEvent> events) {
        WireOptions options =
                WireOptions.DEFAULT.withObfuscation(random.nextBoolean()).withReasoningAlias(random.nextBoolean());
        ReplyForm form = ReplyForm.of(CompletionRequest.of("m", "?").withLogprobs(ALTERNATIVES), options)
                .withUsage(true)
                .withTier(random.nextBoolean());
        ChunkWriter writer = new ChunkWriter(endpoint, Envelope.fresh(endpoint, InstantSource.system(), random), form);
        if (random.nextBoolean()) {
            writer.time(new Timings(Duration.ofMillis(random.nextInt(1000)), Duration.ofNanos(random.nextInt())));
        }
        ByteSink out = new ByteSink(64);
        for (TokenEvent event : events) {
            if (random.nextInt(8) == 0) {
                ChunkWriter.keepAlive(out);
            }
            writer.write(event, out);
        }
        return out.toByteArray();
    }

    private static CompletionRequest asking(Endpoint endpoint, List<TokenEvent> events) {
        Prompt prompt = switch (endpoint) {
            case CHAT -> new Prompt.Chat(List.of(new Message.User("?"))).withTools(TOOLS);
            case TEXT, RESPONSES -> new Prompt.Text("?");
        };
        int choices = ((TokenEvent.Started) events.getFirst()).choices();
        return CompletionRequest.of("asked", prompt).withChoices(choices).withLogprobs(ALTERNATIVES);
    }

    /// A stream as a backend may produce it. A text completion starts on the wire with its first chunk,
    /// so it has one.
    private List<TokenEvent> events(Endpoint endpoint) {
        int choices = 1 + random.nextInt(4);
        List<Integer> turns = new ArrayList<>();
        for (int choice = 0; choice < choices; choice++) {
            turns.addAll(Collections.nCopies(1 + random.nextInt(6), choice));
        }
        Collections.shuffle(turns, random);
        List<TokenEvent> events = new ArrayList<>();
        events.add(new TokenEvent.Started("model " + text(), choices));
        Set<Integer> callers = new HashSet<>();
        for (int i = 0; i < turns.size(); i++) {
            int choice = turns.get(i);
            boolean last = !turns.subList(i + 1, turns.size()).contains(choice);
            if (last) {
                events.add(new TokenEvent.Finished(choice, reason(callers.contains(choice))));
            } else {
                events.addAll(pieces(endpoint, choice, callers));
            }
        }
        int prompt = random.nextInt(1000);
        int completion = random.nextInt(1000);
        events.add(
                new TokenEvent.Usage(prompt, random.nextInt(prompt + 1), completion, random.nextInt(completion + 1)));
        return events;
    }

    private List<TokenEvent> pieces(Endpoint endpoint, int choice, Set<Integer> callers) {
        return switch (random.nextInt(endpoint == Endpoint.CHAT ? 7 : 2)) {
            case 0 -> List.of(new TokenEvent.Text(choice, text()));
            case 1 -> {
                List<TokenLogprob> tokens = tokens(endpoint);
                yield List.of(new TokenEvent.Text(choice, random.nextInt(4) == 0 ? "" : text(), tokens));
            }
            case 2, 3 -> List.of(new TokenEvent.Thinking(choice, text()));
            case 4 -> List.of(new TokenEvent.Refusal(choice, text()));
            default -> {
                callers.add(choice);
                List<TokenEvent> call = new ArrayList<>();
                call.add(new TokenEvent.Call(choice, "call_" + random.nextLong(), "name " + text()));
                for (int i = random.nextInt(3); i >= 0; i--) {
                    call.add(new TokenEvent.Arguments(choice, text())); // at least one: none is written as {}
                }
                yield call;
            }
        };
    }

    /// Tokens of an answer, the first of a text's with nothing before it. Texts don't keep bytes on the
    /// wire but of what is no text.
    private List<TokenLogprob> tokens(Endpoint endpoint) {
        List<TokenLogprob> tokens = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            List<Alternative> alternatives = new ArrayList<>();
            for (int rank = 0; rank < ALTERNATIVES; rank++) {
                alternatives.add(new Alternative(token(endpoint, rank + " "), -rank - random.nextDouble()));
            }
            boolean first = endpoint == Endpoint.TEXT && random.nextInt(5) == 0;
            tokens.add(
                    first
                            ? new TokenLogprob(token(endpoint, ""), OptionalDouble.empty(), List.of())
                            : new TokenLogprob(
                                    random.nextBoolean()
                                            ? alternatives.getFirst().token()
                                            : token(endpoint, "chosen "),
                                    OptionalDouble.of(-10 * random.nextDouble() - 5),
                                    alternatives));
        }
        return tokens;
    }

    private TokenText token(Endpoint endpoint, String unlike) {
        if (random.nextInt(4) == 0) {
            return TokenText.of(new byte[] {
                (byte) (0x80 + random.nextInt(64)), (byte) ("x" + unlike).charAt(unlike.isEmpty() ? 0 : 1)
            });
        }
        String text = unlike + text();
        boolean bytes = endpoint == Endpoint.CHAT && random.nextBoolean();
        return bytes ? TokenText.of(text.getBytes(UTF_8)) : new TokenText(text, List.of());
    }

    private FinishReason reason(boolean called) {
        return switch (random.nextInt(3)) {
            case 0 -> called ? FinishReason.TOOL_CALLS : FinishReason.STOP;
            case 1 -> FinishReason.LENGTH;
            default -> FinishReason.CONTENT_FILTER;
        };
    }

    private CompletionRequest request() {
        Prompt prompt = prompt();
        boolean chat = prompt instanceof Prompt.Chat;
        CompletionRequest request = CompletionRequest.of(text(), prompt)
                .withChoices(1 + random.nextInt(16))
                .withSampling(sampling())
                .withStopping(new Stopping(
                        chat && random.nextBoolean()
                                ? OptionalInt.empty()
                                : OptionalInt.of((chat ? 1 : 0) + random.nextInt(1 << 30)),
                        texts(4),
                        random.ints(random.nextInt(3), 0, 1000).boxed().collect(Collectors.toSet()),
                        random.nextBoolean()))
                .withFormat(format())
                .withEcho(!chat && !(prompt instanceof Prompt.Gap) && random.nextBoolean())
                .withCachePrompt(random.nextBoolean());
        return random.nextBoolean() ? request : request.withLogprobs(random.nextInt(chat ? 21 : 6));
    }

    private Prompt prompt() {
        return switch (random.nextInt(6)) {
            case 0 -> new Prompt.Text(text());
            case 1 ->
                new Prompt.Tokens(
                        random.ints(1 + random.nextInt(5), 0, 1 << 20).boxed().toList());
            case 2 -> new Prompt.Gap(text(), text());
            default -> {
                List<Message> messages = new ArrayList<>();
                for (int i = random.nextInt(4); i >= 0; i--) {
                    messages.addAll(messages());
                }
                yield new Prompt.Chat(
                        messages,
                        tools(),
                        random.nextBoolean()
                                ? Optional.empty()
                                : Optional.of(oneOf(List.copyOf(EnumSet.allOf(ReasoningEffort.class)))),
                        random.nextBoolean() ? "{}" : "{\"z\":1,\"a\":[true,null,\"字\"]}");
            }
        };
    }

    private List<Message> messages() {
        String text = random.nextInt(5) == 0 ? "" : text();
        return switch (random.nextInt(5)) {
            case 0 -> List.of(new Message.System(text));
            case 1 -> List.of(new Message.Developer(text));
            case 2 -> List.of(new Message.User(text));
            case 3 -> List.of(new Message.Assistant(text, random.nextBoolean() ? "" : text(), List.of()));
            default -> {
                String id = "call_" + text();
                List<ToolCall> calls = List.of(new ToolCall(id, "name " + text(), text()), new ToolCall("b", "g", ""));
                yield List.of(new Message.Assistant(text, "", calls), new Message.ToolResult(id, text()));
            }
        };
    }

    private Tools tools() {
        List<Tool> offered = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            offered.add(new Tool(
                    "tool_" + i,
                    random.nextBoolean() ? "" : text(),
                    "{\"type\":\"object\",\"properties\":{\"z\":{},\"a\":{\"const\":1.50}}}",
                    random.nextBoolean()));
        }
        if (offered.isEmpty()) {
            return Tools.NONE;
        }
        Set<String> all = offered.stream().map(Tool::name).collect(Collectors.toSet());
        Set<String> one = Set.of(offered.getFirst().name());
        return switch (random.nextInt(5)) {
            case 0 -> new Tools(offered, Tools.Use.NONE, Set.of(), random.nextBoolean());
            case 1 -> new Tools(offered, Tools.Use.AUTO, all, random.nextBoolean());
            case 2 -> new Tools(offered, Tools.Use.REQUIRED, all, random.nextBoolean());
            case 3 -> new Tools(offered, Tools.Use.NAMED, one, random.nextBoolean());
            default -> new Tools(offered, Tools.Use.AUTO, one, random.nextBoolean());
        };
    }

    private Sampling sampling() {
        OptionalLong seed = random.nextBoolean() ? OptionalLong.of(random.nextLong()) : OptionalLong.empty();
        if (random.nextBoolean()) {
            return new Sampling(
                    random.nextBoolean() ? OptionalDouble.empty() : OptionalDouble.of(2 * random.nextDouble()),
                    random.nextBoolean() ? OptionalDouble.empty() : OptionalDouble.of(random.nextDouble()),
                    seed);
        }
        return new Sampling(
                2 * random.nextDouble(),
                random.nextDouble(),
                random.nextInt(100),
                random.nextDouble(),
                1 - random.nextDouble(),
                2 - random.nextDouble(),
                4 * random.nextDouble() - 2,
                4 * random.nextDouble() - 2,
                Map.of(random.nextInt(1000), 200 * random.nextDouble() - 100),
                seed);
    }

    private OutputFormat format() {
        return switch (random.nextInt(6)) {
            case 0 -> new OutputFormat.JsonObject();
            case 1 ->
                new OutputFormat.JsonSchema(
                        "a_name-1",
                        random.nextBoolean() ? "" : text(),
                        "{\"$schema\":\"x\",\"b\":1e5,\"a\":\"字\"}",
                        random.nextBoolean());
            case 2 -> new OutputFormat.Grammar(text());
            default -> OutputFormat.FREE;
        };
    }

    private <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    private List<String> texts(int most) {
        List<String> texts = new ArrayList<>();
        for (int i = random.nextInt(most + 1); i > 0; i--) {
            texts.add(text());
        }
        return texts;
    }

    /// Some characters from everywhere; never empty.
    private String text() {
        String[] likely = {
            "a", "\n", "\"", "\\", "你", "😀", "\u0000", "\u001f", "\u2028", "\u0085", "é", "data: ", "[DONE]"
        };
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(6); i >= 0; i--) {
            int codePoint = random.nextInt(Character.MAX_CODE_POINT + 1);
            if (random.nextBoolean() || (codePoint >= 0xD800 && codePoint <= 0xDFFF)) {
                text.append(likely[random.nextInt(likely.length)]);
            } else {
                text.appendCodePoint(codePoint);
            }
        }
        return text.toString();
    }
}
