package dev.runnel.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteSinkTest {

    @Test
    void everyCharacterComesBackFromJson() {
        StringBuilder all = new StringBuilder();
        for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            if (codePoint < 0xD800 || codePoint > 0xDFFF) {
                all.appendCodePoint(codePoint);
            }
        }
        String text = all.toString();

        assertThat(TestJson.parse(new ByteSink(1).string(text).toByteArray())).isEqualTo(text);
    }

    @Test
    void nothingIsEscapedBeyondWhatJsonAsksFor() {
        StringBuilder text = new StringBuilder();
        for (char c = ' '; c < 0x3000; c++) {
            if (c != '"' && c != '\\') {
                text.append(c);
            }
        }

        assertThat(new ByteSink(1).escaped(text.toString()).toByteArray())
                .isEqualTo(text.toString().getBytes(UTF_8));
    }

    @Test
    void halfASurrogatePairBecomesAReplacement() {
        assertThat(written("a\ud83d")).isEqualTo("\"a\uFFFD\"");
        assertThat(written("\ude00a")).isEqualTo("\"\uFFFDa\"");
        assertThat(written("\ud83d\ud83d\ude00\ude00")).isEqualTo("\"\uFFFD😀\uFFFD\"");
    }

    @Test
    void itGrowsAsNeededFromAnySize() {
        Random random = new Random(42);
        for (int capacity = 0; capacity < 20; capacity++) {
            ByteSink out = new ByteSink(capacity);
            StringBuilder expected = new StringBuilder();
            for (int i = 0; i < 200; i++) {
                int number = random.nextInt(1 << random.nextInt(31));
                out.raw(",").index(number).raw(new byte[] {':'}).number(-number);
                expected.append(',').append(number).append(':').append(-number);
            }

            assertThat(new String(out.toByteArray(), UTF_8)).isEqualTo(expected.toString());
        }
    }

    @Test
    void clearingForgetsTheBytesAndKeepsTheArray() {
        ByteSink out = new ByteSink(8).raw("abc");
        byte[] array = out.array();

        out.clear();

        assertThat(out.isEmpty()).isTrue();
        assertThat(out.length()).isZero();
        assertThat(out.raw("d").array()).isSameAs(array);
        assertThat(out.toByteArray()).isEqualTo(new byte[] {'d'});
    }

    private static String written(String text) {
        return new String(new ByteSink(1).string(text).toByteArray(), UTF_8);
    }
}
