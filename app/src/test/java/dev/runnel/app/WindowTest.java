package dev.runnel.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowTest {

    @Test
    void aTextThatFitsIsOneWindow() {
        List<Window> windows = Window.of(10, 10, 1);

        assertThat(windows).containsExactly(new Window(0, 1, 10));
        assertThat(Window.cut(windows)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "10, 2", "11, 3", "100, 7", "100, 16", "1000, 256", "257, 256"})
    void eachTokenIsCountedOnceAfterAtLeastHalfAWindow(int tokens, int size) {
        for (int first : List.of(0, 1)) {
            List<Window> windows = Window.of(tokens, size, first);

            assertThat(windows.stream().flatMapToInt(window -> IntStream.range(window.from(), window.end())))
                    .containsExactlyElementsOf(
                            IntStream.range(first, tokens).boxed().toList());
            assertThat(windows).allSatisfy(window -> {
                assertThat(window.end() - window.start()).isLessThanOrEqualTo(size);
                assertThat(window.from() - window.start())
                        .isGreaterThanOrEqualTo(window.start() > 0 ? size / 2 : first);
            });
            assertThat(Window.cut(windows)).isEqualTo(Math.max(0, tokens - size));
        }
    }

    @Test
    void aContextInWhichNothingComesBeforeAnythingIsRefused() {
        MeasuredText text = new MeasuredText(List.of(1), List.of(7, 8, 9));

        assertThatThrownBy(() -> text.windows(1)).isInstanceOf(CommandFailure.class);
        assertThat(text.windows(2))
                .hasSize(3)
                .allSatisfy(window -> assertThat(text.tokens(window)).hasSize(2).startsWith(1));
    }
}
