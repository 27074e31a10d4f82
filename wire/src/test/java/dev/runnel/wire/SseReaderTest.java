package dev.runnel.wire;

import static dev.runnel.core.BackendException.Kind.UPSTREAM;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.runnel.core.BackendException;
import dev.runnel.wire.SseReader.Event;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What clients were seen to stumble over, and the standard's own rules.
class SseReaderTest {

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void linesEndInThreeWays(String end) {
        assertThat(read("data: a" + end + end + "data: b" + end + end)).containsExactly(data("a"), data("b"));
    }

    @Test
    void theThreeWaysMix() {
        assertThat(read("data: a\r\n\ndata: b\r\rdata: c\n\r\ndata: d\n\n"))
                .containsExactly(data("a"), data("b"), data("c"), data("d"));
    }

    @Test
    void aLineFeedInTheNextReadBelongsToItsReturn() {
        SseReader reader = new SseReader();
        List<Event> events = new ArrayList<>();

        feed(reader, "data: a\r", events);
        feed(reader, "\ndata: b\r", events);
        feed(reader, "\n\r", events);
        feed(reader, "\n", events);

        assertThat(events).containsExactly(data("a\nb"));
    }

    @Test
    void aReturnEndsItsLineAtOnce() {
        assertThat(read("data: a\r\r")).containsExactly(data("a"));
    }

    @Test
    void theBlankAfterTheColonMayBeMissing() {
        assertThat(read("data:a\n\n")).containsExactly(data("a"));
    }

    @Test
    void onlyOneBlankAfterTheColonIsTaken() {
        assertThat(read("data:  a \n\n")).containsExactly(data(" a "));
    }

    @Test
    void severalDataLinesAreJoinedByLineFeeds() {
        assertThat(read("data: a\ndata:\ndata: b\n\n")).containsExactly(data("a\n\nb"));
    }

