package dev.runnel.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Usage;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class BestOfTest {

    private static List<TokenLogprob> logprobs(double... values) {
        return java.util.Arrays.stream(values)
                .mapToObj(value -> new TokenLogprob(new TokenText("t", List.of()), OptionalDouble.of(value), List.of()))
                .toList();
    }

    private static final Script THREE = Script.of(
            new Started("m", 3),
            new Text(0, "unlikely", logprobs(-3, -3)),
            new Text(1, "likely", logprobs(-1)),
            new Text(2, "long", logprobs(-2, -2, -2)),
            new Text(1, "", logprobs(-1)),
            new Finished(2, FinishReason.LENGTH),
            new Finished(0, FinishReason.STOP),
            new Finished(1, FinishReason.STOP),
            new Usage(4, 7));

    private static Completion best(Script script, BestOf stage) throws Exception {
        return new ScriptedBackend("m", script)
                .complete(CompletionRequest.of("m", "?"))
                .through(stage)
                .completion()
                .get();
    }

    @Test
    void theMostProbableChoicesByTheirMeanComeOutInThatOrder() throws Exception {
        Completion best = best(THREE, new BestOf(2, false, false));

        assertThat(best.choices())
                .containsExactly(
                        new Completion.Choice("likely", "", FinishReason.STOP),
                        new Completion.Choice("long", "", FinishReason.LENGTH));
    }

    @Test
    void usageCountsAllOfThem() throws Exception {
        assertThat(best(THREE, new BestOf(1, false, false)).usage()).isEqualTo(new Usage(4, 7));
    }

    @Test
    void logprobsComeOutWhereTheyAreWanted() throws Exception {
        assertThat(best(THREE, new BestOf(1, true, false)).choices().getFirst().logprobs())
                .isEqualTo(logprobs(-1, -1));
    }

    @Test
    void anEchoedPromptSaysNothingAboutAChoice() throws Exception {
        Script echoed = Script.of(
                new Started("m", 2),
                new Text(0, "prompt a", logprobs(-9, -9, -1)),
                new Text(1, "prompt b c", logprobs(-9, -9, -2, -2)),
                new Finished(0, FinishReason.STOP),
                new Finished(1, FinishReason.STOP),
                new Usage(2, 3));

        assertThat(best(echoed, new BestOf(1, false, true)).text()).isEqualTo("prompt a");
    }

    @Test
    void anAnswerWithoutTokensIsTheWorst() throws Exception {
        Script empty = Script.of(
                new Started("m", 2),
                new Text(1, "x", logprobs(-50)),
                new Finished(0, FinishReason.STOP),
                new Finished(1, FinishReason.STOP),
                new Usage(2, 1));

        assertThat(best(empty, new BestOf(1, false, false)).text()).isEqualTo("x");
    }
}
