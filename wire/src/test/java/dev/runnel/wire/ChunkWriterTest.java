package dev.runnel.wire;

import static dev.runnel.core.BackendException.Kind.INTERNAL;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.management.ThreadMXBean;
import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.FinishReason;
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
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The rules that decide whether clients work, as far as a stream's bytes decide it, one test each; what
/// each chunk looks like stands in the transcripts.
class ChunkWriterTest {

    private static final List<TokenEvent> TWO_CHOICES = List.of(
            new Started("m", 2),
            new Thinking(1, "hm"),
            new Text(0, "a"),
            new Text(1, "b"),
            new Finished(1, FinishReason.STOP),
            new Text(0, "c"),
            new Finished(0, FinishReason.LENGTH),
            new Usage(3, 1, 7, 2));

    private static final ReplyForm LOGPROBS = ReplyForm.PLAIN.withLogprobs(OptionalInt.of(0));

    private final ByteSink out = new ByteSink(64);

    @Test
    void theFirstChunkOfEveryChoiceCarriesTheRoleAndNoOtherDoes() {
        List<Map<String, Object>> chunks = chunks(chat(true), TWO_CHOICES);

        assertThat(delta(chunks.get(0))).isEqualTo(TestJson.parse("""
                {"role":"assistant","content":"","refusal":null}"""));
        assertThat(delta(chunks.get(1))).isEqualTo(delta(chunks.get(0)));
        assertThat(chunks.subList(2, chunks.size() - 1))
                .noneMatch(chunk -> delta(chunk).containsKey("role"));
    }

