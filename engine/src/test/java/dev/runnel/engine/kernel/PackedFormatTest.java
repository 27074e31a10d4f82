package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.runnel.engine.gguf.TensorType;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PackedFormatTest {

    /// Files are kept in this order: whoever changes it has to raise the number in the model package's `PackedFile`, or
    /// the next start reads them wrongly.
    @ParameterizedTest
    @CsvSource({
        "Q4_0, 1355336764",
        "Q4_1, 2680027567",
        "Q5_0, 3198360531",
        "Q5_1, 4173452946",
        "Q4_K, 403141808",
        "Q5_K, 2780913908",
        "Q6_K, 652597397"
    })
    void theOrderIsTheOneThatFilesAreKeptIn(TensorType type, long checksum) {
        Kernels kernels = KernelChoice.detect().kernels();
        Matrix stored = Numbers.matrix(new Random(42), type, 70, 768);
        assumeThat(kernels.arrangedBytes(stored))
                .as("bytes that these kernels arrange")
                .isPositive();

        Matrix packed = Numbers.arranged(kernels, stored);

        CRC32C sum = new CRC32C();
        sum.update(packed.data().asByteBuffer());
        assertThat(packed.data().byteSize()).isEqualTo(kernels.arrangedBytes(stored));
        assertThat(sum.getValue()).isEqualTo(checksum);
    }
}
