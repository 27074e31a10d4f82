package dev.runnel.engine.reply;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.runnel.core.Completion;
import dev.runnel.core.FinishReason;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenLogprob;
import dev.runnel.core.TokenText;
import dev.runnel.core.ToolCall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// In these tests a reply is written as its text, with the tokens of a model's own in `⟦⟧`.
class ReplyReaderTest {

    private static final Dialect.Reasoning THINK = new Dialect.Reasoning("<think>", "</think>");
    private static final Dialect HERMES = new Dialect(Optional.of(THINK), CallSyntax.HERMES);
    private static final Dialect LLAMA =
            new Dialect(Optional.empty(), new CallSyntax.Bare("<|python_tag|>", "parameters"));
    private static final Dialect MISTRAL =
            new Dialect(Optional.empty(), new CallSyntax.Enclosed("[TOOL_CALLS]", "", "arguments", true));
    private static final Dialect MISTRAL_SINCE_2025 =
            new Dialect(Optional.empty(), new CallSyntax.Titled("[TOOL_CALLS]", "[CALL_ID]", "[ARGS]"));
    private static final Dialect FUNCTIONARY =
            new Dialect(Optional.empty(), new CallSyntax.Named("<function=", ">", "</function>"));
    private static final Dialect HARMONY = new Dialect(Optional.empty(), new CallSyntax.Channels());

    private static final List<String> TOKENS = List.of(
            "<tool_call>",
            "</tool_call>",
            "<think>",
            "</think>",
            "<|python_tag|>",
            "[TOOL_CALLS]",
            "[CALL_ID]",
            "[ARGS]",
            "<|start|>",
            "<|channel|>",
            "<|constrain|>",
            "<|message|>",
            "<|end|>");

    private static final ToolCall ADD = new ToolCall("call_0", "add", "{\"a\": 1, \"b\": [2, \"}\"]}");
    private static final ToolCall NOW = new ToolCall("call_1", "now", "{}");

    /// A reply in tokens: text is cut anywhere, a token of the model's own is one.
    record Reply(Dialect dialect, boolean hasTokens, boolean startsReasoning, boolean mayCall, String written) {

        Reply(Dialect dialect, String written) {
            this(dialect, true, false, true, written);
        }

        Completion.Choice read(Random random, String... stops) {
            List<TokenEvent> events = new ArrayList<>();
            ReplyReader reader = reader(stops);
            for (String part : written.splitWithDelimiters("⟦[^⟧]*⟧", 0)) {
                if (part.startsWith("⟦") && hasTokens) {
                    int id = TOKENS.indexOf(part.substring(1, part.length() - 1));
                    if (!reader.isStopped()) {
                        reader.token(id, new byte[0], null, events::add);
                    }
                    continue;
                }
                byte[] bytes = part.replace("⟦", "").replace("⟧", "").getBytes(UTF_8);
                for (int from = 0, to; from < bytes.length && !reader.isStopped(); from = to) {
                    to = Math.min(bytes.length, from + random.nextInt(1, 6));
                    byte[] token = java.util.Arrays.copyOfRange(bytes, from, to);
                    reader.token(1000, token, null, events::add);
                }
            }
            reader.finish(events::add);
            return fold(events);
        }

        ReplyReader reader(String... stops) {
            return new ReplyReader(
                    new ReplyFormat(
                            dialect,
                            text -> hasTokens ? TOKENS.indexOf(text) : ReplyFormat.NO_TOKEN,
                            startsReasoning,
                            mayCall ? Set.of("add", "now", "f") : Set.of(),
                            List.of(stops),
                            false),
                    0,
                    call -> "call_" + call);
        }
    }

    private static Completion.Choice fold(List<TokenEvent> events) {
        List<TokenEvent> whole = new ArrayList<>(events);
        whole.addFirst(new TokenEvent.Started("m", 1));
        whole.add(new TokenEvent.Finished(0, FinishReason.STOP));
        whole.add(new TokenEvent.Usage(1, 1));
        return Completion.of(whole).choices().getFirst();
    }

    record Case(Reply reply, String text, String reasoning, List<ToolCall> calls) {}

