package dev.runnel.engine.reply;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.core.TokenEvent;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyTextTest {

    @Test
    void aCharacterLeavesWithTheTokenThatCompletesIt() {
        ReplyText reply = new ReplyText(List.of(), false);
        byte[] face = "😀".getBytes(UTF_8);

        assertThat(reply.add(new byte[] {'a', face[0]})).isEqualTo("a");
        assertThat(reply.add(new byte[] {face[1], face[2]})).isEmpty();
        assertThat(reply.add(new byte[] {face[3], 'b'})).isEqualTo("😀b");
        assertThat(reply.finish()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "e4bd, �", // an unfinished character at the end
        "f09f98, �",
        "61ff62, a�b",
        "c080, ��",
        "e28228a1, �(�",
        "f0808080, ����",
        "80, �",
        "c3c3a9, �é",
    })
    void aBrokenSequenceBecomesOneReplacementCharacter(String hex, String text) {
        byte[] bytes = HexFormat.of().parseHex(hex);

        ReplyText reply = new ReplyText(List.of(), false);
        StringBuilder pieces = new StringBuilder();
        for (byte b : bytes) {
            pieces.append(reply.add(new byte[] {b}));
        }
        pieces.append(reply.finish());

        assertThat(pieces).hasToString(text).hasToString(new String(bytes, UTF_8));
    }

    @Test
    void onlyTheLongestEndThatAStopStringBeginsWithIsHeldBack() {
        ReplyText reply = new ReplyText(List.of("END", "\n\n"), false);

        assertThat(reply.add(utf8("The E"))).isEqualTo("The ");
        assertThat(reply.add(utf8("N"))).isEmpty();
        assertThat(reply.add(utf8("E"))).isEqualTo("EN");
        assertThat(reply.add(utf8("x\n"))).isEqualTo("Ex");
        assertThat(reply.add(utf8("y"))).isEqualTo("\ny");
        assertThat(reply.add(utf8("\n"))).isEmpty();
        assertThat(reply.isStopped()).isFalse();
        assertThat(reply.finish()).isEqualTo("\n");
    }

    @Test
    void aStopStringInTheMiddleOfATokenEndsTheReplyBeforeIt() {
        ReplyText reply = new ReplyText(List.of("stop"), false);

        assertThat(reply.add(utf8("before stop after"))).isEqualTo("before ");
        assertThat(reply.isStopped()).isTrue();
        assertThat(reply.finish()).isEmpty();
    }

    @Test
    void aStopStringOverManyTokensIsFound() {
        ReplyText reply = new ReplyText(List.of("好的😀"), false);
        StringBuilder pieces = new StringBuilder();

        for (byte b : utf8("好好的的好的😀!")) {
            if (!reply.isStopped()) {
                pieces.append(reply.add(new byte[] {b}));
            }
        }

        assertThat(pieces).hasToString("好好的的");
        assertThat(reply.isStopped()).isTrue();
    }

    @Test
    void aStopStringThatOverlapsItselfIsFound() {
        ReplyText reply = new ReplyText(List.of("aab"), false);

        assertThat(reply.add(utf8("aa"))).isEmpty();
        assertThat(reply.add(utf8("a"))).isEqualTo("a");
        assertThat(reply.add(utf8("ab"))).isEqualTo("a");
        assertThat(reply.isStopped()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"abcd", "a|b|c|d", "ab|cd", "abc|d"})
    void theStopStringThatIsCompleteFirstWinsHoweverTheTextIsCut(String cut) {
        assertThat(read(cut, List.of("abcd", "bc"), false)).isEqualTo("a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"xabc", "x|a|b|c", "xab|c"})
    void ofStopStringsCompleteWithTheSameCharacterTheLongestWins(String cut) {
        assertThat(read(cut, List.of("bc", "abc", "c"), false)).isEqualTo("x");
    }

    @Test
    void halfASurrogatePairAsAStopStringNeverCutsACharacter() {
        assertThat(read("😀", List.of("\ude00", "\ud83d"), false)).isEqualTo("😀");
    }

    @Test
    void theLeadingSpaceIsDroppedOnceAndOnlyIfThereIsOne() {
        assertThat(read(" Hello| world", List.of(), true)).isEqualTo("Hello world");
        assertThat(read("| | x", List.of(), true)).isEqualTo(" x");
        assertThat(read("Hello", List.of(), true)).isEqualTo("Hello");
        assertThat(read(" Hello", List.of(), false)).isEqualTo(" Hello");
    }

    @Test
    void aDroppedSpaceIsNoPartOfAStopString() {
        assertThat(read(" x y", List.of(" "), true)).isEqualTo("x");
    }

    @Test
    void inAnyCutThePiecesAreTheDecodedReplyUpToItsFirstStopString() {
        Random random = new Random(42);
        String[] alphabet = {"a", "b", "ab", " ", "\n", "é", "中", "文", "中文", "😀", "👩‍👩‍👧", "\u0301"};
        for (int round = 0; round < 3000; round++) {
            byte[] bytes = randomBytes(random, alphabet);
            List<String> stops = randomStops(random, alphabet);
            boolean dropsSpace = random.nextInt(4) == 0;
            String whole = new String(bytes, UTF_8);
            if (dropsSpace && whole.startsWith(" ")) {
                whole = whole.substring(1);
            }
            String expected = cutAtTheFirstStop(whole, stops);

            ReplyText reply = new ReplyText(stops, dropsSpace);
            List<String> pieces = new ArrayList<>();
            int from = 0;
            while (from < bytes.length && !reply.isStopped()) {
                int to = Math.min(bytes.length, from + random.nextInt(5));
                pieces.add(reply.add(Arrays.copyOfRange(bytes, from, to)));
                from = to;
                assertThat(expected).startsWith(String.join("", pieces));
            }
            pieces.add(reply.finish());

            assertThat(String.join("", pieces)).as("%s with %s", whole, stops).isEqualTo(expected);
            assertThat(reply.isStopped()).isEqualTo(!expected.equals(whole));
            assertThat(pieces)
                    .allSatisfy(piece -> assertThat(new String(utf8(piece), UTF_8))
                            .as("whole code points")
                            .isEqualTo(piece));
        }
    }

    /// What is held back is needed: some stop string begins with it. And it is enough: nothing longer would
    /// do.
    @Test
    void nothingIsHeldBackThatNoStopStringBeginsWith() {
        Random random = new Random(7);
        for (int round = 0; round < 1000; round++) {
            List<String> stops = randomStops(random, new String[] {"a", "b", "c"});
            ReplyText reply = new ReplyText(stops, false);
            StringBuilder read = new StringBuilder();
            StringBuilder given = new StringBuilder();
            while (read.length() < 30) {
                String token = "abc".charAt(random.nextInt(3)) + "";
                read.append(token);
                given.append(reply.add(utf8(token)));
                if (reply.isStopped()) {
                    break;
                }
                int longest = 0;
                for (String stop : stops) {
                    for (int n = 1; n < stop.length(); n++) {
                        if (read.toString().endsWith(stop.substring(0, n))) {
                            longest = Math.max(longest, n);
                        }
                    }
                }
                assertThat(read.length() - given.length())
                        .as("%s with %s", read, stops)
                        .isEqualTo(longest);
            }
        }
    }

    /// The definition, on the whole text: the first end of a stop string, and there the longest.
    private static String cutAtTheFirstStop(String whole, List<String> stops) {
        for (int end = 1; end <= whole.length(); end++) {
            String read = whole.substring(0, end);
            int longest = stops.stream()
                    .filter(read::endsWith)
                    .mapToInt(String::length)
                    .max()
                    .orElse(0);
            if (longest > 0) {
                return read.substring(0, end - longest);
            }
        }
        return whole;
    }

    private static String read(String cut, List<String> stops, boolean dropsSpace) {
        ReplyText reply = new ReplyText(stops, dropsSpace);
        StringBuilder pieces = new StringBuilder();
        for (String token : cut.split("\\|", -1)) {
            if (!reply.isStopped()) {
                pieces.append(reply.add(utf8(token)));
            }
        }
        return pieces.append(reply.finish()).toString();
    }

    private static byte[] randomBytes(Random random, String[] alphabet) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int parts = random.nextInt(25);
        for (int i = 0; i < parts; i++) {
            switch (random.nextInt(12)) {
                case 0 -> bytes.write(random.nextInt(256));
                case 1 -> bytes.write(utf8("😀"), 0, random.nextInt(4));
                default -> bytes.writeBytes(utf8(alphabet[random.nextInt(alphabet.length)]));
            }
        }
        return bytes.toByteArray();
    }

    private static List<String> randomStops(Random random, String[] alphabet) {
        List<String> stops = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            StringBuilder stop = new StringBuilder();
            for (int n = random.nextInt(1, 5); n > 0; n--) {
                stop.append(alphabet[random.nextInt(alphabet.length)]);
            }
            stops.add(stop.toString());
        }
        return stops;
    }

    /// A reader of text alone: bytes in, pieces out.
    private static final class ReplyText {

        private final ReplyReader reader;

        ReplyText(List<String> stops, boolean dropsLeadingSpace) {
            Dialect plain = new Dialect(Optional.empty(), CallSyntax.UNKNOWN);
            ReplyFormat format =
                    new ReplyFormat(plain, _ -> ReplyFormat.NO_TOKEN, false, Set.of(), stops, dropsLeadingSpace);
            reader = new ReplyReader(format, 0, _ -> "");
        }

        String add(byte[] token) {
            StringBuilder text = new StringBuilder();
            reader.token(0, token, null, event -> text.append(((TokenEvent.Text) event).text()));
            return text.toString();
        }

        String finish() {
            StringBuilder text = new StringBuilder();
            reader.finish(event -> text.append(((TokenEvent.Text) event).text()));
            return text.toString();
        }

        boolean isStopped() {
            return reader.isStopped();
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }
}
