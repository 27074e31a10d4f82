package dev.runnel.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.runnel.core.BackendException;
import dev.runnel.core.BackendException.Kind;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Message;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.core.TokenEvent;
import dev.runnel.wire.RequestWriter.LimitField;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What one side writes the other reads, whatever it is.
class RoundTripTest {

    private static final int ROUNDS = 2000;

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
                    WireLimits.DEFAULT);

            assertThat(read).as("round %d", round).isEqualTo(new WireRequest(request, stream, usage));
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
                         "max_tokens":5,"n":1,"temperature":1.0,"top_p":1.0,"stop":["x"],
                         "stream":true,"stream_options":{"include_usage":true}}"""));
        assertThat(TestJson.parse(RequestWriter.write(request, LimitField.MAX_COMPLETION_TOKENS, false, false)))
                .isEqualTo(TestJson.parse("""
                        {"model":"m","messages":[{"role":"system","content":"be"},{"role":"user","content":"hi"}],
                         "max_completion_tokens":5,"n":1,"temperature":1.0,"top_p":1.0,"stop":["x"]}"""));
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
    @EnumSource
    void streamsComeBackAsTheyWereHoweverTheyAreSplit(Endpoint endpoint) {
        for (int round = 0; round < ROUNDS; round++) {
            List<TokenEvent> events = events(endpoint);

            assertThat(throughTheWire(endpoint, events)).as("round %d", round).isEqualTo(events);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aWholeReplyIsTheFoldOfItsStream(Endpoint endpoint) {
        Envelope envelope = Envelope.fresh(endpoint, InstantSource.system(), random);
        for (int round = 0; round < ROUNDS; round++) {
            List<TokenEvent> events = events(endpoint);

            Completion whole =
                    CompletionReader.read(endpoint, CompletionWriter.write(endpoint, envelope, Completion.of(events)));

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
        ChunkWriter writer =
                new ChunkWriter(Endpoint.CHAT, Envelope.fresh(Endpoint.CHAT, InstantSource.system(), random), true);
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
        ChunkWriter writer = new ChunkWriter(endpoint, Envelope.fresh(endpoint, InstantSource.system(), random), true);
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
            case CHAT -> new Prompt.Chat(List.of(new Message.User("?")));
            case TEXT -> new Prompt.Text("?");
        };
        int choices = ((TokenEvent.Started) events.getFirst()).choices();
        return CompletionRequest.of("asked", prompt).withChoices(choices);
    }

    /// A stream as a backend may produce it. A text completion starts on the wire with its first chunk, so it
    /// has one.
    private List<TokenEvent> events(Endpoint endpoint) {
        int choices = 1 + random.nextInt(4);
        List<Integer> turns = new ArrayList<>();
        for (int choice = 0; choice < choices; choice++) {
            turns.addAll(Collections.nCopies(1 + random.nextInt(6), choice));
        }
        Collections.shuffle(turns, random);
        List<TokenEvent> events = new ArrayList<>();
        events.add(new TokenEvent.Started("model " + text(), choices));
        for (int i = 0; i < turns.size(); i++) {
            int choice = turns.get(i);
            boolean last = !turns.subList(i + 1, turns.size()).contains(choice);
            if (last) {
                events.add(new TokenEvent.Finished(choice, reason(endpoint)));
            } else if (endpoint == Endpoint.CHAT && random.nextInt(3) == 0) {
                events.add(new TokenEvent.Thinking(choice, text()));
            } else {
                events.add(new TokenEvent.Text(choice, text()));
            }
        }
        int prompt = random.nextInt(1000);
        int completion = random.nextInt(1000);
        events.add(
                new TokenEvent.Usage(prompt, random.nextInt(prompt + 1), completion, random.nextInt(completion + 1)));
        return events;
    }

    private FinishReason reason(Endpoint endpoint) {
        return switch (random.nextInt(endpoint == Endpoint.CHAT ? 4 : 3)) {
            case 0 -> FinishReason.STOP;
            case 1 -> FinishReason.LENGTH;
            case 2 -> FinishReason.CONTENT_FILTER;
            default -> FinishReason.TOOL_CALLS;
        };
    }

    private CompletionRequest request() {
        boolean chat = random.nextBoolean();
        List<Message> messages = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            String text = random.nextInt(5) == 0 ? "" : text();
            messages.add(
                    switch (random.nextInt(4)) {
                        case 0 -> new Message.System(text);
                        case 1 -> new Message.Developer(text);
                        case 2 -> new Message.User(text);
                        default -> new Message.Assistant(text);
                    });
        }
        List<String> stop = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            stop.add(text());
        }
        CompletionRequest request = CompletionRequest.of(
                        text(), chat ? new Prompt.Chat(messages) : new Prompt.Text(text()))
                .withChoices(1 + random.nextInt(16))
                .withSampling(new Sampling(
                        2 * random.nextDouble(),
                        random.nextDouble(),
                        random.nextBoolean() ? OptionalLong.of(random.nextLong()) : OptionalLong.empty()))
                .withStop(stop);
        return chat && random.nextBoolean() ? request : request.withMaxTokens(1 + random.nextInt(1 << 30));
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
