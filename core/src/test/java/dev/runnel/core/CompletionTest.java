package dev.runnel.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.runnel.core.TokenEvent.Call;
import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Refusal;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Thinking;
import dev.runnel.core.TokenEvent.Usage;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CompletionTest {

    private static final Started STARTED = new Started("m", 1);
    private static final Finished FINISHED = new Finished(0, FinishReason.STOP);
    private static final Usage USAGE = new Usage(5, 3);

    @Test
    void piecesOfInterleavedChoicesAreJoinedEachToItsOwn() {
        Completion whole = Completion.of(List.of(
                new Started("m", 2),
                new Text(0, "a"),
                new Thinking(1, "hm"),
                new Text(1, "x"),
                new Text(0, "b"),
                new Finished(1, FinishReason.LENGTH),
                new Text(0, "c"),
                FINISHED,
                USAGE));

        assertThat(whole)
                .isEqualTo(new Completion(
                        "m",
                        List.of(
                                new Completion.Choice("abc", "", FinishReason.STOP),
                                new Completion.Choice("x", "hm", FinishReason.LENGTH)),
                        USAGE));
    }

    @Test
    void toolCallsRefusalsAndLogprobsAreFoldedToo() {
        TokenLogprob probable = new TokenLogprob(TokenText.of(new byte[] {'a'}), OptionalDouble.of(-0.5), List.of());

        Completion whole = Completion.of(List.of(
                STARTED,
                new Text(0, "a", List.of(probable)),
                new Text(0, "", List.of(probable)),
                new Refusal(0, "I "),
                new Refusal(0, "can't"),
                new Call(0, "call_1", "add"),
                new TokenEvent.Arguments(0, "{\"a\""),
                new TokenEvent.Arguments(0, ":1}"),
                new Call(0, "call_2", "now"),
                new TokenEvent.Arguments(0, "{}"),
                new Finished(0, FinishReason.TOOL_CALLS),
                USAGE));

        assertThat(whole.choices())
                .containsExactly(new Completion.Choice(
                        "a",
                        "",
                        "I can't",
                        List.of(new ToolCall("call_1", "add", "{\"a\":1}"), new ToolCall("call_2", "now", "{}")),
                        List.of(probable, probable),
                        FinishReason.TOOL_CALLS));
    }

    @Test
    void aStreamThatBreaksOffIsAFailureAndNotAShortAnswer() {
        assertThatThrownBy(() -> Completion.of(List.of(STARTED, new Text(0, "He😀"))))
                .isInstanceOf(BackendException.class)
                .hasMessage("the completion broke off after 3 characters");
    }

    @ParameterizedTest
    @MethodSource
    void eventsOutOfOrderAreRefused(List<TokenEvent> events, String fault) {
        assertThatThrownBy(() -> Completion.of(events))
                .isInstanceOf(BackendException.class)
                .hasMessageContaining(fault);
    }

    static Stream<Arguments> eventsOutOfOrderAreRefused() {
        return Stream.of(
                Arguments.of(List.of(STARTED, STARTED), "came twice"),
                Arguments.of(List.of(new Text(0, "a")), "not announced"),
                Arguments.of(List.of(STARTED, new Text(1, "a")), "not announced; there are 1"),
                Arguments.of(List.of(STARTED, FINISHED, new Text(0, "a")), "after its choice had finished"),
                Arguments.of(List.of(STARTED, FINISHED, FINISHED), "after its choice had finished"),
                Arguments.of(List.of(STARTED, USAGE), "before choice 0 had finished"),
                Arguments.of(
                        List.of(STARTED, new TokenEvent.Arguments(0, "{}")), "before its choice had called a tool"),
                Arguments.of(List.of(USAGE), "before the completion had started"),
                Arguments.of(List.of(STARTED, FINISHED, USAGE, USAGE), "after the usage"));
    }

    @Test
    void theFutureOfAStreamOutOfOrderFailsAndStopsTheWork() {
        ScriptedBackend backend =
                new ScriptedBackend("m", Script.of(STARTED, FINISHED, new Text(0, "late"), new Text(0, "later")));

        var future = backend.complete(CompletionRequest.of("m", "hi")).completion();

        assertThat(future).isCompletedExceptionally();
        assertThat(backend.inProgress()).isZero();
    }

    @Test
    void usagePartsCantExceedTheirWhole() {
        assertThatThrownBy(() -> new Usage(5, 6, 3, 0)).hasMessage("6 cached tokens are no part of 5 prompt tokens");
        assertThatThrownBy(() -> new Usage(5, 0, 3, -1))
                .hasMessage("-1 reasoning tokens are no part of 3 completion tokens");
    }
}
