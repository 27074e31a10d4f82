package dev.runnel.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.runnel.engine.fixtures.Json;
import dev.runnel.engine.fixtures.LlamaShape;
import dev.runnel.engine.fixtures.TinyModels;
import dev.runnel.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelLogitsTest {

    private static final List<Integer> TOKENS =
            IntStream.range(0, 50).mapToObj(i -> 10 + 7 * i).toList();

    @TempDir
    private Path folder;

    private ModelLogits tiny() {
        Path file = folder.resolve("tiny.gguf");
        TinyModels.llama(1).write(file);
        return ModelLogits.open(file);
    }

    @Test
    void everyTokenHasItsRowHoweverTheTextIsCut() {
        try (ModelLogits model = tiny()) {
            List<float[]> whole = rows(model, TOKENS.size());
            List<float[]> cut = rows(model, 7);

            assertThat(whole).hasSize(TOKENS.size());
            assertThat(whole.getFirst()).hasSize(model.vocabularySize());
            for (int i = 0; i < whole.size(); i++) {
                assertThat(cut.get(i)).isEqualTo(whole.get(i));
            }
        }
    }

    @Test
    void aTextThatDoesNotFitIsRefused() {
        try (ModelLogits model = tiny();
                ModelLogits.Reading reading = model.begin()) {
            reading.read(TOKENS, (_, _) -> {});
            List<Integer> tooMany =
                    IntStream.range(0, LlamaShape.TINY.context()).boxed().toList();

            assertThatThrownBy(() -> reading.read(tooMany, (_, _) -> {}))
                    .hasMessage("a text of 50 tokens was to grow by 256, expected at most 256 in all");
        }
    }

    @Test
    void whatIsNoModelIsRefused() {
        assertThatThrownBy(() -> ModelLogits.open(folder)).isInstanceOf(ModelFileException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen3", "mixtral", "phi3"})
    void tokensAreAsProbableAsToTheReference(String name) throws IOException {
        Path file = SharedData.require("golden/models/%s.gguf".formatted(name));
        Map<?, ?> golden =
                (Map<?, ?>) Json.parse(Files.readString(SharedData.require("golden/models/%s.json".formatted(name))));
        Map<?, ?> score = (Map<?, ?>) golden.get("score");
        List<Integer> tokens = ((List<?>) score.get("tokens"))
                .stream().map(token -> ((Number) token).intValue()).toList();
        List<Double> found = new ArrayList<>();

        try (ModelLogits model =
                        ModelLogits.open(file, EngineOptions.DEFAULT.withContextLength(256), LoadingListener.NONE);
                ModelLogits.Reading reading = model.begin()) {
            reading.read(
                    tokens.subList(0, tokens.size() - 1),
                    (index, row) -> found.add(
                            LogitDifference.of(row, row, tokens.get(index + 1)).referenceLogprob()));
        }

        List<?> expected = (List<?>) score.get("logprobs");
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            assertThat(found.get(i)).isCloseTo(((Number) expected.get(i)).doubleValue(), within(1e-4));
        }
    }

    private static List<float[]> rows(ModelLogits model, int at) {
        List<float[]> rows = new ArrayList<>();
        try (ModelLogits.Reading reading = model.begin()) {
            for (int from = 0; from < TOKENS.size(); from += at) {
                reading.read(
                        TOKENS.subList(from, Math.min(from + at, TOKENS.size())), (_, row) -> rows.add(row.clone()));
            }
        }
        return rows;
    }
}