    @Test
    void aCharacterMayBeSplitOverTwoReads() {
        byte[] stream = "data: 你好😀\n\n".getBytes(UTF_8);

        for (int cut = 0; cut <= stream.length; cut++) {
            SseReader reader = new SseReader();
            List<Event> events = new ArrayList<>();
            reader.read(stream, 0, cut, events::add);
            reader.read(stream, cut, stream.length - cut, events::add);
            assertThat(events).as("cut at %d", cut).containsExactly(data("你好😀"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u2028", "\u2029", "\u0085", "\u000B", "\u000C"})
    void noOtherCharacterEndsALine(String character) {
        assertThat(read("data: a" + character + "b\n\n")).containsExactly(data("a" + character + "b"));
    }

    @Test
    void commentsAreNoEvents() {
        assertThat(read(": comment\n\n:\n\n: ping\ndata: a\n: ping\ndata: b\n\n"))
                .containsExactly(data("a\nb"));
    }

    @Test
    void aCommentAfterAnIdIsNoEvent() {
        assertThat(read("id: 1\ndata: a\n\n: comment\n\n\ndata: b\n\n")).containsExactly(data("a"), data("b"));
    }

    @Test
    void aLoneRetryIsNoEvent() {
        assertThat(read("retry: 3000\n\ndata: a\n\n")).containsExactly(data("a"));
    }

    @Test
    void anEventWithoutDataIsNone() {
        assertThat(read("event: ping\n\ndata: a\n\n")).containsExactly(data("a"));
    }

    @Test
    void anEventHasAType() {
        assertThat(read("event: error\ndata: {}\n\ndata: a\n\n")).containsExactly(new Event("error", "{}"), data("a"));
    }

    @Test
    void theLastTypeCounts() {
        assertThat(read("event: a\nevent:b\ndata: x\n\n")).containsExactly(new Event("b", "x"));
    }

    @Test
    void emptyDataIsAnEvent() {
        assertThat(read("data:\n\ndata\n\n")).containsExactly(data(""), data(""));
    }

    @Test
    void aByteOrderMarkAtTheStartIsPassedOver() {
        assertThat(read("\uFEFFdata: a\n\n")).containsExactly(data("a"));
    }

    @Test
    void aByteOrderMarkElsewhereIsText() {
        assertThat(read("data: \uFEFFa\n\n\uFEFFdata: b\n\n")).containsExactly(data("\uFEFFa"));
    }

    @Test
    void aTrailingBlankIsPartOfTheData() {
        assertThat(read("data: [DONE] \n\n")).containsExactly(data("[DONE] "));
    }

    @Test
    void fieldsItDoesNotKnowAndNamesThatOnlyLookKnownArePassedOver() {
        assertThat(read("foo: bar\nDATA: x\n data: y\ndata : z\ndata: a\n\n")).containsExactly(data("a"));
    }

    @Test
    void whatNoBlankLineEndsIsNoEvent() {
        assertThat(read("data: a\n\ndata: b\n")).containsExactly(data("a"));
        assertThat(read("data: a\n\ndata: b")).containsExactly(data("a"));
    }

    @Test
    void bytesThatAreNotUtf8BecomeReplacements() {
        byte[] stream = "data: a?b\n\n".getBytes(UTF_8);
        stream[7] = (byte) 0xFF;
        List<Event> events = new ArrayList<>();

        new SseReader().read(stream, 0, stream.length, events::add);

        assertThat(events).containsExactly(data("a\uFFFDb"));
    }

    @Test
    void onlyTheGivenPartOfTheArrayIsRead() {
        byte[] array = "xxdata: a\n\nyy".getBytes(UTF_8);
        List<Event> events = new ArrayList<>();

        new SseReader().read(array, 2, 9, events::add);

        assertThat(events).containsExactly(data("a"));
    }

    @Test
    void anEndlessLineIsAFailure() {
        SseReader reader = new SseReader();
        byte[] part = new byte[1 << 20];
        Arrays.fill(part, (byte) 'a');

        assertThat(overfed(reader, part))
                .hasMessage("the upstream sent an event of more than 16777216 bytes")
                .extracting(BackendException::kind)
                .isEqualTo(UPSTREAM);
    }

    @Test
    void anEndlessEventIsAFailure() {
        byte[] part = ("data: " + "a".repeat(1 << 20) + "\n").getBytes(UTF_8);

        assertThat(overfed(new SseReader(), part)).hasMessage("the upstream sent an event of more than 16777216 bytes");
    }

    @Test
    void anySplitOfAnyStreamGivesTheSameEvents() {
        Random random = new Random(42);
        String[] pieces = {
            "data: a",
            "data:",
            "data",
            "event: e",
            ": c",
            "\n",
            "\r",
            "\r\n",
            "\n\n",
            "\r\n\r\n",
            "你",
            "😀",
            " ",
            ":",
            "\uFEFF"
        };
        for (int round = 0; round < 3000; round++) {
            StringBuilder stream = new StringBuilder();
            for (int i = random.nextInt(30); i >= 0; i--) {
                stream.append(pieces[random.nextInt(pieces.length)]);
            }
            byte[] bytes = stream.toString().getBytes(UTF_8);

            SseReader reader = new SseReader();
            List<Event> events = new ArrayList<>();
            int length;
            for (int at = 0; at < bytes.length; at += length) {
                length = 1 + random.nextInt(bytes.length - at);
                reader.read(bytes, at, length, events::add);
            }

            assertThat(events).as("round %d: %s", round, stream).isEqualTo(read(stream.toString()));
        }
    }

    private static BackendException overfed(SseReader reader, byte[] part) {
        return catchThrowableOfType(BackendException.class, () -> {
            for (int i = 0; i < 20; i++) {
                reader.read(part, 0, part.length, _ -> {});
            }
        });
    }

    private static Event data(String data) {
        return new Event("", data);
    }

    private static List<Event> read(String stream) {
        List<Event> events = new ArrayList<>();
        feed(new SseReader(), stream, events);
        return events;
    }

    private static void feed(SseReader reader, String stream, List<Event> events) {
        byte[] bytes = stream.getBytes(UTF_8);
        reader.read(bytes, 0, bytes.length, events::add);
    }
}
