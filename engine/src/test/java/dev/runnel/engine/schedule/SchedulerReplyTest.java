package dev.runnel.engine.schedule;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.runnel.core.BackendException;
import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Prompt;
import dev.runnel.core.Sampling;
import dev.runnel.core.Stopping;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Usage;
import dev.runnel.core.TokenLogprob;
import dev.runnel.core.TokenText;
import dev.runnel.engine.reply.CallSyntax;
import dev.runnel.engine.reply.Dialect;
import dev.runnel.engine.reply.ReplyFormat;
import dev.runnel.engine.sampling.LogitMask;
import dev.runnel.testing.RecordingReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What becomes of a reply's tokens: logprobs, echo, ends, masks, and the text of any tokens whatever.
class SchedulerReplyTest {

    private FakeModel model = new FakeModel(1000, 100_000, FakeModel.saying(SchedulerReplyTest::next));
    private Scheduler scheduler = schedule(FakeModel.BYTES);

    /// After `…;` what stands before it, in a circle.
    private static int next(int[] history) {
        int end = 0;
        while (end < history.length && history[end] != ';') {
            end++;
        }
        return history[(history.length - Math.min(history.length, end + 1)) % Math.max(1, end)];
    }

    private Scheduler schedule(Vocabulary vocabulary) {
        scheduler = new Scheduler(
                model,
                vocabulary,
                new Limits(16, 100, 32, Duration.ofHours(1)),
                Runnable::run,
                System::nanoTime,
                () -> 1);
        return scheduler;
    }

    @AfterEach
    void everyRoomIsGivenBack() {
        scheduler.close();
        assertThat(model.reserved()).isZero();
    }

    private static CompletionRequest request(String prompt) {
        return CompletionRequest.of("fake", new Prompt.Text(prompt))
                .withSampling(Sampling.GREEDY)
                .withMaxTokens(6);
    }

    private static int[] tokens(CompletionRequest request) {
        byte[] bytes = ((Prompt.Text) request.prompt()).text().getBytes(UTF_8);
        int[] tokens = new int[bytes.length];
        Arrays.setAll(tokens, i -> bytes[i] & 0xff);
        return tokens;
    }

    private RecordingReader read(CompletionRequest request) {
        return read(
                request,
                new PreparedPrompt(
                        tokens(request), ReplyFormat.text(request.stopping().strings(), false)));
    }

    private RecordingReader read(CompletionRequest request, PreparedPrompt prompt) {
        RecordingReader reader =
                RecordingReader.of(scheduler.complete(request, () -> prompt)).request(Long.MAX_VALUE);
        while (scheduler.step()) {}
        return reader;
    }

    private Completion whole(CompletionRequest request) {
        return Completion.of(read(request).events());
    }

    private static BackendException refusal(RecordingReader reader) {
        assertThat(reader.events()).isEmpty();
        return reader.failure();
    }

    // Logprobs

    @Test
    void logprobsAreTheModelsOwnWhateverShapesTheChoice() {
        model = new FakeModel(1000, 100_000, (_, logits) -> {
            Arrays.fill(logits, Float.NEGATIVE_INFINITY);
            Arrays.fill(logits, -50);
            logits['a'] = (float) Math.log(0.5);
            logits['b'] = (float) Math.log(0.3);
            logits[FakeModel.END] = (float) Math.log(0.2);
        });
        schedule(FakeModel.BYTES);
        Sampling shaped = new Sampling(0, 0.1, 1, 0.5, 0.5, 1.3, 1, 1, Map.of((int) 'b', 5.0), OptionalLong.of(1));

        Completion whole =
                whole(request("x").withSampling(shaped).withLogprobs(3).withMaxTokens(1));

        assertThat(whole.text()).isEqualTo("b");
        TokenLogprob told = whole.choices().getFirst().logprobs().getFirst();
        assertThat(told.token()).isEqualTo(TokenText.of(new byte[] {'b'}));
        assertThat(told.logprob().orElseThrow()).isCloseTo(Math.log(0.3), within(1e-5));
        assertThat(told.alternatives().stream().map(each -> each.token().text()))
                .containsExactly("a", "b", "<end>");
        assertThat(told.alternatives().getLast().logprob()).isCloseTo(Math.log(0.2), within(1e-5));
    }

