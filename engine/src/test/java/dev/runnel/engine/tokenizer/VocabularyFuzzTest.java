package dev.runnel.engine.tokenizer;

import static dev.runnel.engine.tokenizer.VocabularyFile.CONTROL;
import static dev.runnel.engine.tokenizer.VocabularyFile.NORMAL;
import static dev.runnel.engine.tokenizer.VocabularyFile.USER_DEFINED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.fixtures.Damage;
import dev.runnel.engine.gguf.GgufFile;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Damaged vocabularies: each either works, on any text, or is refused with a [ModelFileException].
class VocabularyFuzzTest {

    private static final int MUTATIONS = 20_000;

    @Test
    void aDamagedVocabularyWorksOrIsRefusedAndNothingElseHappens() {
        byte[] byteLevel = VocabularyFile.byteLevel("llama-bpe")
                .merge("t", "h")
                .merge("th", "e")
                .merge("Ġ", "the")
                .token("<s>", CONTROL)
                .token("<think>", USER_DEFINED)
                .with(keys -> keys.integer("tokenizer.ggml.eos_token_id", 259))
                .toByteArray();
        byte[] scored = VocabularyFile.scored()
                .token("▁", NORMAL, -9)
                .token("t", NORMAL, -8)
                .token("▁t", NORMAL, -7)
                .token("世界", NORMAL, -6)
                .token("<s>", CONTROL)
                .with(keys -> keys.integer("tokenizer.ggml.bos_token_id", 260))
                .toByteArray();
        Random random = new Random(42);
        int loaded = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] damaged = Damage.of(List.of(i % 2 == 0 ? byteLevel : scored), random);
            try {
                use(Tokenizer.of(GgufFile.of("damaged.gguf", MemorySegment.ofArray(damaged))));
                loaded++;
            } catch (ModelFileException refusal) {
                assertThat(refusal.getMessage()).startsWith("damaged.gguf: ").doesNotContain("\n");
            } catch (RuntimeException | Error failure) {
                throw new AssertionError("mutation " + i, failure);
            }
        }

        assertThat(loaded).isBetween(MUTATIONS / 20, MUTATIONS * 19 / 20);
    }

    private static void use(Tokenizer tokenizer) {
        for (int id : tokenizer.encode("<s><think> the\t世界 🦊\n\uD800", true)) {
            assertThat(id).isBetween(0, tokenizer.size() - 1);
        }
        for (int id = 0; id < tokenizer.size(); id++) {
            assertThat(tokenizer.bytesWithSpecial(id).length).isGreaterThanOrEqualTo(tokenizer.bytes(id).length);
        }
    }
}
