package dev.runnel.core.moderation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.Completion;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.Stage;
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
import dev.runnel.testing.RecordingReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ModerationTest {

    private static final Blocklist BLOCKLIST = new Blocklist(List.of("secret word", "密码"));

    private static final Finished CUT = new Finished(0, FinishReason.CONTENT_FILTER);

    /// What passes, event by event.
    private static List<TokenEvent> passed(Stage stage, TokenEvent... events) {
        List<TokenEvent> passed = new ArrayList<>();
        for (TokenEvent event : events) {
            stage.accept(event, passed::add);
        }
        return passed;
    }

    private static Stage moderation() {
        return new Moderation(BLOCKLIST, () -> Optional.of(new Usage(3, 4)));
    }

    private static CompletionStream moderated(ScriptedBackend backend) {
        return new ModeratedBackend(backend, BLOCKLIST).complete(CompletionRequest.of("m", "hi"));
    }

    @Test
    void alternativesToATokenAreNotAskedForAsNobodyLooksAtThem() {
        List<CompletionRequest> asked = new ArrayList<>();
        ScriptedBackend backend = new ScriptedBackend(
                "m",
                request -> {
                    asked.add(request);
                    return Script.saying("m", "Fine.");
                },
                ScriptedBackend.Timer.REAL);

        new ModeratedBackend(backend, BLOCKLIST)
                .complete(CompletionRequest.of("m", "hi").withLogprobs(5))
                .close();

        assertThat(asked).extracting(CompletionRequest::logprobs).containsExactly(OptionalInt.of(0));
    }

    private static Completion reply(String... pieces) throws Exception {
        return moderated(new ScriptedBackend("m", Script.saying("m", pieces)))
                .completion()
                .get();
    }

    @Test
    void nothingOfAPhraseLeavesHoweverTheTextIsCut() throws Exception {
        String text = "Say the SECRET  word, or 密码!";
        for (int first = 1; first < text.length(); first++) {
            for (int second = first; second < text.length(); second++) {
                String[] pieces = {text.substring(0, first), text.substring(first, second), text.substring(second)};
                Completion reply = reply(
                        Arrays.stream(pieces).filter(piece -> !piece.isEmpty()).toArray(String[]::new));

                assertThat(reply.choices())
                        .containsExactly(new Completion.Choice("Say the ", "", FinishReason.CONTENT_FILTER));
            }
        }
        assertThat(reply(text.split("")).text()).isEqualTo("Say the ");
    }

    @Test
    void textThatBeginsNoPhraseIsNotHeldBack() {
        Stage stage = moderation();

        assertThat(passed(stage, new Started("m", 1), new Text(0, "Say the ")))
                .containsExactly(new Started("m", 1), new Text(0, "Say the "));
        assertThat(passed(stage, new Text(0, "next sec"))).containsExactly(new Text(0, "next "));
        assertThat(passed(stage, new Text(0, "ond"))).containsExactly(new Text(0, "sec"), new Text(0, "ond"));
    }

    @Test
    void whatBeganLikeAPhraseAndWasNoneComesWhole() throws Exception {
        assertThat(reply("a secret", " wor").choices())
                .containsExactly(new Completion.Choice("a secret wor", "", FinishReason.STOP));
        assertThat(reply("the secret word", "s").text()).isEqualTo("the secret words");
    }

    @Test
    void aPhraseAtTheVeryEndIsFoundToo() throws Exception {
        assertThat(reply("a secret", " word").choices())
                .containsExactly(new Completion.Choice("a ", "", FinishReason.CONTENT_FILTER));
    }

    @Test
    void theWorkStopsAndItsCostUntilThenIsTold() {
        ScriptedBackend backend = new ScriptedBackend(
                "m", Script.saying("m", "a", " secret", " word", ".", "more", "and more", "and more"));

        RecordingReader reader = RecordingReader.toTheEndOf(moderated(backend));

        assertThat(reader.completed()).isTrue();
        assertThat(reader.events())
                .containsExactly(new Started("m", 1), new Text(0, "a"), new Text(0, " "), CUT, new Usage(1, 4));
        assertThat(backend.inProgress()).isZero();
    }

    @Test
    void whereNobodyKnowsTheCostTheWorkGoesOnUnseenUntilItIsTold() {
        Stage stage = new Moderation(BLOCKLIST, Optional::empty);

        assertThat(passed(
                        stage,
                        new Started("m", 1),
                        new Text(0, "密码 and"),
                        new Text(0, " more"),
                        new Call(0, "1", "tool"),
                        new Finished(0, FinishReason.STOP),
                        new Usage(1, 9)))
                .containsExactly(new Started("m", 1), CUT, new Usage(1, 9));
    }

    @Test
    void otherChoicesGoOn() {
        assertThat(passed(
                        moderation(),
                        new Started("m", 2),
                        new Text(0, "密码"),
                        new Text(1, "fine"),
                        new Text(0, "unseen"),
                        new Finished(1, FinishReason.STOP)))
                .containsExactly(
                        new Started("m", 2),
                        CUT,
                        new Text(1, "fine"),
                        new Finished(1, FinishReason.STOP),
                        new Usage(3, 4));
    }

    @Test
    void whereAllChoicesHaveEndedByThemselvesTheirOwnUsageIsTold() {
        assertThat(passed(
                        moderation(),
                        new Started("m", 2),
                        new Text(0, "密码"),
                        new Finished(0, FinishReason.STOP),
                        new Finished(1, FinishReason.STOP),
                        new Usage(3, 7)))
                .containsExactly(new Started("m", 2), CUT, new Finished(1, FinishReason.STOP), new Usage(3, 7));
    }

    @Test
    void reasoningRefusalsAndArgumentsAreLookedAtLikeAnswers() {
        for (TokenEvent piece :
                List.of(new Thinking(0, "the 密码"), new Refusal(0, "the 密码"), new Arguments(0, "the 密码"))) {
            List<TokenEvent> passed = passed(moderation(), new Started("m", 1), new Call(0, "1", "tool"), piece);

            assertThat(passed).hasSize(5).endsWith(CUT, new Usage(3, 4));
            assertThat(passed.get(2).toString()).contains("the ").doesNotContain("密");
        }
    }

    @Test
    void kindsAreTextsOfTheirOwnAndStayInTheirOrder() {
        assertThat(passed(
                        moderation(),
                        new Started("m", 1),
                        new Thinking(0, "a secret"),
                        new Text(0, "word"),
                        new Call(0, "1", "tool"),
                        new Arguments(0, "{}")))
                .containsExactly(
                        new Started("m", 1),
                        new Thinking(0, "a "),
                        new Thinking(0, "secret"),
                        new Text(0, "word"),
                        new Call(0, "1", "tool"),
                        new Arguments(0, "{}"));
    }

    @Test
    void aPhraseIsFoundWhereAnotherKindComesInBetween() {
        assertThat(passed(
                        moderation(),
                        new Started("m", 1),
                        new Text(0, "a 密"),
                        new Call(0, "1", "tool"),
                        new Arguments(0, "{}"),
                        new Text(0, "码 b")))
                .containsExactly(
                        new Started("m", 1),
                        new Text(0, "a "),
                        new Text(0, "密"),
                        new Call(0, "1", "tool"),
                        new Arguments(0, "{}"),
                        CUT,
                        new Usage(3, 4));
    }

    @Test
    void theArgumentsOfEachCallAreATextOfTheirOwn() {
        assertThat(passed(
                        moderation(),
                        new Started("m", 1),
                        new Call(0, "1", "tool"),
                        new Arguments(0, "密"),
                        new Call(0, "2", "tool"),
                        new Arguments(0, "码")))
                .containsExactly(
                        new Started("m", 1),
                        new Call(0, "1", "tool"),
                        new Arguments(0, "密"),
                        new Call(0, "2", "tool"),
                        new Arguments(0, "码"));
    }

    @Test
    void logprobsWithoutATextReleaseNothingOfAnotherKind() {
        assertThat(passed(
                        moderation(),
                        new Started("m", 1),
                        new Thinking(0, "a secret"),
                        new Text(0, "", List.of(half(0xe5))),
                        new Thinking(0, " word.")))
                .containsExactly(new Started("m", 1), new Thinking(0, "a "), CUT, new Usage(3, 4));
    }

    @Test
    void logprobsOfTokensThatNoTextShowsDoNotPass() {
        assertThat(passed(
                        moderation(),
                        new Started("m", 1),
                        new Text(0, "", List.of(logprob("secret word"))),
                        new Text(0, "fine", List.of(logprob("fine")))))
                .containsExactly(new Started("m", 1), new Text(0, "fine", List.of(logprob("fine"))));
    }

    @Test
    void halfOfACharacterWaitsForTheOther() {
        Text first = new Text(0, "", List.of(half(0xe5, 0xaf)));
        Text blocked = new Text(0, "密码", List.of(half(0x86), logprob("码")));
        Text harmless = new Text(0, "寂", List.of(half(0x82)));
        Stage stage = moderation();

        assertThat(passed(moderation(), new Started("m", 1), first, blocked))
                .containsExactly(new Started("m", 1), CUT, new Usage(3, 4));
        assertThat(passed(stage, new Started("m", 1), first)).containsExactly(new Started("m", 1));
        assertThat(passed(stage, harmless)).containsExactly(first, harmless);
    }

    @Test
    void logprobsStayWithTheirTokens() {
        Text two = new Text(0, "a secret", List.of(logprob("a"), logprob(" secret")));
        Stage stage = moderation();

        assertThat(passed(stage, new Started("m", 1), two)).containsExactly(new Started("m", 1));
        assertThat(passed(stage, new Text(0, " word.", List.of(logprob(" word"), logprob(".")))))
                .containsExactly(new Text(0, "a", List.of(logprob("a"))), CUT, new Usage(3, 4));
    }

    /// Of a token that is a part of a character.
    private static TokenLogprob half(int... bytes) {
        TokenText part = new TokenText("\uFFFD", Arrays.stream(bytes).boxed().toList());
        return new TokenLogprob(part, OptionalDouble.of(-1), List.of());
    }

    private static TokenLogprob logprob(String token) {
        return new TokenLogprob(new TokenText(token, List.of()), OptionalDouble.of(-1), List.of());
    }
}