    static List<Case> replies() {
        String add = "{\"name\": \"add\", \"arguments\": " + ADD.arguments() + "}";
        String parameters = add.replace("arguments", "parameters");
        return List.of(
                new Case(new Reply(HERMES, "Hello 世界 😀."), "Hello 世界 😀.", "", List.of()),
                new Case(new Reply(HERMES, "⟦<think>⟧\nHm 😀\n⟦</think>⟧\n\nYes. "), "Yes. ", "Hm 😀", List.of()),
                new Case(new Reply(HERMES, true, true, true, "\nHm\n⟦</think>⟧\n\nYes."), "Yes.", "Hm", List.of()),
                new Case(new Reply(HERMES, false, true, true, "Hm\n⟦</think>⟧Yes."), "Yes.", "Hm", List.of()),
                new Case(
                        new Reply(HERMES, "A literal <tool_call> stays."),
                        "A literal <tool_call> stays.",
                        "",
                        List.of()),
                new Case(new Reply(HERMES, true, false, false, "⟦<think>⟧a⟦</think>⟧" + add), add, "a", List.of()),
                new Case(
                        new Reply(HERMES, "Let me see.\n⟦<tool_call>⟧\n" + add + "\n⟦</tool_call>⟧\n"),
                        "Let me see.",
                        "",
                        List.of(ADD)),
                new Case(
                        new Reply(
                                HERMES,
                                "⟦<tool_call>⟧" + add + "⟦</tool_call>⟧\n"
                                        + "⟦<tool_call>⟧{\"arguments\": {}, \"name\": \"now\"}⟦</tool_call>⟧"),
                        "",
                        "",
                        List.of(ADD, NOW)),
                new Case(
                        new Reply(HERMES, false, false, true, "⟦<tool_call>⟧\n" + add + "\n⟦</tool_call>⟧\nDone."),
                        "Done.",
                        "",
                        List.of(ADD)),
                new Case(
                        new Reply(HERMES, "⟦<tool_call>⟧{\"name\": \"now\"}⟦</tool_call>⟧"),
                        "",
                        "",
                        List.of(new ToolCall("call_0", "now", "{}"))),
                new Case(
                        new Reply(HERMES, "⟦<tool_call>⟧{\"name\": \"f\", \"arguments\": \"{\\\"a\\\": \\u0031}\"}"),
                        "",
                        "",
                        List.of(new ToolCall("call_0", "f", "{\"a\": 1}"))),
                new Case(new Reply(HERMES, "⟦<tool_call>⟧no call⟦</tool_call>⟧"), "<tool_call>no call", "", List.of()),
                new Case(
                        new Reply(HERMES, "⟦<tool_call>⟧{\"name\": \"rm\", \"arguments\": {}}⟦</tool_call>⟧"),
                        "<tool_call>{\"name\": \"rm\", \"arguments\": {}}",
                        "",
                        List.of()),
                new Case(new Reply(LLAMA, parameters), "", "", List.of(ADD)),
                new Case(new Reply(LLAMA, "⟦<|python_tag|>⟧" + parameters), "", "", List.of(ADD)),
                new Case(
                        new Reply(LLAMA, parameters + "; {\"name\": \"now\", \"parameters\": {}}"),
                        "",
                        "",
                        List.of(ADD, NOW)),
                new Case(new Reply(LLAMA, "{\"answer\": 42}"), "{\"answer\": 42}", "", List.of()),
                new Case(new Reply(LLAMA, "{\"name\": 42}"), "{\"name\": 42}", "", List.of()),
                new Case(new Reply(LLAMA, "{\"name\": \"Ada\"}"), "{\"name\": \"Ada\"}", "", List.of()),
                new Case(new Reply(LLAMA, "{\"name\": \"now\"}"), "{\"name\": \"now\"}", "", List.of()),
                new Case(new Reply(LLAMA, parameters + "; Done."), "Done.", "", List.of(ADD)),
                new Case(new Reply(LLAMA, " Plain { text"), " Plain { text", "", List.of()),
                new Case(
                        new Reply(MISTRAL, "⟦[TOOL_CALLS]⟧[" + add + ", {\"name\": \"now\", \"arguments\": {}}]"),
                        "",
                        "",
                        List.of(ADD, NOW)),
                new Case(
                        new Reply(MISTRAL, "⟦[TOOL_CALLS]⟧[{\"name\": \"now\", \"arguments\": {}, \"id\": \"x\"}]"),
                        "",
                        "",
                        List.of(new ToolCall("call_0", "now", "{}"))),
                new Case(new Reply(MISTRAL, "⟦[TOOL_CALLS]⟧[" + add + "] Done."), "Done.", "", List.of(ADD)),
                new Case(new Reply(MISTRAL, "⟦[TOOL_CALLS]⟧[" + add + ", Done."), "Done.", "", List.of(ADD)),
                new Case(new Reply(MISTRAL, "⟦[TOOL_CALLS]⟧[" + add + "]\n[1]"), "[1]", "", List.of(ADD)),
                new Case(new Reply(MISTRAL, "⟦[TOOL_CALLS]⟧[" + add + "] " + add), add, "", List.of(ADD)),
                new Case(
                        new Reply(
                                MISTRAL_SINCE_2025,
                                "⟦[TOOL_CALLS]⟧add⟦[ARGS]⟧" + ADD.arguments()
                                        + "⟦[TOOL_CALLS]⟧now⟦[CALL_ID]⟧x⟦[ARGS]⟧{}"),
                        "",
                        "",
                        List.of(ADD, NOW)),
                new Case(
                        new Reply(
                                FUNCTIONARY,
                                "Hm. <function=add>" + ADD.arguments() + "</function> <function=now>{}</function>"),
                        "Hm.",
                        "",
                        List.of(ADD, NOW)),
                new Case(new Reply(FUNCTIONARY, "if <function x"), "if <function x", "", List.of()),
                new Case(
                        new Reply(
                                HARMONY,
                                "⟦<|channel|>⟧analysis⟦<|message|>⟧Hm.⟦<|end|>⟧⟦<|start|>⟧assistant⟦<|channel|>⟧"
                                        + "final⟦<|message|>⟧Yes."),
                        "Yes.",
                        "Hm.",
                        List.of()),
                new Case(
                        new Reply(
                                HARMONY,
                                "⟦<|channel|>⟧commentary to=functions.add ⟦<|constrain|>⟧json⟦<|message|>⟧"
                                        + ADD.arguments()),
                        "",
                        "",
                        List.of(ADD)));
    }

