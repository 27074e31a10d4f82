package dev.runnel.app;

import static dev.runnel.app.NotebookScreen.time;

import dev.runnel.core.Completion;
import dev.runnel.core.TokenEvent;
import dev.runnel.lab.Timing;
import dev.runnel.lab.report.Table;
import dev.runnel.lab.report.Words;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// What the requests of a [NotebookStory] came to.
///
/// @param source what answered, in words
/// @param brief a streamed reply of a word or two
/// @param streamed the reply of `whole` once more
record NotebookFindings(String source, Whole whole, Streamed brief, Streamed streamed) {

    private static final double APART = 1.5;

    /// A reply that came when it was complete.
    ///
    /// @param took from the request to the reply
    record Whole(String prompt, Completion completion, Duration took) {}

    /// A reply that came piece by piece.
    ///
    /// @param events all of them, in order
    /// @param pieces when each piece came
    /// @param took from the request to the last event
    record Streamed(String prompt, List<TokenEvent> events, List<Duration> pieces, Timing timing, Duration took) {

        Streamed {
            events = List.copyOf(events);
            pieces = List.copyOf(pieces);
        }

        Completion completion() {
            return Completion.of(events);
        }
    }

    /// Whether both ways gave the same text.
    boolean isSame() {
        return whole.completion().text().equals(streamed.completion().text());
    }

    /// Whether the one took so much longer than the other that something else than streaming must have made it so.
    private boolean areApart() {
        double ratio = (double) whole.took().toNanos() / streamed.took().toNanos();
        return ratio > APART || ratio < 1 / APART;
    }

    /// What streaming changed, in sentences.
    List<String> verdict(Words words) {
        List<String> sentences = new ArrayList<>();
        if (streamed.pieces().isEmpty()) {
            sentences.add(words.say("silent"));
        } else {
            Duration first = streamed.pieces().getFirst();
            Duration last = streamed.pieces().getLast();
            int count = streamed.pieces().size();
            sentences.add(words.say("streamedDone", time(first), count, time(last), time(whole.took())));
            sentences.add(words.say("advantage", ratio(last, first)));
        }
        if (areApart()) {
            sentences.add(words.say("apart"));
        }
        sentences.add(words.say(isSame() ? "same" : "differs"));
        return sentences;
    }

    /// When the first words came, how even the flow was, and when the last came; a heading and a row for each way.
    List<List<String>> summary(Words words) {
        Timing timing = streamed.timing();
        return List.of(
                List.of(
                        "",
                        words.say("firstWords"),
                        words.say("gapMedian"),
                        words.say("gapP99"),
                        words.say("lastWords")),
                List.of(words.say("whole"), time(whole.took()), Table.NONE, Table.NONE, time(whole.took())),
                List.of(
                        words.say("streamed"),
                        timing.first().map(NotebookScreen::time).orElse(Table.NONE),
                        timing.gaps().map(gaps -> time(gaps.median())).orElse(Table.NONE),
                        timing.gaps().map(gaps -> time(gaps.p99())).orElse(Table.NONE),
                        timing.last().map(NotebookScreen::time).orElse(Table.NONE)));
    }

    /// What each reply cost; a heading and a row for each.
    List<List<String>> costs(Words words) {
        return List.of(
                List.of("", "prompt_tokens", "completion_tokens", "total_tokens"),
                cost(words.say("wholeCost"), whole.completion().usage()),
                cost(words.say("streamedCost"), streamed.completion().usage()),
                cost(words.say("briefCost"), brief.completion().usage()));
    }

    private static List<String> cost(String reply, TokenEvent.Usage usage) {
        return List.of(
                reply,
                String.valueOf(usage.promptTokens()),
                String.valueOf(usage.completionTokens()),
                String.valueOf(usage.totalTokens()));
    }

    private static String ratio(Duration longer, Duration shorter) {
        double ratio = (double) longer.toNanos() / Math.max(1, shorter.toNanos());
        return Figures.decimal(ratio, ratio < 9.95 ? 1 : 0);
    }
}
