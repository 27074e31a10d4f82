package dev.runnel.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.testing.SharedData;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The definition that kernels are compared with gives what others computed, from weights as the kernels read them.
class ReferenceTest {

    @ParameterizedTest
    @CsvSource({
        "golden/quants/q-llama-F16.gguf, 1e-6", // F16 in the file
        "golden/models/llama3-ropefreqs.gguf, 1e-2" // F32 there, rounded
    })
    void theDefinitionGivesTheGoldenLogits(String model, double tolerance) {
        Path gguf = SharedData.require(model);
        Golden golden = Golden.beside(gguf);

        try (Arena arena = Arena.ofShared();
                GgufFile file = GgufFile.open(gguf)) {
            Model weights = Model.read(file, arena);
            for (Golden.Prompt prompt : golden.prompts()) {
                Reference reference = new Reference(weights, golden.context());
                double[] logits = {};
                for (int position = 0; position < prompt.tokens().length; position++) {
                    logits = reference.read(prompt.tokens()[position], position);
                }
                assertThat(Difference.between(prompt.logits(), logits).ofStandardDeviation())
                        .isLessThan(tolerance);
            }
        }
    }
}