    @Test
    void logprobsComeWithTheTextOfTheirTokensAndNotAtAllUnasked() {
        CompletionRequest request = request("ab😀;");
        RecordingReader reader = read(request.withLogprobs(0));

        assertThat(reader.events().stream()
                        .filter(Text.class::isInstance)
                        .map(Text.class::cast)
                        .map(text -> text.text() + text.logprobs().size()))
                .containsExactly("a1", "b1", "😀4");
        assertThat(whole(request).choices().getFirst().logprobs()).isEmpty();
        assertThat(whole(request).text()).isEqualTo("ab😀");
    }

    @Test
    void theEndTokenHasNoTextAndNoLogprob() {
        model = new FakeModel(1000, 100_000, FakeModel.saying(history -> history.length < 4 ? 'a' : FakeModel.END));
        schedule(FakeModel.BYTES);

        Completion whole = whole(request("x").withLogprobs(2));

        assertThat(whole.choices().getFirst().logprobs()).hasSize(3);
        assertThat(whole.usage().completionTokens()).isEqualTo(4);
    }

    // Echo

    @Test
    void theEchoComesBeforeEveryChoicesReply() {
        RecordingReader reader =
                read(request("ab中;").withEcho(true).withChoices(2).withMaxTokens(1));

        assertThat(reader.events())
                .containsExactly(
                        new Started("fake", 2),
                        new Text(0, "ab中;"),
                        new Text(0, "a"),
                        new Finished(0, FinishReason.LENGTH),
                        new Text(1, "ab中;"),
                        new Text(1, "a"),
                        new Finished(1, FinishReason.LENGTH),
                        new Usage(6, 2));
    }

    @Test
    void theEchoTellsTheLogprobOfEveryPromptTokenAndNoneOfTheFirst() {
        model = new FakeModel(1000, 100_000, (history, logits) -> {
            Arrays.fill(logits, -1);
            logits[history.length % 256] = history.length;
        });
        schedule(FakeModel.BYTES);
        String prompt = "p".repeat(70);
        Completion whole = whole(request(prompt).withEcho(true).withLogprobs(1).withMaxTokens(2));

        assertThat(whole.text()).startsWith(prompt);
        List<TokenLogprob> told = whole.choices().getFirst().logprobs();
        assertThat(told).hasSize(72);
        assertThat(told.getFirst().logprob()).isEmpty();
        assertThat(told.getFirst().alternatives()).isEmpty();
        for (int i = 1; i < 70; i++) {
            assertThat(told.get(i).token().text()).isEqualTo("p");
            assertThat(told.get(i).alternatives().getFirst().token()).isEqualTo(TokenText.of(new byte[] {(byte) i}));
            double sum = 256 * Math.exp(-1) + Math.exp(i);
            assertThat(told.get(i).logprob().orElseThrow())
                    .isCloseTo((i == 'p' ? i : -1) - Math.log(sum), within(1e-4));
        }
    }

