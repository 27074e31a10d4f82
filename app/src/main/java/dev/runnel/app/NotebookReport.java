package dev.runnel.app;

import static dev.runnel.app.NotebookScreen.time;

import dev.runnel.app.NotebookFindings.Streamed;
import dev.runnel.app.NotebookFindings.Whole;
import dev.runnel.lab.report.Axis;
import dev.runnel.lab.report.Bars;
import dev.runnel.lab.report.Block;
import dev.runnel.lab.report.Distribution;
import dev.runnel.lab.report.Language;
import dev.runnel.lab.report.Numbers;
import dev.runnel.lab.report.Prose;
import dev.runnel.lab.report.Report;
import dev.runnel.lab.report.Section;
import dev.runnel.lab.report.Table;
import dev.runnel.lab.report.Timelines;
import dev.runnel.lab.report.Words;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The findings of `runnel notebook` as a page with pictures.
final class NotebookReport {

    private final NotebookFindings findings;
    private final Words words;

    private NotebookReport(NotebookFindings findings, Words words) {
        this.findings = findings;
        this.words = words;
    }

    static Report of(NotebookFindings findings, Language language, Words words) {
        NotebookReport report = new NotebookReport(findings, words);
        return new Report(
                language,
                words.say("title"),
                String.join(" ", findings.verdict(words)),
                List.of(
                        new Section(words.say("summary"), table(findings.summary(words)), report.waiting()),
                        report.wholeReply(),
                        report.chunkByChunk(),
                        report.streamedReply(),
                        report.cost(),
                        new Section(words.say("howMeasured"), new Prose(words.say("measured", findings.source())))));
    }

    private Section wholeReply() {
        Whole whole = findings.whole();
        return new Section(
                words.say("part1"),
                new Prose(words.say("about1")),
                new Prose(whole.prompt(), Prose.Kind.QUOTATION),
                new Prose(whole.completion().text(), Prose.Kind.QUOTATION),
                new Prose(words.say("wholeDone", time(whole.took()))));
    }

    private Section chunkByChunk() {
        List<List<String>> rows = new ArrayList<>();
        for (var event : findings.brief().events()) {
            NotebookStory.chunk(event).ifPresent(chunk -> rows.add(List.of(String.valueOf(rows.size() + 1), chunk)));
        }
        return new Section(
                words.say("part2"),
                new Prose(words.say("about2")),
                new Prose(findings.brief().prompt(), Prose.Kind.QUOTATION),
                new Table("", List.of("", words.say("chunk")), rows));
    }

    private Section streamedReply() {
        List<Block> blocks = new ArrayList<>();
        blocks.add(new Prose(words.say("about3")));
        findings.verdict(words).forEach(sentence -> blocks.add(new Prose(sentence)));
        blocks.add(timelines());
        blocks.add(new Distribution(
                words.say("gapsTitle"),
                words.say("gapsCaption"),
                Axis.time(words.say("gapsAxis")),
                List.of(new Distribution.Series(
                        words.say("gaps"), gaps(findings.streamed().pieces())))));
        return new Section(words.say("part3"), blocks);
    }

    private Bars waiting() {
        double whole = seconds(findings.whole().took());
        double first = findings.streamed()
                .timing()
                .first()
                .map(NotebookReport::seconds)
                .orElse(0.0);
        double last =
                findings.streamed().timing().last().map(NotebookReport::seconds).orElse(0.0);
        return new Bars(
                words.say("waitingTitle"),
                "",
                Axis.time(words.say("sinceRequest")),
                List.of(words.say("waiting"), words.say("reading")),
                List.of(
                        new Bars.Bar(words.say("whole"), Numbers.of(whole, 0)),
                        new Bars.Bar(words.say("streamed"), Numbers.of(first, last - first))));
    }

    private Timelines timelines() {
        Streamed streamed = findings.streamed();
        double whole = seconds(findings.whole().took());
        return new Timelines(
                words.say("timelinesTitle"),
                "",
                Axis.time(words.say("sinceRequest")),
                List.of(
                        new Timelines.Stream(words.say("whole"), 0, Numbers.of(whole), whole, Optional.empty()),
                        new Timelines.Stream(
                                words.say("streamed"),
                                0,
                                Numbers.ofDurations(streamed.pieces()),
                                seconds(streamed.took()),
                                Optional.empty())));
    }

    private static Numbers gaps(List<Duration> pieces) {
        List<Duration> gaps = new ArrayList<>();
        for (int i = 1; i < pieces.size(); i++) {
            gaps.add(pieces.get(i).minus(pieces.get(i - 1)));
        }
        return Numbers.ofDurations(gaps);
    }

    private Section cost() {
        return new Section(words.say("part4"), new Prose(words.say("about4")), table(findings.costs(words)));
    }

    /// @param rows the first with the titles of the columns
    private static Table table(List<List<String>> rows) {
        return new Table("", rows.getFirst(), rows.subList(1, rows.size()));
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }
}
