package dev.runnel.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.runnel.engine.fixtures.TinyModels;
import dev.runnel.engine.kernel.KernelChoice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Guesses are read with the same numbers as anything else, and leave nothing behind where they were wrong.
class GuessedTokensTest {

    @TempDir
    private static Path folder;

    private final int[] text = new Random(42).ints(80, 3, 400).toArray();
    private RunningModel running;

    @BeforeEach
    void open() throws IOException {
        Path file = folder.resolve("tiny.gguf");
        TinyModels.llama(42).write(file);
        running = RunningModel.open(file, KernelChoice.detect().kernels(), new LoadOptions(1 << 22, 128, 40));
    }

    @AfterEach
    void close() {
        running.close();
    }

    private float[][] rows(int count) {
        return new float[count][running.model().vocabularySize()];
    }

    @Test
    void logitsAfterGuessesAreTheSameBits() {
        float[][] expected = running.allLogits(text);

        float[][] rows = rows(30);
        float[] first = new float[rows[0].length];
        try (KvSequence sequence = running.reserve(80)) {
            running.logits(sequence, head(40));
            int[] guessed = text.clone();
            guessed[60] = 5;
            running.model().forward(List.of(new Slice(sequence, guessed, 40, 70, first, null, 29, rows)));

            assertThat(first).isEqualTo(expected[40]);
            for (int i = 0; i < 19; i++) {
                assertThat(rows[i]).isEqualTo(expected[41 + i]);
            }
            assertThat(sequence.length()).isEqualTo(41);
            sequence.keep(19);
            assertThat(sequence.length()).isEqualTo(60);
            for (int t = 60; t < 80; t++) {
                assertThat(running.logits(sequence, text[t])).isEqualTo(expected[t]);
            }
        }
    }

    private int[] head(int length) {
        return Arrays.copyOf(text, length);
    }

    @Test
    void guessesCanBeReadOneAfterAnother() {
        float[][] expected = running.allLogits(text);
        float[][] rows = rows(1);
        try (KvSequence sequence = running.reserve(80)) {
            running.logits(sequence, head(20));
            for (int t = 20; t < 50; t++) {
                running.model().forward(List.of(new Slice(sequence, text, t, t + 1, null, null, 1, rows)));
                assertThat(rows[0]).isEqualTo(expected[t]);
                assertThat(sequence.length()).isEqualTo(20);
            }
            sequence.keep(12);

            assertThat(running.logits(sequence, text[32])).isEqualTo(expected[32]);
        }
    }

    @Test
    void aPageIsSharedOnceItsTokensAreSure() {
        float[][] rows = rows(30);
        float[] first = new float[rows[0].length];
        try (KvSequence sequence = running.model().reserve(80, head(21)).orElseThrow()) {
            running.logits(sequence, head(20));
            running.model().forward(List.of(new Slice(sequence, text, 20, 50, first, null, 29, rows)));
            assertThat(begun(text)).isZero();

            sequence.keep(5);
            assertThat(begun(text)).isZero();

            int[] other = text.clone();
            other[26] = 7;
            running.model().forward(List.of(new Slice(sequence, other, 26, 40, first, null, 13, rows)));
            sequence.keep(13);
            assertThat(begun(text)).isEqualTo(26);
            assertThat(begun(other)).isEqualTo(32);
        }
    }

    /// Tokens of a text that the cache has.
    private int begun(int[] tokens) {
        try (KvSequence sequence = running.model().reserve(80, tokens).orElseThrow()) {
            return sequence.length();
        }
    }

    @Test
    void noMoreIsKeptThanWasGuessed() {
        try (KvSequence sequence = running.reserve(80)) {
            float[][] rows = rows(3);
            running.model().forward(List.of(new Slice(sequence, text, 0, 4, rows[0], null, 2, rows)));
            sequence.keep(1);

            assertThatThrownBy(() -> sequence.keep(2)).hasMessageContaining("2 guesses", "1 are left");
            running.logits(sequence, text[3]);
            assertThatThrownBy(() -> sequence.keep(1)).hasMessageContaining("0 are left");
        }
    }
}