    @Test
    void aPromptIsScoredWithoutGeneratingAnythingAlsoWhenItFillsTheContext() {
        String prompt = "s".repeat(1000);
        RecordingReader reader =
                read(request(prompt).withEcho(true).withLogprobs(0).withMaxTokens(0));

        Completion whole = Completion.of(reader.events());
        assertThat(whole.text()).isEqualTo(prompt);
        assertThat(whole.choices().getFirst().logprobs()).hasSize(1000);
        assertThat(whole.choices().getFirst().reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(whole.usage()).isEqualTo(new Usage(1000, 0));
        assertThat(scheduler.stats().generatedTokens()).isZero();
    }

    @Test
    void aScoredPromptIsReadInFullThoughTheCacheHasIt() {
        model = model.remembering();
        CompletionRequest scored =
                request("scored prompt").withEcho(true).withLogprobs(1).withMaxTokens(0);
        Completion first = whole(scored);

        Completion second = whole(scored.withChoices(2));

        assertThat(second.choices()).containsOnly(first.choices().getFirst());
        assertThat(second.usage().cachedTokens()).isZero();
    }

    @Test
    void zeroTokensWithoutAnEchoAreAnEmptyReply() {
        RecordingReader reader = read(request("read;").withMaxTokens(0).withChoices(2));

        assertThat(reader.events())
                .containsExactly(
                        new Started("fake", 2),
                        new Finished(0, FinishReason.LENGTH),
                        new Finished(1, FinishReason.LENGTH),
                        new Usage(5, 0));
    }

    @Test
    void logitsOfAPromptThatAreNoNumbersEndThatCompletionAlone() {
        model = new FakeModel(1000, 100_000, (history, logits) -> {
            FakeModel.saying(SchedulerReplyTest::next).write(history, logits);
            if (history[0] == 'b' && history.length == 2) {
                logits[77] = Float.NaN;
            }
        });
        schedule(FakeModel.BYTES);
        CompletionRequest bad = request("bad;").withEcho(true).withLogprobs(1);
        CompletionRequest good = request("good;");
        RecordingReader hit = RecordingReader.of(scheduler.complete(
                        bad, () -> new PreparedPrompt(tokens(bad), ReplyFormat.text(List.of(), false))))
                .request(Long.MAX_VALUE);

        assertThat(read(good).completed()).isTrue();
        assertThat(hit.failure()).hasMessage("the model gave token 77 the logit NaN, expected a finite number");
    }

    // Ends

    @Test
    void aStopTokenEndsAReplyAndIsNoPartOfIt() {
        Stopping stopping = new Stopping(OptionalInt.of(9), List.of(), Set.of((int) 'c', 300 - 50), false);

        Completion whole = whole(request("abcd;").withStopping(stopping));

        assertThat(whole.text()).isEqualTo("ab");
        assertThat(whole.choices().getFirst().reason()).isEqualTo(FinishReason.STOP);
        assertThat(whole.usage().completionTokens()).isEqualTo(3);
    }

    @Test
    void endTokensThatAreIgnoredAreCountedAndNotShown() {
        model = new FakeModel(
                1000, 100_000, FakeModel.saying(history -> history.length % 2 == 0 ? FakeModel.END : 'a'));
        schedule(FakeModel.BYTES);
        Stopping stopping = new Stopping(OptionalInt.of(5), List.of(), Set.of(), true);

        Completion whole = whole(request("x").withStopping(stopping));

        assertThat(whole.text()).isEqualTo("aaa");
        assertThat(whole.choices().getFirst().reason()).isEqualTo(FinishReason.LENGTH);
        assertThat(whole.usage().completionTokens()).isEqualTo(5);
    }

    @Test
    void tokensThatTheModelDoesNotKnowAreRefusedByName() {
        Sampling biased = new Sampling(0, 1, 0, 0, 1, 1, 0, 0, Map.of(257, 1.0), OptionalLong.empty());
        BackendException bias = refusal(read(request("x").withSampling(biased)));
        BackendException stop =
                refusal(read(request("x").withStopping(new Stopping(OptionalInt.of(5), List.of(), Set.of(-1), false))));

        assertThat(bias.kind()).isEqualTo(BackendException.Kind.INVALID_REQUEST);
        assertThat(bias.parameter()).contains("logit_bias");
        assertThat(bias).hasMessage("logit_bias names the token 257, and this model's vocabulary has 0 to 256");
        assertThat(stop.parameter()).contains("stop_token_ids");
    }

    @Test
    void aPromptLongerThanTheContextIsRefusedAlsoIfNothingIsToBeGenerated() {
        assertThat(refusal(read(request("p".repeat(1001)).withMaxTokens(0))))
                .hasMessage("the prompt has 1001 tokens, more than the model's 1000");
    }

    // Seams

    @Test
    void aMaskDecidesWhatMayComeAndWhenNothingMore() {
        List<Integer> accepted = new ArrayList<>();
        PreparedPrompt plain = new PreparedPrompt(tokens(request("abc;")), ReplyFormat.text(List.of(), false));
        PreparedPrompt prompt = plain.withMasks(_ -> new LogitMask() {
            @Override
            public void mask(float[] logits) {
                float x = logits['x'];
                Arrays.fill(logits, Float.NEGATIVE_INFINITY);
                logits['x'] = x;
            }

            @Override
            public void accept(int token) {
                accepted.add(token);
            }

            @Override
            public boolean hasEnded() {
                return accepted.size() == 3;
            }
        });

        Completion whole = Completion.of(read(request("abc;"), prompt).events());

        assertThat(whole.text()).isEqualTo("xxx");
        assertThat(whole.choices().getFirst().reason()).isEqualTo(FinishReason.STOP);
        assertThat(accepted).containsExactly((int) 'x', (int) 'x', (int) 'x');
    }

    @Test
    void aReplyThatCallsAToolEndsWithThatAndItsReasoningIsCounted() {
        byte[] said = "<think>x</think><tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>".getBytes(UTF_8);
        model = new FakeModel(
                1000,
                100_000,
                FakeModel.saying(
                        history -> history.length - 1 < said.length ? said[history.length - 1] : FakeModel.END));
        schedule(FakeModel.BYTES);
        Dialect dialect = new Dialect(Optional.of(new Dialect.Reasoning("<think>", "</think>")), CallSyntax.HERMES);
        ReplyFormat format = new ReplyFormat(dialect, _ -> ReplyFormat.NO_TOKEN, false, Set.of("f"), List.of(), false);
        CompletionRequest request = request("x").withMaxTokens(100);

        Completion whole = Completion.of(
                read(request, new PreparedPrompt(tokens(request), format)).events());

        assertThat(whole.choices().getFirst().reason()).isEqualTo(FinishReason.TOOL_CALLS);
        assertThat(whole.choices().getFirst().toolCalls()).hasSize(1);
        assertThat(whole.choices().getFirst().thinking()).isEqualTo("x");
        assertThat(whole.usage().completionTokens()).isEqualTo(said.length + 1);
        assertThat(whole.usage().reasoningTokens()).isPositive();
    }

    @Test
    void reasoningIsCountedWhileTheReplyIsBeingMade() {
        byte[] said = "<think>0123456789".getBytes(UTF_8);
        model = new FakeModel(1000, 100_000, FakeModel.saying(history -> said[history.length - 1]));
        schedule(FakeModel.BYTES);
        Dialect dialect = new Dialect(Optional.of(new Dialect.Reasoning("<think>", "</think>")), CallSyntax.HERMES);
        ReplyFormat format = new ReplyFormat(dialect, _ -> ReplyFormat.NO_TOKEN, false, Set.of(), List.of(), false);
        CompletionRequest request = request("x").withMaxTokens(100);
        CompletionStream stream = scheduler.complete(request, () -> new PreparedPrompt(tokens(request), format));
        RecordingReader.of(stream).request(Long.MAX_VALUE);

        for (int i = 0; i < 12; i++) {
            assertThat(scheduler.step()).isTrue();
        }

        Usage spent = stream.spent().orElseThrow();
        assertThat(spent.completionTokens()).isEqualTo(12);
        assertThat(spent.reasoningTokens()).isBetween(5, 12);
    }

    @Test
    void aStopStringInWhatLookedLikeACallToTheLastEndsTheReply() {
        byte[] said = "{\"name\": \"a END b".getBytes(UTF_8);
        model = new FakeModel(1000, 100_000, FakeModel.saying(history -> said[history.length - 1]));
        schedule(FakeModel.BYTES);
        Dialect dialect = new Dialect(Optional.empty(), new CallSyntax.Bare("<|python_tag|>", "parameters"));
        ReplyFormat format =
                new ReplyFormat(dialect, _ -> ReplyFormat.NO_TOKEN, false, Set.of("f"), List.of("END"), false);
        CompletionRequest request = request("x").withMaxTokens(said.length);

        Completion whole = Completion.of(
                read(request, new PreparedPrompt(tokens(request), format)).events());

        assertThat(whole.text()).isEqualTo("{\"name\": \"a ");
        assertThat(whole.choices().getFirst().reason()).isEqualTo(FinishReason.STOP);
    }

    // Text, as section by section of what is promised, for any tokens

    private static final byte[][] PIECES = {
        {'a'},
        {'b'},
        {' '},
        "ab".getBytes(UTF_8),
        "中".getBytes(UTF_8),
        "文字".getBytes(UTF_8),
        "😀".getBytes(UTF_8),
        {(byte) 0xf0},
        {(byte) 0x9f},
        {(byte) 0x98},
        {(byte) 0x80},
        {(byte) 0xff},
        {(byte) 0xe4, (byte) 0xb8},
        {(byte) 0xad},
        "\u200d👧".getBytes(UTF_8),
        {}, // the last a control token
    };

    /// Tokens are pieces of text and bytes of characters; 250 and above are control tokens.
    private static final Vocabulary ANYTHING = new Vocabulary() {
        @Override
        public boolean isEndOfGeneration(int token) {
            return token == FakeModel.END;
        }

        @Override
        public byte[] bytes(int token) {
            return token >= 250 ? new byte[0] : PIECES[token % PIECES.length];
        }

        @Override
        public byte[] bytesWithSpecial(int token) {
            return token >= 250 ? ("<|special" + token + "|>").getBytes(UTF_8) : bytes(token);
        }
    };

    @Test
    void anyTokensStreamAsTheyAreWholeInWholeCharactersWithoutStopStringsAndSpecialTokens() {
        Random random = new Random(42);
        for (int round = 0; round < 300; round++) {
            int salt = round;
            scheduler.close();
            model = new FakeModel(
                    1000,
                    100_000,
                    FakeModel.saying(
                            history -> new Random(Arrays.hashCode(history) + salt).nextInt(FakeModel.END + 1)));
            schedule(ANYTHING);
            List<String> stops = randomStops(random);
            CompletionRequest request = request("prompt" + round)
                    .withStop(stops)
                    .withMaxTokens(random.nextInt(1, 60))
                    .withChoices(random.nextInt(1, 4));

            List<TokenEvent> streamed = read(request).events();
            Completion whole = Completion.of(streamed);
            Completion inDrops = Completion.of(readInDrops(request, random));
            Completion withLogprobs = whole(request.withLogprobs(2));
            Completion unstopped = whole(request.withStop(List.of()));

            assertThat(inDrops).isEqualTo(whole);
            assertThat(withLogprobs.usage()).isEqualTo(whole.usage());
            for (TokenEvent event : streamed) {
                if (event instanceof Text(var _, var text, var _)) {
                    assertThat(new String(text.getBytes(UTF_8), UTF_8))
                            .as("whole code points")
                            .isEqualTo(text);
                    assertThat(text).doesNotContain("special");
                }
            }
            for (int i = 0; i < whole.choices().size(); i++) {
                String text = whole.choices().get(i).text();
                assertThat(withLogprobs.choices().get(i).text()).isEqualTo(text);
                assertThat(unstopped.choices().get(i).text()).startsWith(text);
                stops.forEach(stop -> assertThat(text).doesNotContain(stop));
            }
        }
    }

    private List<TokenEvent> readInDrops(CompletionRequest request, Random random) {
        RecordingReader reader = RecordingReader.of(scheduler.complete(
                request,
                () -> new PreparedPrompt(
                        tokens(request), ReplyFormat.text(request.stopping().strings(), false))));
        while (!reader.hasEnded()) {
            reader.request(random.nextInt(1, 4));
            for (int steps = random.nextInt(3); steps >= 0; steps--) {
                scheduler.step();
            }
        }
        return reader.events();
    }

    private static List<String> randomStops(Random random) {
        List<String> stops = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            StringBuilder stop = new StringBuilder();
            for (int n = random.nextInt(1, 4); n > 0; n--) {
                stop.append(new String(PIECES[random.nextInt(7)], UTF_8));
            }
            stops.add(stop.toString());
        }
        return stops;
    }
}