    @ParameterizedTest
    @MethodSource("replies")
    void inAnyCutAReplyMeansTheSame(Case expected) {
        Random random = new Random(42);
        for (int round = 0; round < 50; round++) {
            Completion.Choice read = expected.reply.read(random);

            assertThat(read)
                    .isEqualTo(new Completion.Choice(
                            expected.text, expected.reasoning, "", expected.calls, List.of(), FinishReason.STOP));
        }
    }

    @Test
    void textStreamsThoughToolsMayBeCalled() {
        List<TokenEvent> events = new ArrayList<>();
        ReplyReader reader = new Reply(HERMES, "").reader();

        reader.token(1000, "Once".getBytes(UTF_8), null, events::add);
        reader.token(1000, " upon".getBytes(UTF_8), null, events::add);

        assertThat(events).containsExactly(new TokenEvent.Text(0, "Once"), new TokenEvent.Text(0, " upon"));
    }

    @Test
    void argumentsStreamAsTheyCome() {
        List<TokenEvent> events = new ArrayList<>();
        ReplyReader reader = new Reply(HERMES, "").reader();

        reader.token(TOKENS.indexOf("<tool_call>"), new byte[0], null, events::add);
        for (String piece : List.of("{\"name\": \"f\"", ", \"arguments\": {", "\"a\"", ": 1", "}}")) {
            reader.token(1000, piece.getBytes(UTF_8), null, events::add);
        }

        assertThat(events)
                .containsExactly(
                        new TokenEvent.Call(0, "call_0", "f"),
                        new TokenEvent.Arguments(0, "{"),
                        new TokenEvent.Arguments(0, "\"a\""),
                        new TokenEvent.Arguments(0, ": 1"),
                        new TokenEvent.Arguments(0, "}"));
        assertThat(reader.hasCalled()).isTrue();
    }

    @Test
    void stopStringsEndTheAnswerOnly() {
        Reply reply = new Reply(HERMES, "⟦<think>⟧a stop⟦</think>⟧answer stop more");

        Completion.Choice read = reply.read(new Random(1), "stop");

        assertThat(read.thinking()).isEqualTo("a stop");
        assertThat(read.text()).isEqualTo("answer ");
    }

