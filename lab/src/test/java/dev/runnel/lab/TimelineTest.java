package dev.runnel.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.BackendException;
import dev.runnel.core.CompletionRequest;
import dev.runnel.core.CompletionStream;
import dev.runnel.core.FinishReason;
import dev.runnel.core.Script;
import dev.runnel.core.ScriptedBackend;
import dev.runnel.core.TokenEvent;
import dev.runnel.core.TokenEvent.Finished;
import dev.runnel.core.TokenEvent.Started;
import dev.runnel.core.TokenEvent.Text;
import dev.runnel.core.TokenEvent.Thinking;
import dev.runnel.core.TokenEvent.Usage;
import dev.runnel.testing.RecordingReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TimelineTest {

    private long now = 1_000_000_000; // nanoseconds; anything but zero
    private final Timeline timeline = new Timeline(() -> now);
    private final List<TokenEvent> passedOn = new ArrayList<>();

    @Test
    void timesCountFromTheMakingOfTheTimeline() {
        after(millis(5), new Started("m", 1));
        after(millis(80), new Text(0, "a"));
        after(millis(20), new Text(0, "b"));

        Timing timing = timeline.timing();

        assertThat(timing.pieces()).isEqualTo(2);
        assertThat(timing.first()).contains(millis(85));
        assertThat(timing.last()).contains(millis(105));
        assertThat(timeline.pieces()).containsExactly(millis(85), millis(105));
    }

    @Test
    void gapsAreThoseThatOccurred() {
        after(millis(30), new Text(0, "first"));
        for (int i = 1; i <= 200; i++) {
            after(millis(i), new Text(0, "x"));
        }

        Timing.Gaps gaps = timeline.timing().gaps().orElseThrow();

        assertThat(gaps).isEqualTo(new Timing.Gaps(millis(100), millis(198), millis(200)));
    }

    @Test
    void aSingleGapIsItsOwnMedianAndWorst() {
        after(millis(1), new Text(0, "a"));
        after(millis(7), new Text(0, "b"));

        assertThat(timeline.timing().gaps()).contains(new Timing.Gaps(millis(7), millis(7), millis(7)));
    }

    @Test
    void reasoningCountsAsPiecesBecauseItIsWhatTheReaderSeesFirst() {
        after(millis(10), new Thinking(0, "hm"));
        after(millis(10), new Text(0, "yes"));

        assertThat(timeline.timing().pieces()).isEqualTo(2);
        assertThat(timeline.timing().first()).contains(millis(10));
    }

    @Test
    void theRateIsThatOfTheTokensAfterTheFirst() {
        after(millis(500), new Text(0, "a"));
        after(millis(100), new Text(0, "b"));
        after(millis(100), new Finished(0, FinishReason.STOP));
        after(millis(0), new Usage(7, 3));

        assertThat(timeline.timing().tokensPerSecond()).hasValue(10);
        assertThat(timeline.timing().usage()).contains(new Usage(7, 3));
    }

    @Test
    void noRateIsClaimedWhereNothingCanBeSaid() {
        after(millis(500), new Text(0, "a"));
        assertThat(timeline.timing().tokensPerSecond()).as("before the usage").isEmpty();

        after(millis(0), new Usage(7, 2));
        assertThat(timeline.timing().tokensPerSecond()).as("all in one moment").isEmpty();
    }

    @Test
    void aReplyWithoutPiecesHasNoTimes() {
        after(millis(5), new Started("m", 1));
        after(millis(5), new Finished(0, FinishReason.STOP));
        after(millis(5), new Usage(3, 1));

        assertThat(timeline.timing().first()).isEmpty();
        assertThat(timeline.timing().last()).isEmpty();
        assertThat(timeline.timing().gaps()).isEmpty();
        assertThat(timeline.timing()).hasToString("no piece; 1 token");
    }

    @Test
    void theLineSaysWhatIsKnownInThreeDigits() {
        after(millis(84), new Text(0, "a"));
        assertThat(timeline.timing()).hasToString("first piece 84.0 ms, last 84.0 ms");

        after(Duration.ofNanos(1_500), new Text(0, "b"));
        after(Duration.ofNanos(999_600), new Text(0, "c"));
        after(millis(3_154), new Usage(4, 121));

        assertThat(timeline.timing())
                .hasToString("first piece 84.0 ms, last 85.0 ms; 121 tokens, 38.0/s; "
                        + "gaps 1.50 µs, p99 1.00 ms, worst 1.00 ms");
    }

    @Test
    void noTimeAtAllIsAPlainNought() {
        assertThat(Timing.readable(Duration.ZERO)).isEqualTo("0 µs");
    }

    @Test
    void everyEventPassesUnchanged() {
        Script script = Script.saying("m", "Hel", "lo");
        var backend = new ScriptedBackend("m", script);

        List<TokenEvent> plain =
                RecordingReader.toTheEndOf(backend.complete(request())).events();
        List<TokenEvent> timed = RecordingReader.toTheEndOf(
                        backend.complete(request()).through(timeline))
                .events();

        assertThat(timed).isEqualTo(plain);
        assertThat(timeline.timing().pieces()).isEqualTo(2);
    }

    @Test
    void aStreamThatBreaksOffKeepsItsFailureAndTheTimesBeforeIt() {
        BackendException fault = new BackendException(BackendException.Kind.INTERNAL, "fault");
        var backend = new ScriptedBackend("m", Script.saying("m", "Hel", "lo").failingAfter(2, fault));
        CompletionStream timed = backend.complete(request()).through(timeline);

        RecordingReader reader = RecordingReader.toTheEndOf(timed);

        assertThat(reader.failure()).isSameAs(fault);
        assertThat(timeline.timing().pieces()).isEqualTo(1);
        assertThat(timeline.timing().usage()).isEqualTo(Optional.empty());
    }

    private static CompletionRequest request() {
        return CompletionRequest.of("m", "hi");
    }

    private static Duration millis(int millis) {
        return Duration.ofMillis(millis);
    }

    private void after(Duration wait, TokenEvent event) {
        now += wait.toNanos();
        timeline.accept(event, passedOn::add);
    }
}
