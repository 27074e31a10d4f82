package dev.runnel.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.fixtures.TinyModels;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

/// A control token is one only where its whole text is trusted.
class TrustedTextTest {

    private static final String START = "<|im_start|>";

    private final Tokenizer tokenizer = Tokenizer.of(TinyModels.llama(1).toFile());

    @Test
    void whatIsTrustedIsParsedAndTheRestIsText() {
        String text = START + "user\n" + START;
        BitSet trusted = new BitSet();
        trusted.set(0, START.length() + 5);

        int[] ids = tokenizer.encode(text, trusted);

        int[] control = tokenizer.encode(START, true);
        assertThat(control).hasSize(1);
        assertThat(ids).startsWith(control).endsWith(tokenizer.encode(START, false));
        assertThat(ids).containsOnlyOnce(control[0]);
    }

    @Test
    void aControlTokenThatAnotherWroteAPartOfIsText() {
        for (int missing = 0; missing < START.length(); missing++) {
            BitSet trusted = new BitSet();
            trusted.set(0, START.length());
            trusted.clear(missing);

            assertThat(tokenizer.encode(START, trusted))
                    .as("without character %d", missing)
                    .isEqualTo(tokenizer.encode(START, false));
        }
    }

    @Test
    void wordsGoAcrossTheBordersBetweenWriters() {
        String text = "the dog and the cat";
        BitSet trusted = new BitSet();
        trusted.set(2, 6);

        assertThat(tokenizer.encode(text, trusted)).isEqualTo(tokenizer.encode(text, false));
    }
}
