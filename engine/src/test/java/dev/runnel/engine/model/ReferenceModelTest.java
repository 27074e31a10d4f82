package dev.runnel.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.runnel.engine.gguf.GgufFile;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The judge of the families is judged itself, by what others computed in 64-bit arithmetic.
class ReferenceModelTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cohere2",
                "gemma",
                "gemma2",
                "gemma3",
                "gpt-oss-mxfp4",
                "granite",
                "llama",
                "llama-linear",
                "llama-yarn",
                "llama3-ropefreqs",
                "mixtral",
                "olmo2",
                "phi3",
                "phi4-partial-rotary",
                "qwen2",
                "qwen3",
                "qwen3moe",
                "smollm3"
            })
    void itGivesTheLogitsThatOthersComputed(String name) {
        GoldenModel golden = GoldenModel.read("models/" + name);
        for (GoldenModel.Prompt prompt : golden.prompts()) {
            try (GgufFile file = GgufFile.open(golden.file())) {
                double[][] logits = new ReferenceModel(file, prompt.context()).logits(prompt.tokens());
                for (int i = 0; i < prompt.logits().length; i++) {
                    assertThat(logits[prompt.tokens().length - 1][i])
                            .as("logit %d", i)
                            .isCloseTo(prompt.logits()[i], within(2e-4));
                }
            }
        }
    }
}