    @Test
    void stopStringsEndAnAnswerThatLookedLikeACallToTheLast() {
        Map<Reply, String> answers = Map.of(
                new Reply(LLAMA, "{\"name\": \"a END b"),
                "{\"name\": \"a ",
                new Reply(HERMES, "⟦<tool_call>⟧{\"name\": \"a END b"),
                "<tool_call>{\"name\": \"a ",
                new Reply(FUNCTIONARY, "<function=aENDb"),
                "<function=a",
                new Reply(MISTRAL_SINCE_2025, "⟦[TOOL_CALLS]⟧aENDb"),
                "[TOOL_CALLS]a",
                new Reply(HARMONY, "a END b"),
                "a ");

        answers.forEach((reply, answer) ->
                assertThat(reply.read(new Random(1), "END").text()).isEqualTo(answer));
    }

    @Test
    void spaceThatIsHeldBackIsLookedAtOnce() {
        Reply reply = new Reply(HERMES, "a" + "\n".repeat(400_000) + "b");

        Completion.Choice read = assertTimeout(Duration.ofSeconds(10), () -> reply.read(new Random(1), "\n\nUser:"));

        assertThat(read.text()).isEqualTo(reply.written);
    }

    @Test
    void tokensOfReasoningAreCountedWithTheirMarkers() {
        ReplyReader reader = new Reply(HERMES, "").reader();

        reader.token(TOKENS.indexOf("<think>"), new byte[0], null, _ -> {});
        reader.token(1000, "hm".getBytes(UTF_8), null, _ -> {});
        reader.token(TOKENS.indexOf("</think>"), new byte[0], null, _ -> {});
        reader.token(1000, "yes".getBytes(UTF_8), null, _ -> {});

        assertThat(reader.reasoningTokens()).isEqualTo(3);
    }

    @Test
    void aPieceHasTheLogprobsOfExactlyItsTokens() {
        Random random = new Random(7);
        String[] alphabet = {"a", "b", "ab", "é", "中", "😀", " "};
        for (int round = 0; round < 500; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(1, 12); i > 0; i--) {
                text.append(alphabet[random.nextInt(alphabet.length)]);
            }
            byte[] bytes = text.toString().getBytes(UTF_8);
            List<TokenEvent> events = new ArrayList<>();
            List<TokenLogprob> all = new ArrayList<>();
            ReplyReader reader = new Reply(HERMES, "").reader("abab");
            for (int from = 0, to; from < bytes.length && !reader.isStopped(); from = to) {
                to = Math.min(bytes.length, from + random.nextInt(1, 4));
                byte[] token = java.util.Arrays.copyOfRange(bytes, from, to);
                TokenLogprob logprob = new TokenLogprob(TokenText.of(token), OptionalDouble.of(-1), List.of());
                all.add(logprob);
                reader.token(1000, token, logprob, events::add);
            }
            reader.finish(events::add);

            Completion.Choice whole = fold(events);

            assertThat(whole.logprobs())
                    .isEqualTo(all.subList(0, whole.logprobs().size()));
            if (!reader.isStopped()) {
                assertThat(whole.logprobs()).hasSameSizeAs(all);
            }
            // A token that a stop string cuts has its logprob, and only a part of its text.
            int whollyLeft = reader.isStopped() ? events.size() - 1 : events.size();
            for (int i = 0; i < whollyLeft; i++) {
                TokenEvent.Text piece = (TokenEvent.Text) events.get(i);
                String soFar = events.subList(0, i + 1).stream()
                        .map(event -> ((TokenEvent.Text) event).text())
                        .collect(Collectors.joining());
                int told = events.subList(0, i + 1).stream()
                        .mapToInt(event -> ((TokenEvent.Text) event).logprobs().size())
                        .sum();
                int bytesTold = all.subList(0, told).stream()
                        .mapToInt(logprob -> logprob.token().bytes().size())
                        .sum();
                assertThat(bytesTold).as("%s of %s", piece, text).isLessThanOrEqualTo(soFar.getBytes(UTF_8).length);
            }
        }
    }
}
