package dev.runnel.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.runnel.core.BackendException;
import dev.runnel.core.Prompt;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.TokenCodec;
import dev.runnel.core.TokenEvent.Usage;
import dev.runnel.core.TokenText;
import dev.runnel.lab.TokenCheck.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SummaryTest {

    @Test
    void percentilesAreThoseOfWhatWasMeasuredToThreeDigits() {
        Distribution ttft = summary(firstPiecesAfter(1, 2000)).ttft();

        assertThat(ttft.count()).isEqualTo(2000);
        assertThat(ttft.p50().orElseThrow()).isBetween(millis(1000), millis(1001));
        assertThat(ttft.p90().orElseThrow()).isBetween(millis(1800), millis(1802));
        assertThat(ttft.p99().orElseThrow()).isBetween(millis(1980), millis(1982));
        assertThat(ttft.p999().orElseThrow()).isBetween(millis(1998), millis(2000));
        assertThat(ttft.least()).isBetween(Duration.ofNanos(999_000), millis(1));
        assertThat(ttft.most()).isBetween(millis(2000), millis(2002));
        assertThat(ttft.mean()).isBetween(millis(1000), millis(1001));
        assertThat(ttft.deviation()).isBetween(millis(576), millis(579));
    }

    @Test
    void aPercentileThatRestsOnTooFewIsNotTold() {
        assertThat(summary(firstPiecesAfter(1, 20)).ttft().p90()).isPresent();
        assertThat(summary(firstPiecesAfter(1, 20)).ttft().p99()).isEmpty();
        assertThat(summary(firstPiecesAfter(1, 100)).ttft().p99()).isPresent();
        assertThat(summary(firstPiecesAfter(1, 999)).ttft().p999()).isEmpty();
        assertThat(summary(firstPiecesAfter(1, 1000)).ttft().p999()).isPresent();
        assertThat(summary(firstPiecesAfter(1, 1)).ttft().p50()).isEmpty();
    }

    @Test
    void nothingMeasuredIsNothingClaimed() {
        Summary nothing = Summary.of(List.of(), Duration.ZERO, Objective.NONE, Optional.empty());

        assertThat(nothing.requestThroughput()).isZero();
        assertThat(nothing.ttft().count()).isZero();
        assertThat(nothing.ttft().most()).isZero();
        assertThat(nothing.tokens()).isEmpty();
        assertThat(nothing.tokensPerPiece()).isZero();
    }

    @Test
    void tokensOfPiecesThatHoldSeveralAreCountedByTheUsage() {
        Summary summary = summary(List.of(measured(5, new Usage(10, 4, 20, 0), "x", OptionalInt.empty())));

        assertThat(summary.completionTokens()).isEqualTo(20);
        assertThat(summary.cachedTokens()).isEqualTo(4);
        assertThat(summary.tokensPerPiece()).isEqualTo(4);
        assertThat(summary.totalTokenThroughput()).isEqualTo(30);
    }

    @Test
    void aServerThatChargesLessThanThePiecesItSentIsFoundOut() {
        TokenCheck honest = check(measured(5, new Usage(1, 6), "xxxxx", OptionalInt.empty()), Optional.empty());
        TokenCheck lying = check(measured(5, new Usage(1, 2), "xxxxx", OptionalInt.empty()), Optional.empty());

        assertThat(honest).isEqualTo(new TokenCheck(Method.PIECES, 1, 1, 6, 5));
        assertThat(lying.agrees()).isFalse();
    }

    @Test
    void logprobsTellExactlyWhatMayBeChargedTheEndTokenIncluded() {
        assertThat(check(measured(2, new Usage(1, 7), "x", OptionalInt.of(7)), Optional.empty()))
                .isEqualTo(new TokenCheck(Method.LOGPROBS, 1, 1, 7, 7));
        assertThat(check(measured(2, new Usage(1, 8), "x", OptionalInt.of(7)), Optional.empty())
                        .agrees())
                .isTrue();
        assertThat(check(measured(2, new Usage(1, 9), "x", OptionalInt.of(7)), Optional.empty())
                        .agrees())
                .isFalse();
        assertThat(check(measured(2, new Usage(1, 0, 9, 2), "x", OptionalInt.of(7)), Optional.empty())
                        .agrees())
                .as("reasoning is not told by logprobs")
                .isTrue();
    }

    @Test
    void aTokenizerCountsTheTextAgainAndForgivesLittle() {
        Optional<TokenCodec> letters = Optional.of(new LetterCodec());
        String text = "x".repeat(100);

        assertThat(check(measured(9, new Usage(1, 101), text, OptionalInt.empty()), letters))
                .isEqualTo(new TokenCheck(Method.TOKENIZER, 1, 1, 101, 100));
        assertThat(check(measured(9, new Usage(1, 96), text, OptionalInt.empty()), letters)
                        .agrees())
                .isTrue();
        assertThat(check(measured(9, new Usage(1, 120), text, OptionalInt.empty()), letters)
                        .agrees())
                .isFalse();
    }

    @Test
    void ofAReplyThatIsNotAllTextOnlyItsPiecesAreCounted() {
        Measurement text = measured(9, new Usage(1, 120), "x".repeat(20), OptionalInt.of(20));
        Measurement more = new Measurement(
                0,
                text.due(),
                text.lag(),
                text.waited(),
                text.pieces(),
                text.e2el(),
                text.outcome(),
                text.text(),
                text.logprobTokens(),
                false);

        assertThat(check(text, Optional.of(new LetterCodec())).agrees()).isFalse();
        assertThat(check(more, Optional.of(new LetterCodec()))).isEqualTo(new TokenCheck(Method.PIECES, 1, 1, 120, 9));
    }

    @Test
    void ratiosAreOfNeighbouringRounds() {
        Series a = rounds("a", 100, 200, 100);
        Series b = rounds("b", 110, 200, 150);

        Optional<Ratio> ratio = Ratio.of(a, b, SummaryTest::firstPiece);

        assertThat(ratio).contains(new Ratio(1.1, 1, 1.5, 3));
        assertThat(Ratio.of(a, b, _ -> OptionalDouble.empty())).isEmpty();
        assertThat(Ratio.of(rounds("a", 100, 200), rounds("b", 110, 210), SummaryTest::firstPiece)
                        .orElseThrow()
                        .median())
                .isEqualTo((1.1 + 1.05) / 2);
    }

    @Test
    void aRoundThatWasCutOffIsNotCompared() {
        Series a = rounds("a", 100, 200);
        Series b = rounds("b", 110, 1);
        Round cut = new Round(2, millis(1), List.of(firstPieceAfter(1)), true);
        Series stopped = new Series(b.target(), b.load(), List.of(b.rounds().getFirst(), cut));

        assertThat(Ratio.of(a, stopped, SummaryTest::firstPiece)).contains(new Ratio(1.1, 1.1, 1.1, 1));
    }

    private static OptionalDouble firstPiece(Round round) {
        return OptionalDouble.of(
                (double) round.measurements().getFirst().ttft().orElseThrow().toMillis());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "ttft", "ttft:", "ttft:x", "ttft:-1", "ttft:0", "speed:3", "ttft:1:2", "ttft:1,", "itl:NaN"})
    void anObjectiveThatIsNoneIsRefusedWithWhatThereIs(String text) {
        assertThatThrownBy(() -> Objective.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected such as ttft:200 in milliseconds; there are ttft, itl, tpot, e2el");
    }

    @Test
    void anObjectiveReadsAndWritesItself() {
        assertThat(Objective.parse("e2el:3000, ttft:0.5")).hasToString("ttft <= 0.5 ms, e2el <= 3000.0 ms");
        assertThatThrownBy(() -> Objective.parse("ttft:1,ttft:2")).hasMessage("the objective names ttft twice");
    }

    private static Summary summary(List<Measurement> measurements) {
        return Summary.of(measurements, Duration.ofSeconds(1), Objective.NONE, Optional.empty());
    }

    private static TokenCheck check(Measurement measured, Optional<TokenCodec> tokenizer) {
        return Summary.of(List.of(measured), Duration.ofSeconds(1), Objective.NONE, tokenizer)
                .tokens()
                .orElseThrow();
    }

    private static List<Measurement> firstPiecesAfter(int least, int most) {
        return IntStream.rangeClosed(least, most)
                .mapToObj(SummaryTest::firstPieceAfter)
                .toList();
    }

    private static Measurement firstPieceAfter(int millis) {
        return new Measurement(
                0,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                List.of(millis(millis)),
                millis(millis),
                new Outcome.Complete(new Usage(1, 2), "stop"),
                "x",
                OptionalInt.empty(),
                true);
    }

    private static Measurement measured(int pieces, Usage usage, String text, OptionalInt logprobTokens) {
        return new Measurement(
                0,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                Collections.nCopies(pieces, millis(10)),
                millis(10),
                new Outcome.Complete(usage, "stop"),
                text,
                logprobTokens,
                true);
    }

    private static Series rounds(String name, int... firstPieceMillis) {
        List<Round> rounds = new ArrayList<>();
        for (int millis : firstPieceMillis) {
            rounds.add(new Round(rounds.size() + 1, millis(millis), List.of(firstPieceAfter(millis)), false));
        }
        Target target = new Target(name, new ScriptedBackend("m", Script.of()), "m", Target.Reading.STREAMED);
        return new Series(target, new Load.Closed(1, rounds.size()), rounds);
    }

    private static Duration millis(int millis) {
        return Duration.ofMillis(millis);
    }

    /// A vocabulary whose every letter is a token.
    private record LetterCodec() implements TokenCodec {

        @Override
        public List<Integer> tokenize(String text, boolean addSpecial, boolean parseSpecial) {
            return text.chars().boxed().toList();
        }

        @Override
        public String detokenize(List<Integer> tokens) {
            throw new UnsupportedOperationException();
        }

        @Override
        public TokenText token(int id) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String render(Prompt.Chat conversation) {
            throw new BackendException(BackendException.Kind.UNSUPPORTED, "no template");
        }

        @Override
        public List<Integer> read(Prompt prompt) {
            throw new UnsupportedOperationException();
        }
    }
}
