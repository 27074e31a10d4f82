package dev.runnel.engine.constraint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.tokenizer.Tokenizer;
import dev.runnel.testing.SharedData;
import java.util.BitSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RealVocabularyTest {

    private static final String DOCUMENT = """
            {
              "title": "Ein schöner Tag – 美しい日 😀", "n": [0, -1.5e3, 12345678], "ok": true, "none": null,
              "nested": {"a\\"b": [[], {}, [{"x": "\\u00e9\\n"}]], "url": "https://example.org/?a=b&c=%20"}}""";

    @ParameterizedTest
    @ValueSource(strings = {"llama-3.1.gguf", "qwen3.gguf", "ggml-vocab-llama-spm.gguf"})
    void aDocumentIsAllowedInTheTokensThatItsTokenizerMakes(String vocabularyFile) {
        try (GgufFile file = GgufFile.open(SharedData.require("golden/tokenizers/" + vocabularyFile))) {
            Tokenizer tokenizer = Tokenizer.of(file);
            ConstraintVocabulary vocabulary =
                    ConstraintVocabulary.of(tokenizer.size(), tokenizer::bytes, tokenizer::isEndOfGeneration);
            // Some tokenizers put a space before the first word.
            Grammar grammar = Grammar.sequence(Grammar.optional(Grammar.literal(" ")), Grammar.jsonObject());
            ConstraintState state = Constraint.compile(grammar, vocabulary).start();

            for (int token : tokenizer.encode(DOCUMENT, false)) {
                assertThat(BitSet.valueOf(state.allowed()).get(token))
                        .as("token %d", token)
                        .isTrue();
                assertThat(state.accept(token)).isTrue();
            }

            assertThat(state.isComplete()).isTrue();
            assertThat(BitSet.valueOf(state.allowed()).stream()).isNotEmpty().allMatch(tokenizer::isEndOfGeneration);
        }
    }
}