    @Test
    void allRoleChunksGoOutFirstInAscendingOrder() {
        List<Map<String, Object>> chunks =
                chunks(chat(true), List.of(new Started("m", 12), new Text(11, "x"), new Text(3, "y")));

        assertThat(chunks.stream().map(chunk -> choice(chunk).get("index")).toList())
                .containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L, 11L, 3L);
    }

    @Test
    void theFinishReasonIsNullUntilItComesOnceInAChunkOfItsOwn() {
        List<Map<String, Object>> chunks = chunks(chat(true), TWO_CHOICES);

        for (Map<String, Object> chunk : chunks.subList(0, chunks.size() - 1)) {
            assertThat(choice(chunk)).containsKey("finish_reason");
            assertThat(choice(chunk).get("finish_reason") != null)
                    .isEqualTo(delta(chunk).isEmpty());
        }
        assertThat(chunks.stream()
                        .filter(chunk -> !choices(chunk).isEmpty())
                        .map(chunk -> choice(chunk).get("finish_reason"))
                        .filter(reason -> reason != null)
                        .toList())
                .containsExactly("stop", "length");
    }

    @Test
    void everyChunkHasAnArrayOfChoicesAndEveryChoiceADelta() {
        for (Map<String, Object> chunk : chunks(chat(true), TWO_CHOICES)) {
            assertThat(chunk.get("choices")).isInstanceOf(List.class);
            for (Object choice : choices(chunk)) {
                assertThat(((Map<?, ?>) choice).get("delta")).isInstanceOf(Map.class);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CHAT", "TEXT"})
    void noGoodChunkHasAKeyNamedError(Endpoint endpoint) {
        List<TokenEvent> events = TWO_CHOICES.stream()
                .filter(event -> endpoint == Endpoint.CHAT || !(event instanceof Thinking))
                .toList();

        assertThat(chunks(new ChunkWriter(endpoint, envelope(), ReplyForm.PLAIN.withUsage(true)), events))
                .noneMatch(chunk -> chunk.containsKey("error"));
    }

    @Test
    void theConstantPartsAreOnEveryChunkAndEqual() {
        Set<Object> constants = new HashSet<>();
        for (Map<String, Object> chunk : chunks(chat(true), TWO_CHOICES)) {
            constants.add(List.of(
                    chunk.get("id"),
                    chunk.get("object"),
                    chunk.get("created"),
                    chunk.get("model"),
                    chunk.get("system_fingerprint")));
        }

        assertThat(constants)
                .containsExactly(List.of("chatcmpl-1", "chat.completion.chunk", 1_700_000_000L, "m", "fp"));
    }

    @Test
    void createdIsAnIntegerHoweverExactTheClock() {
        Envelope envelope = new Envelope("x", Instant.parse("2026-01-01T00:00:00.999Z"), Optional.empty());

        List<Map<String, Object>> chunks = chunks(
                new ChunkWriter(Endpoint.CHAT, envelope, ReplyForm.PLAIN.withUsage(false)),
                List.of(new Started("m", 1)));

        assertThat(chunks.getFirst().get("created")).isEqualTo(1_767_225_600L);
    }

    @Test
    void anUnknownFingerprintIsLeftOut() {
        Envelope envelope = new Envelope("x", Instant.EPOCH, Optional.empty());

        List<Map<String, Object>> chunks = chunks(
                new ChunkWriter(Endpoint.CHAT, envelope, ReplyForm.PLAIN.withUsage(false)),
                List.of(new Started("m", 1)));

        assertThat(chunks.getFirst()).doesNotContainKey("system_fingerprint");
    }

    @Test
    void askedForUsageComesOnceInTheLastChunkAndIsNullBefore() {
        List<Map<String, Object>> chunks = chunks(chat(true), TWO_CHOICES);

        assertThat(chunks.subList(0, chunks.size() - 1))
                .allMatch(chunk -> chunk.containsKey("usage") && chunk.get("usage") == null);
        assertThat(choices(chunks.getLast())).isEmpty();
        assertThat(chunks.getLast().get("usage")).isEqualTo(TestJson.parse("""
                {"prompt_tokens":3,"completion_tokens":7,"total_tokens":10,
                 "prompt_tokens_details":{"cached_tokens":1,"audio_tokens":0},
                 "completion_tokens_details":{"reasoning_tokens":2,"audio_tokens":0,
                   "accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}"""));
    }

    @Test
    void usageThatNobodyAskedForIsNowhere() {
        assertThat(chunks(chat(false), TWO_CHOICES)).noneMatch(chunk -> chunk.containsKey("usage"));
    }

    @Test
    void afterTheLastFinishComeUsageAndDoneAndNothingElse() {
        List<Map<String, Object>> withUsage = chunks(chat(true), TWO_CHOICES);
        List<Map<String, Object>> without = chunks(chat(false), TWO_CHOICES);

        assertThat(choice(withUsage.get(withUsage.size() - 2)).get("finish_reason"))
                .isEqualTo("length");
        assertThat(choice(without.getLast()).get("finish_reason")).isEqualTo("length");
    }

    @Test
    void usageNeverRidesOnAChunkWithChoices() {
        assertThat(chunks(chat(true), TWO_CHOICES))
                .noneMatch(
                        chunk -> chunk.get("usage") != null && !choices(chunk).isEmpty());
    }

    @Test
    void aChunkCarriesOneChoice() {
        assertThat(chunks(chat(false), TWO_CHOICES))
                .allMatch(chunk -> choices(chunk).size() == 1);
    }

    @ParameterizedTest
    @EnumSource(names = {"CHAT", "TEXT"})
    void aFailureIsAnErrorFrameWithoutDone(Endpoint endpoint) {
        ChunkWriter writer = new ChunkWriter(endpoint, envelope(), ReplyForm.PLAIN.withUsage(true));
        writer.write(new Started("m", 1), out);
        writer.write(new Text(0, "Hel"), out);
        out.clear();

        writer.fail(new BackendException(INTERNAL, "the \"weights\" melted"), out);

        assertThat(written()).isEqualTo("""
                event: error
                data: {"error":{"message":"the \\"weights\\" melted","type":"server_error","param":null,"code":null}}

                """);
    }

    @Test
    void doneIsExactlyDoneAndTheVeryEnd() {
        chunks(chat(false), TWO_CHOICES);

        assertThat(written()).endsWith("}\n\ndata: [DONE]\n\n").containsOnlyOnce("[DONE]");
    }

    @Test
    void keepAliveIsACommentLineWithOneLineFeed() {
        ChunkWriter.keepAlive(out);

        assertThat(written()).isEqualTo(": ping\n");
    }

    @Test
    void keepAliveBetweenTwoChunksIsNoEvent() {
        ChunkWriter writer = chat(true);
        List<SseReader.Event> events = new ArrayList<>();

        ChunkWriter.keepAlive(out);
        for (TokenEvent event : TWO_CHOICES) {
            writer.write(event, out);
            ChunkWriter.keepAlive(out);
        }
        new SseReader().read(out.array(), 0, out.length(), events::add);

        assertThat(events).hasSize(2 + 6 + 1 + 1);
    }

    @Test
    void thereAreNoIdOrRetryLinesAndNoLineEndsButLineFeeds() {
        chunks(chat(true), TWO_CHOICES);

        assertThat(written()).doesNotContain("\r", "\nid:", "\nretry:");
        assertThat(written().lines()).allMatch(line -> line.isEmpty() || line.startsWith("data: "));
    }

    @Test
    void aTextCompletionHasNoRoleChunkAndNoDelta() {
        List<Map<String, Object>> chunks = chunks(
                new ChunkWriter(Endpoint.TEXT, envelope(), ReplyForm.PLAIN.withUsage(false)),
                List.of(
                        new Started("m", 1),
                        new Text(0, "a"),
                        new Finished(0, FinishReason.CONTENT_FILTER),
                        new Usage(1, 1)));

        assertThat(chunks).hasSize(2);
        assertThat(chunks.getFirst().get("object")).isEqualTo("text_completion");
        assertThat(choice(chunks.getFirst())).isEqualTo(TestJson.parse("""
                {"text":"a","index":0,"logprobs":null,"finish_reason":null}"""));
        assertThat(choice(chunks.getLast())).isEqualTo(TestJson.parse("""
                {"text":"","index":0,"logprobs":null,"finish_reason":"content_filter"}"""));
    }

    @Test
    void theFirstDeltaOfACallHasItsIdAndNameAndTheOthersItsArgumentsAlone() {
        List<Map<String, Object>> chunks = chunks(
                chat(false),
                List.of(
                        new Started("m", 2),
                        new Call(1, "call_a", "f"),
                        new Arguments(1, "{\"a\":"),
                        new Arguments(1, "\"1\"}"),
                        new Call(1, "call_b", "g"),
                        new Arguments(1, "{}")));

        assertThat(chunks.subList(2, chunks.size()).stream().map(ChunkWriterTest::delta))
                .containsExactly(json("""
                                {"tool_calls":[{"index":0,"id":"call_a","type":"function",\
                                "function":{"name":"f","arguments":""}}]}"""), json("""
                                {"tool_calls":[{"index":0,"function":{"arguments":"{\\"a\\":"}}]}"""), json("""
                                {"tool_calls":[{"index":0,"function":{"arguments":"\\"1\\"}"}}]}"""), json("""
                                {"tool_calls":[{"index":1,"id":"call_b","type":"function",\
                                "function":{"name":"g","arguments":""}}]}"""), json("""
                                {"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}"""));
    }

    @Test
    void aCallWithoutArgumentsHasAnEmptyObjectOfThem() {
        chunks(
                chat(false),
                List.of(
                        new Started("m", 1),
                        new Call(0, "a", "f"),
                        new Call(0, "b", "g"),
                        new Finished(0, FinishReason.TOOL_CALLS),
                        new Usage(1, 1)));

        assertThat(written().split("\"arguments\":\"\\{}\"", -1)).hasSize(3);
    }

    @Test
    void aCallThatWasCutBeforeItsArgumentsHasNone() {
        chunks(
                chat(false),
                List.of(
                        new Started("m", 1),
                        new Call(0, "a", "f"),
                        new Finished(0, FinishReason.LENGTH),
                        new Usage(1, 1)));

        assertThat(written()).doesNotContain("\"{}\"").contains("\"finish_reason\":\"length\"");
    }

    @ParameterizedTest
    @CsvSource({
        "STOP, true, tool_calls",
        "TOOL_CALLS, true, tool_calls",
        "STOP, false, stop",
        "TOOL_CALLS, false, stop",
        "LENGTH, true, length",
        "CONTENT_FILTER, true, content_filter"
    })
    void theFinishReasonFollowsFromWhatWasSent(FinishReason reason, boolean calls, String word) {
        List<TokenEvent> events = new ArrayList<>(List.of(new Started("m", 1)));
        if (calls) {
            events.add(new Call(0, "a", "f"));
        }
        events.add(new Finished(0, reason));
        events.add(new Usage(1, 1));

        assertThat(choice(chunks(chat(false), events).getLast()).get("finish_reason"))
                .isEqualTo(word);
    }

    @Test
    void aCallOfTheToolThatWasNamedFinishesWithStop() {
        ReplyForm named = new ReplyForm(false, false, OptionalInt.empty(), true, false, false, false, "");
        ChunkWriter writer = new ChunkWriter(Endpoint.CHAT, envelope(), named);

        List<Map<String, Object>> chunks = chunks(
                writer,
                List.of(
                        new Started("m", 1),
                        new Call(0, "a", "f"),
                        new Finished(0, FinishReason.TOOL_CALLS),
                        new Usage(1, 1)));

        assertThat(choice(chunks.getLast()).get("finish_reason")).isEqualTo("stop");
    }

    @Test
    void aRefusalLeavesTheContentUntouched() {
        List<Map<String, Object>> chunks =
                chunks(chat(false), List.of(new Started("m", 1), new Refusal(0, "I will not")));

        assertThat(delta(chunks.getLast())).isEqualTo(json("{\"refusal\":\"I will not\"}"));
    }

    @Test
    void reasoningHasASecondNameWhereItIsAskedFor() {
        ReplyForm twice = new ReplyForm(false, false, OptionalInt.empty(), false, true, false, false, "");
        ChunkWriter writer = new ChunkWriter(Endpoint.CHAT, envelope(), twice);

        List<Map<String, Object>> chunks = chunks(writer, List.of(new Started("m", 1), new Thinking(0, "hm\"")));

        assertThat(delta(chunks.getLast()))
                .isEqualTo(json("{\"reasoning_content\":\"hm\\\"\",\"reasoning\":\"hm\\\"\"}"));
    }

    @Test
    void theTierAndThePaddingAreOnEveryChunk() {
        ReplyForm form = ReplyForm.PLAIN.withUsage(true).withTier(true).withObfuscation(true);

        List<Map<String, Object>> chunks = chunks(new ChunkWriter(Endpoint.CHAT, envelope(), form), TWO_CHOICES);

        assertThat(chunks).allMatch(chunk -> "default".equals(chunk.get("service_tier")));
        assertThat(chunks)
                .allSatisfy(
                        chunk -> assertThat((String) chunk.get("obfuscation")).matches("[A-Za-z0-9]{1,16}"));
        assertThat(chunks.stream()
                        .map(chunk -> ((String) chunk.get("obfuscation")).length())
                        .distinct()
                        .count())
                .isGreaterThan(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void timingsAreOnTheLastChunkAlone(boolean includeUsage) {
        ChunkWriter writer = chat(includeUsage);
        writer.time(new Timings(Duration.ofMillis(4), Duration.ofMillis(100)));

        List<Map<String, Object>> chunks = chunks(writer, TWO_CHOICES);

        assertThat(chunks.subList(0, chunks.size() - 1)).noneMatch(chunk -> chunk.containsKey("timings"));
        assertThat(chunks.getLast().get("timings")).isEqualTo(TestJson.parse("""
                {"cache_n":1,"prompt_n":2,"prompt_ms":4.0,"prompt_per_token_ms":2.0,"prompt_per_second":500.0,
                 "predicted_n":7,"predicted_ms":100.0,"predicted_per_token_ms":14.285714285714286,
                 "predicted_per_second":70.0}"""));
    }

    @Test
    void theLastChoicesEndComesTogetherWithAllThatFollowsIt() {
        ChunkWriter writer = chat(true);
        writer.write(new Started("m", 1), out);
        out.clear();

        writer.write(new Finished(0, FinishReason.STOP), out);

        assertThat(out.isEmpty()).isTrue();
        writer.write(new Usage(1, 1), out);
        assertThat(written()).contains("\"finish_reason\":\"stop\"").endsWith("data: [DONE]\n\n");
    }

    @Test
    void aFailureAfterTheLastChoiceTakesItsEndBack() {
        ChunkWriter writer = chat(true);
        writer.write(new Started("m", 1), out);
        writer.write(new Finished(0, FinishReason.STOP), out);

        writer.fail(new BackendException(INTERNAL, "x"), out);

        assertThat(written()).doesNotContain("\"stop\"").contains("event: error");
    }

    @ParameterizedTest
    @EnumSource
    void everyFinishReasonHasAWordTheClientsKnow(FinishReason reason) {
        List<Map<String, Object>> chunks =
                chunks(chat(false), List.of(new Started("m", 1), new Finished(0, reason), new Usage(1, 1)));

        assertThat(choice(chunks.getLast()).get("finish_reason"))
                .isIn("stop", "length", "tool_calls", "content_filter");
    }

    @Test
    void theOrderOfEventsIsHeldAndNothingIsWrittenOfAnEventOutOfOrder() {
        Started started = new Started("m", 2);
        Finished zero = new Finished(0, FinishReason.STOP);
        Finished one = new Finished(1, FinishReason.STOP);
        Usage usage = new Usage(1, 1);

        assertThat(refusal(List.of(), new Text(0, "a"))).contains("was not announced; there are 0");
        assertThat(refusal(List.of(), usage)).contains("came before the completion had started");
        assertThat(refusal(List.of(started), started)).contains("came twice");
        assertThat(refusal(List.of(started), new Text(2, "a"))).contains("was not announced; there are 2");
        assertThat(refusal(List.of(started, zero), new Text(0, "a"))).contains("came after its choice had finished");
        assertThat(refusal(List.of(started, zero), new Thinking(0, "a")))
                .contains("came after its choice had finished");
        assertThat(refusal(List.of(started), new Arguments(0, "{}"))).contains("before its choice had called a tool");
        assertThat(refusal(List.of(started, zero), new Call(0, "a", "f")))
                .contains("came after its choice had finished");
        assertThat(refusal(List.of(started, zero), zero)).contains("came after its choice had finished");
        assertThat(refusal(List.of(started, zero), usage)).contains("came while 1 of 2 choices had not finished");
        assertThat(refusal(List.of(started, zero, one, usage), usage)).contains("came after the stream had ended");
    }

    @Test
    void nothingFollowsAnErrorFrame() {
        ChunkWriter writer = chat(true);
        writer.write(new Started("m", 1), out);
        writer.write(new Finished(0, FinishReason.STOP), out);
        writer.fail(new BackendException(INTERNAL, "x"), out);

        BackendException failure =
                catchThrowableOfType(BackendException.class, () -> writer.write(new Usage(1, 1), out));

        assertThat(failure).hasMessageContaining("came after the stream had ended");
        assertThat(written()).doesNotContain("[DONE]");
    }

    @Test
    void aStreamThatHasEndedCannotFail() {
        ChunkWriter writer = chat(false);
        TWO_CHOICES.forEach(event -> writer.write(event, out));
        out.clear();

        writer.fail(new BackendException(INTERNAL, "x"), out);

        assertThat(out.isEmpty()).isTrue();
    }

    @Test
    void aTextCompletionHasNoPlaceForReasoningAndTools() {
        ChunkWriter writer = new ChunkWriter(Endpoint.TEXT, envelope(), ReplyForm.PLAIN.withUsage(true));
        writer.write(new Started("m", 1), out);

        assertThat(catchThrowableOfType(BackendException.class, () -> writer.write(new Thinking(0, "hm"), out)))
                .hasMessage("a backend answered a text completion with reasoning, which only a chat completion can"
                        + " carry")
                .extracting(BackendException::kind)
                .isEqualTo(INTERNAL);
        assertThat(catchThrowableOfType(BackendException.class, () -> writer.write(new Call(0, "a", "f"), out)))
                .hasMessageContaining("with a tool call");
        assertThat(catchThrowableOfType(BackendException.class, () -> writer.write(new Refusal(0, "no"), out)))
                .hasMessageContaining("with a refusal");
        assertThat(catchThrowableOfType(
                        BackendException.class, () -> writer.write(new Finished(0, FinishReason.TOOL_CALLS), out)))
                .hasMessageContaining("with tool calls");
        assertThat(out.isEmpty()).isTrue();
    }

    @Test
    void aPieceOfTextCostsNoGarbage() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        ChunkWriter writer = chat(true);
        writer.write(new Started("m", 120), out);
        writer.write(new Call(3, "call_1", "f"), out);
        TokenEvent[] pieces = {
            new Text(0, " word"), new Text(119, "字😀\n"), new Thinking(7, "hm\""), new Arguments(3, "{\"a\":")
        };
        int chunks = 30_000;
        write(writer, pieces, chunks);

        long before = threads.getCurrentThreadAllocatedBytes();
        write(writer, pieces, chunks);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(allocated).isLessThan(chunks / 10);
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN, 0.5})
    void aLogprobThatIsNoneIsWrittenAsTheNearestThatIs(double logprob) {
        ChunkWriter writer = new ChunkWriter(
                Endpoint.CHAT,
                envelope(),
                new ReplyForm(false, false, OptionalInt.of(0), false, false, false, false, ""));
        TokenLogprob token = new TokenLogprob(new TokenText("a", List.of()), OptionalDouble.of(logprob), List.of());

        List<Map<String, Object>> chunks =
                chunks(writer, List.of(new Started("m", 1), new Text(0, "a", List.of(token))));

        Map<?, ?> logprobs = (Map<?, ?>) choice(chunks.getLast()).get("logprobs");
        Map<?, ?> written = (Map<?, ?>) ((List<?>) logprobs.get("content")).getFirst();
        assertThat(((Number) written.get("logprob")).doubleValue()).isEqualTo(logprob > 0 ? 0 : -9999);
    }

    @Test
    void offsetsAreThoseOfTheTextWithoutTheSpaceThatATokenizerPutsBeforeIt() {
        List<TokenEvent> events = List.of(
                new Started("m", 1),
                new Text(0, "Hi you", tokens("", " Hi", " you")),
                new Text(0, " two", tokens(" two")),
                new Text(0, "!", tokens("!")),
                new Finished(0, FinishReason.STOP),
                new Usage(3, 2));

        assertThat(chunks(withLogprobs(), events).subList(0, 3))
                .extracting(ChunkWriterTest::offsets)
                .containsExactly(List.of(0L, 0L, 2L), List.of(6L), List.of(10L));
        assertThat(offsets(wholeWithLogprobs(events))).isEqualTo(List.of(0L, 0L, 2L, 6L, 10L));
    }

    @Test
    void aTokenizersSpaceIsToldFromTheTextsOwn() {
        assertThat(offsets(" Hi", "  Hi", "!")).isEqualTo(List.of(0L, 3L));
        assertThat(offsets(" Hi", " ", " Hi", "!")).isEqualTo(List.of(0L, 0L, 3L));
        assertThat(offsets(" Hi", " Hi", "!")).isEqualTo(List.of(0L, 3L));
        assertThat(offsets("Hi", "Hi", "!")).isEqualTo(List.of(0L, 2L));
    }

    @Test
    void aByteThatIsOfNoCharacterHasAPlaceInTheText() {
        List<TokenText> tokens = Stream.of("61", "80", "62", "E4BD", "A0", "F0", "63")
                .map(hex -> TokenText.of(HexFormat.of().parseHex(hex)))
                .toList();
        List<TokenLogprob> all = tokens.stream()
                .map(token -> new TokenLogprob(token, OptionalDouble.of(-1), List.of()))
                .toList();
        List<TokenEvent> events = List.of(
                new Started("m", 1),
                new Text(0, "a", all.subList(0, 1)),
                new Text(0, "\uFFFD", all.subList(1, 2)),
                new Text(0, "b", all.subList(2, 3)),
                new Text(0, "你", all.subList(3, 5)),
                new Text(0, "\uFFFDc", all.subList(5, 7)),
                new Finished(0, FinishReason.STOP),
                new Usage(3, 7));

        assertThat(chunks(withLogprobs(), events).subList(0, 5))
                .extracting(ChunkWriterTest::offsets)
                .containsExactly(List.of(0L), List.of(1L), List.of(2L), List.of(3L, 3L), List.of(4L, 5L));
        assertThat(offsets(wholeWithLogprobs(events))).isEqualTo(List.of(0L, 1L, 2L, 3L, 3L, 4L, 5L));
    }

    private Object offsets(String text, String... tokens) {
        return offsets(chunks(withLogprobs(), List.of(new Started("m", 1), new Text(0, text, tokens(tokens))))
                .getFirst());
    }

    private static ChunkWriter withLogprobs() {
        return new ChunkWriter(Endpoint.TEXT, envelope(), LOGPROBS);
    }

    private static Map<String, Object> wholeWithLogprobs(List<TokenEvent> events) {
        return json(new String(
                CompletionWriter.write(
                        Endpoint.TEXT,
                        envelope(),
                        LOGPROBS,
                        Completion.of(events),
                        new WholeExtensions(List.of()),
                        Optional.empty()),
                UTF_8));
    }

    private static Object offsets(Map<String, Object> chunk) {
        return Objects.requireNonNull(((Map<?, ?>) choice(chunk).get("logprobs")).get("text_offset"));
    }

    private static List<TokenLogprob> tokens(String... texts) {
        return Arrays.stream(texts)
                .map(text -> new TokenLogprob(new TokenText(text, List.of()), OptionalDouble.of(-1), List.of()))
                .toList();
    }

    private void write(ChunkWriter writer, TokenEvent[] pieces, int count) {
        for (int i = 0; i < count; i++) {
            out.clear();
            writer.write(pieces[i % pieces.length], out);
        }
    }

    private String refusal(List<TokenEvent> before, TokenEvent event) {
        ChunkWriter writer = chat(true);
        before.forEach(earlier -> writer.write(earlier, out));
        out.clear();

        BackendException failure = catchThrowableOfType(BackendException.class, () -> writer.write(event, out));

        assertThat(out.isEmpty()).isTrue();
        assertThat(failure.kind()).isEqualTo(INTERNAL);
        return failure.getMessage();
    }

    private static ChunkWriter chat(boolean includeUsage) {
        return new ChunkWriter(Endpoint.CHAT, envelope(), ReplyForm.PLAIN.withUsage(includeUsage));
    }

    private static Envelope envelope() {
        return new Envelope("chatcmpl-1", Instant.ofEpochSecond(1_700_000_000), Optional.of("fp"));
    }

    private String written() {
        return new String(out.toByteArray(), UTF_8);
    }

    /// Every chunk written for the events, `[DONE]` left out.
    @SuppressWarnings("unchecked") // a chunk is an object
    private List<Map<String, Object>> chunks(ChunkWriter writer, List<TokenEvent> events) {
        out.clear();
        events.forEach(event -> writer.write(event, out));
        List<Map<String, Object>> chunks = new ArrayList<>();
        for (String event : written().split("\n\n", -1)) {
            if (event.isEmpty()) {
                continue; // behind the last blank line
            }
            assertThat(event).startsWith("data: ");
            if (!event.equals("data: [DONE]")) {
                chunks.add((Map<String, Object>) TestJson.parse(event.substring("data: ".length())));
            }
        }
        return chunks;
    }

    private static List<?> choices(Map<String, Object> chunk) {
        return (List<?>) chunk.get("choices");
    }

    @SuppressWarnings("unchecked") // a choice is an object
    private static Map<String, Object> choice(Map<String, Object> chunk) {
        return (Map<String, Object>) choices(chunk).getFirst();
    }

    @SuppressWarnings("unchecked") // for objects
    private static Map<String, Object> json(String text) {
        return (Map<String, Object>) TestJson.parse(text);
    }

    @SuppressWarnings("unchecked") // a delta is an object
    private static Map<String, Object> delta(Map<String, Object> chunk) {
        return (Map<String, Object>) choice(chunk).get("delta");
    }
}
