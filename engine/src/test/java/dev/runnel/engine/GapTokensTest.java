package dev.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.fixtures.GgufWriter;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GapTokensTest {

    private static final int NORMAL = 1;
    private static final int CONTROL = 3;
    private static final int FIRST_SPECIAL = 0x144 - '!';

    private static Optional<GapTokens> of(GgufWriter writer, String... specials) {
        // A byte-level vocabulary has a character for each byte: Latin-1 and the 68 after it do.
        List<String> tokens = new ArrayList<>(
                IntStream.range('!', 0x144).mapToObj(Character::toString).toList());
        int normal = tokens.size();
        tokens.addAll(List.of(specials));
        GgufFile file = writer.string("general.architecture", "llama")
                .string("tokenizer.ggml.model", "gpt2")
                .string("tokenizer.ggml.pre", "gpt-2")
                .strings("tokenizer.ggml.tokens", tokens)
                .integers(
                        "tokenizer.ggml.token_type",
                        IntStream.range(0, tokens.size())
                                .map(id -> id < normal ? NORMAL : CONTROL)
                                .toArray())
                .strings("tokenizer.ggml.merges", List.of())
                .toFile();
        return GapTokens.of(file.metadata(), Tokenizer.of(file));
    }

    @Test
    void areThoseThatTheFileNames() {
        GgufWriter newer = new GgufWriter()
                .integer("tokenizer.ggml.fim_pre_token_id", 2)
                .integer("tokenizer.ggml.fim_suf_token_id", 0)
                .integer("tokenizer.ggml.fim_mid_token_id", 1);
        GgufWriter older = new GgufWriter()
                .integer("tokenizer.ggml.prefix_token_id", 1)
                .integer("tokenizer.ggml.suffix_token_id", 2)
                .integer("tokenizer.ggml.middle_token_id", 0);

        assertThat(of(newer)).contains(new GapTokens(2, 0, 1));
        assertThat(of(older)).contains(new GapTokens(1, 2, 0));
    }

    @ParameterizedTest
    @CsvSource({
        "<|fim_prefix|>, <|fim_middle|>, <|fim_suffix|>",
        "<fim_prefix>, <fim_middle>, <fim_suffix>",
        "<｜fim▁begin｜>, <｜fim▁end｜>, <｜fim▁hole｜>",
        "▁<PRE>, ▁<MID>, ▁<SUF>",
    })
    void elseThoseOfAKnownName(String prefix, String middle, String suffix) {
        assertThat(of(new GgufWriter(), prefix, middle, suffix))
                .contains(new GapTokens(FIRST_SPECIAL, FIRST_SPECIAL + 2, FIRST_SPECIAL + 1));
    }

    @Test
    void twoOfThreeAreNone() {
        assertThat(of(new GgufWriter(), "<|fim_prefix|>", "<|fim_suffix|>")).isEmpty();
        assertThat(of(new GgufWriter().integer("tokenizer.ggml.fim_pre_token_id", 2)))
                .isEmpty();
    }

    @Test
    void theyStandBeforeThePrefixTheSuffixAndTheMiddle() {
        assertThat(new GapTokens(7, 8, 9).around(new int[] {1, 2}, new int[] {3}))
                .containsExactly(7, 1, 2, 8, 3, 9);
    }
}
