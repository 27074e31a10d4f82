package dev.runnel.core.moderation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenEvent.Arguments;
import dev.runnel.core.TokenEvent.Call;
import dev.runnel.core.TokenEvent.Finished;
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
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class JudgedStreamTest {

    private static final Started STARTED = new Started("m", 1);
    private static final Finished STOPPED = new Finished(0, FinishReason.STOP);
    private static final Finished CUT = new Finished(0, FinishReason.CONTENT_FILTER);

    /// Answers when the test says so.
    private static final class Judge implements Moderator {
        private final List<String> asked = new ArrayList<>();
        private final List<CompletableFuture<Boolean>> answers = new ArrayList<>();

        @Override
        public CompletionStage<Boolean> allows(String text) {
            asked.add(text);
            answers.add(new CompletableFuture<>());
            return answers.getLast();
        }

        private void answer(boolean isAllowed) {
            answers.getLast().complete(isAllowed);
        }
    }

    private final Judge judge = new Judge();

    private static ScriptedBackend saying(TokenEvent... events) {
        return new ScriptedBackend("m", Script.of(events));
    }

    private static CompletionStream judged(ScriptedBackend backend, Moderator moderator) {
        return new ModeratedBackend(backend, moderator).complete(CompletionRequest.of("m", "hi"));
    }

    private RecordingReader reading(ScriptedBackend backend) {
        return RecordingReader.of(judged(backend, judge)).request(Long.MAX_VALUE);
    }

    @Test
    void nothingIsShownBeforeItIsAllowed() {
        RecordingReader reader =
                reading(saying(STARTED, new Text(0, "It is"), new Text(0, " so."), STOPPED, new Usage(1, 2)));

        assertThat(reader.events()).containsExactly(STARTED);
        assertThat(judge.asked).containsExactly("It is so.");

        judge.answer(true);

        assertThat(reader.events())
                .containsExactly(STARTED, new Text(0, "It is"), new Text(0, " so."), STOPPED, new Usage(1, 2));
        assertThat(reader.completed()).isTrue();
    }

    @Test
    void logprobsOfTokensThatNoTextShowsDoNotPass() {
        Text fine = new Text(0, "Fine", List.of(logprob(new TokenText("Fine", List.of()))));
        RecordingReader reader = reading(saying(
                STARTED,
                new Text(0, "", List.of(logprob(new TokenText("Bad", List.of())))),
                fine,
                STOPPED,
                new Usage(1, 2)));

        assertThat(reader.events()).containsExactly(STARTED);
        judge.answer(true);

        assertThat(reader.events()).containsExactly(STARTED, fine, STOPPED, new Usage(1, 2));
    }

    @Test
    void logprobsOfPartsOfACharacterWaitForItsJudgementAndAreNotLost() {
        Text whole = new Text(0, "A.", List.of(logprob(new TokenText("A.", List.of()))));
        Text first = new Text(0, "", List.of(half(0xe5, 0xaf)));
        Text second = new Text(0, "密。", List.of(half(0x86), logprob(new TokenText("。", List.of()))));
        Text unfinished = new Text(0, "", List.of(half(0xe5)));
        RecordingReader reader = reading(saying(STARTED, whole, first, second, unfinished, STOPPED, new Usage(1, 5)));

        judge.answer(true);
        assertThat(reader.events()).containsExactly(STARTED, whole);
        assertThat(judge.asked).containsExactly("A.", "A.密。");
        judge.answer(true);

        assertThat(reader.events())
                .containsExactly(STARTED, whole, first, second, unfinished, STOPPED, new Usage(1, 5));
    }

    /// Of a token that is a part of a character.
    private static TokenLogprob half(int... bytes) {
        return logprob(new TokenText("\uFFFD", Arrays.stream(bytes).boxed().toList()));
    }

    private static TokenLogprob logprob(TokenText token) {
        return new TokenLogprob(token, OptionalDouble.of(-1), List.of());
    }

    @Test
    void aSentenceIsJudgedWithAllBeforeIt() throws Exception {
        List<String> asked = new ArrayList<>();
        CompletionStream reply =
                judged(new ScriptedBackend("m", Script.saying("m", "One", ".", " 二。", "three")), text -> {
                    asked.add(text);
                    return CompletableFuture.completedFuture(true);
                });

        assertThat(reply.completion().get().text()).isEqualTo("One. 二。three");
        assertThat(asked).containsExactly("One.", "One. 二。", "One. 二。three");
    }

    @Test
    void sentencesCollectWhileOneIsJudged() {
        RecordingReader reader = reading(
                saying(STARTED, new Text(0, "A."), new Text(0, "B."), new Text(0, "C."), STOPPED, new Usage(1, 3)));

        assertThat(judge.asked).containsExactly("A.");
        judge.answer(true);
        assertThat(reader.events()).containsExactly(STARTED, new Text(0, "A."));
        assertThat(judge.asked).containsExactly("A.", "A.B.C.");
        judge.answer(true);
        assertThat(reader.events()).hasSize(6).endsWith(STOPPED, new Usage(1, 3));
    }

    @Test
    void whatIsNotAllowedEndsItsChoiceAndTheWork() {
        ScriptedBackend backend = new ScriptedBackend(
                "m", Script.saying("m", "Fine.", "Bad.", "More.", "And more.").hangingAfter(5));
        RecordingReader reader = reading(backend);

        judge.answer(true);
        judge.answer(false);

        assertThat(reader.events())
                .startsWith(STARTED, new Text(0, "Fine."), CUT)
                .hasSize(4);
        assertThat(reader.events().getLast()).isInstanceOf(Usage.class);
        assertThat(reader.completed()).isTrue();
        assertThat(backend.inProgress()).isZero();
    }

    @Test
    void otherChoicesGoOn() {
        RecordingReader reader = reading(saying(
                new Started("m", 2),
                new Text(0, "Bad."),
                new Text(1, "Fine"),
                STOPPED,
                new Finished(1, FinishReason.STOP),
                new Usage(1, 3)));

        assertThat(judge.asked).containsExactly("Bad.", "Fine");
        judge.answers.get(0).complete(false);
        assertThat(reader.events()).containsExactly(new Started("m", 2), CUT);
        judge.answers.get(1).complete(true);
        assertThat(reader.events())
                .containsExactly(
                        new Started("m", 2),
                        CUT,
                        new Text(1, "Fine"),
                        new Finished(1, FinishReason.STOP),
                        new Usage(1, 3));
    }

    @Test
    void theWorkOfAChoiceThatIsCutStopsWhenAllOthersHaveEnded() {
        ScriptedBackend backend = new ScriptedBackend(
                "m",
                Script.of(
                                new Started("m", 2),
                                new Text(0, "Bad."),
                                new Text(1, "Fine."),
                                new Finished(1, FinishReason.STOP),
                                new Text(0, "Unseen."))
                        .hangingAfter(5));
        RecordingReader reader = reading(backend);

        judge.answers.get(1).complete(true);
        judge.answers.get(0).complete(false);

        assertThat(reader.events()).contains(CUT, new Finished(1, FinishReason.STOP));
        assertThat(reader.completed()).isTrue();
        assertThat(backend.inProgress()).isZero();
    }

    @Test
    void reasoningAndArgumentsAreJudgedToo() {
        reading(saying(
                STARTED,
                new Thinking(0, "Well"),
                new Call(0, "1", "tool"),
                new Arguments(0, "{\"a\":1}"),
                new Finished(0, FinishReason.TOOL_CALLS),
                new Usage(1, 3)));

        assertThat(judge.asked).containsExactly("Well\n");
        judge.answer(true);
        assertThat(judge.asked.getLast()).isEqualTo("Well\n{\"a\":1}");
    }

    @Test
    void aSentenceWithoutEndIsJudgedWhenItIsLongAndALongReplyByItsEnd() throws Exception {
        List<String> asked = new ArrayList<>();
        String word = "tick ".repeat(100);
        judged(
                        new ScriptedBackend(
                                "m", Script.saying("m", word, word, word, word, word, word, word, word, word)),
                        text -> {
                            asked.add(text);
                            return CompletableFuture.completedFuture(true);
                        })
                .completion()
                .get();

        assertThat(asked).hasSize(9).startsWith(word, word + word);
        assertThat(asked.getLast()).hasSize(JudgedStream.MOST);
    }

    @Test
    void aLongPieceIsJudgedFromItsBeginning() {
        String piece = "Bad. " + "x".repeat(2 * JudgedStream.MOST) + ".";
        reading(saying(STARTED, new Text(0, "Fine."), new Text(0, piece), STOPPED, new Usage(1, 2)));
        judge.answer(true);

        assertThat(judge.asked.getLast()).isEqualTo(piece);
    }

    @Test
    void aModeratorThatFailsBreaksTheReplyOff() {
        ScriptedBackend backend = new ScriptedBackend(
                "m", Script.saying("m", "Fine.", "Who knows.", "More.").hangingAfter(4));
        RecordingReader reader = reading(backend);
        judge.answer(true);

        judge.answers
                .getLast()
                .completeExceptionally(new BackendException(BackendException.Kind.UPSTREAM, "no moderator there"));

        assertThat(reader.events()).containsExactly(STARTED, new Text(0, "Fine."));
        assertThat(reader.failure()).hasMessage("no moderator there");
        assertThat(backend.inProgress()).isZero();
    }

    @Test
    void aModeratorsFailureKeepsItsWordsWhereFuturesAreChained() {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        CompletionStream stream = judged(
                new ScriptedBackend("m", Script.saying("m", "Fine.")), _ -> answer.thenApply(isAllowed -> isAllowed));
        RecordingReader reader = RecordingReader.of(stream).request(Long.MAX_VALUE);

        answer.completeExceptionally(new BackendException(BackendException.Kind.UPSTREAM, "no moderator there"));

        assertThat(reader.failure()).hasMessage("no moderator there");
    }

    @Test
    void aModeratorThatThrowsBreaksTheReplyOff() {
        ScriptedBackend backend = new ScriptedBackend("m", Script.saying("m", "Fine.", "More."));

        RecordingReader reader = RecordingReader.toTheEndOf(judged(backend, _ -> {
            throw new IllegalStateException("broken");
        }));

        assertThat(reader.events()).containsExactly(STARTED);
        assertThat(reader.failure().kind()).isEqualTo(BackendException.Kind.INTERNAL);
        assertThat(backend.inProgress()).isZero();
    }

    @Test
    void whatCameBeforeAFailureIsShownIfItMayBe() {
        BackendException failure = new BackendException(BackendException.Kind.INTERNAL, "the script says so");
        RecordingReader reader = reading(new ScriptedBackend(
                "m", Script.saying("m", "Half a", " sentence").failingAfter(3, failure)));

        assertThat(reader.hasEnded()).isFalse();
        judge.answer(true);

        assertThat(reader.events()).containsExactly(STARTED, new Text(0, "Half a"), new Text(0, " sentence"));
        assertThat(reader.failure()).hasMessage("the script says so");
    }

    @Test
    void whoeverLeavesStopsTheWorkAndIsJudgedNoMore() {
        ScriptedBackend backend =
                new ScriptedBackend("m", Script.saying("m", "A.", "B.", "C.").hangingAfter(4));
        RecordingReader reader = reading(backend);

        reader.cancel();
        judge.answer(true);

        assertThat(judge.asked).containsExactly("A.");
        assertThat(backend.inProgress()).isZero();
        assertThat(reader.events()).containsExactly(STARTED);
    }
}
