package dev.runnel.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.runnel.engine.fixtures.LlamaShape;
import dev.runnel.engine.fixtures.TinyModels;
import dev.runnel.engine.fixtures.Vocabulary;
import dev.runnel.engine.gguf.GgufFile;
import dev.runnel.engine.gguf.TensorType;
import dev.runnel.engine.kernel.KernelChoice;
import dev.runnel.engine.kernel.Kernels;
import dev.runnel.engine.kernel.Matrix;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackedFileTest {

    @TempDir
    Path folder;

    private Path model;
    private Path packed;
    private float[] logits;
    private int arranged; // matrices, by the last start

    @BeforeEach
    void write() {
        assumeThat(KernelChoice.detect().kernels().name())
                .as("kernels that arrange matrices")
                .contains("vectors");
        model = folder.resolve("tiny.gguf");
        packed = folder.resolve("tiny.gguf.packed");
        write(TensorType.Q4_0, 7);
        logits = logitsWithoutKeeping();
    }

    private void write(TensorType type, int seed) {
        TinyModels.llama(LlamaShape.TINY, type, Vocabulary.BYTE_LEVEL, seed).write(model);
    }

    private float[] logitsWithoutKeeping() {
        return logits(Optional.empty());
    }

    /// Starts with what is kept beside the model.
    private float[] started() {
        return logits(Optional.of(model));
    }

    private float[] logits(Optional<Path> keptBeside) {
        LoadOptions plain = new LoadOptions(1 << 22, 256, 64);
        LoadOptions options = new LoadOptions(
                plain.cacheBytes(), plain.contextLength(), plain.batchTokens(), plain.cacheType(), false, keptBeside);
        arranged = 0;
        try (RunningModel running = RunningModel.open(GgufFile.open(model), counting(), 2, options)) {
            return running.logits(running.reserve(5), 1, 2, 3, 4, 5);
        }
    }

    /// The fastest kernels, which count the matrices that they arrange.
    private Kernels counting() {
        Kernels fastest = KernelChoice.detect().kernels();
        return (Kernels) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Kernels.class}, (_, method, arguments) -> {
                    try {
                        Object result = method.invoke(fastest, arguments);
                        arranged += result instanceof Matrix matrix && matrix.layout() == Matrix.Layout.PACKED ? 1 : 0;
                        return result;
                    } catch (InvocationTargetException failure) {
                        throw failure.getCause();
                    }
                });
    }

    @Test
    void theFirstStartKeepsWhatItArrangesAndTheNextReadsIt() throws IOException {
        assertThat(started()).isEqualTo(logits);
        assertThat(arranged).isPositive();
        byte[] kept = Files.readAllBytes(packed);

        assertThat(started()).isEqualTo(logits);

        assertThat(arranged).isZero();
        assertThat(isKept(kept)).isTrue();
        assertThat(filesInFolder()).containsExactly("tiny.gguf", "tiny.gguf.packed");
    }

    private boolean isKept(byte[] bytes) throws IOException {
        return Arrays.equals(Files.readAllBytes(packed), bytes);
    }

    private Stream<String> filesInFolder() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.0001, 0.001, 0.005, 0.3, 0.7, 0.99999})
    void aDamagedFileIsMadeAgain(double place) throws IOException {
        started();
        byte[] kept = Files.readAllBytes(packed);
        byte[] damaged = kept.clone();
        damaged[(int) (place * kept.length)] ^= 4;
        Files.write(packed, damaged);

        assertThat(started()).isEqualTo(logits);

        assertThat(isKept(kept)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.0001, 0.01, 0.5, 0.999})
    void aFileThatIsCutOffIsMadeAgain(double part) throws IOException {
        started();
        byte[] kept = Files.readAllBytes(packed);
        Files.write(packed, Arrays.copyOf(kept, (int) (part * kept.length)));

        assertThat(started()).isEqualTo(logits);

        assertThat(arranged).isPositive();
        assertThat(isKept(kept)).isTrue();
    }

    @Test
    void whatIsKeptOfAnotherModelIsNotTaken() throws IOException {
        started();
        FileTime time = Files.getLastModifiedTime(model);
        write(TensorType.Q4_0, 8);
        Files.setLastModifiedTime(model, time);
        float[] others = logitsWithoutKeeping();

        assertThat(others).isNotEqualTo(logits);
        assertThat(started()).isEqualTo(others);
        assertThat(arranged).isPositive();
    }

    @Test
    void aModelThatWasWrittenSinceIsArrangedAgain() throws IOException {
        started();
        Files.setLastModifiedTime(model, FileTime.fromMillis(1));

        assertThat(started()).isEqualTo(logits);

        assertThat(arranged).isPositive();
    }

    @Test
    void aPlaceThatCantBeWrittenIsNoHarm() throws IOException {
        Files.createDirectories(packed.resolve("occupied"));

        assertThat(started()).isEqualTo(logits);

        assertThat(filesInFolder()).containsExactly("tiny.gguf", "tiny.gguf.packed");
    }

    @Test
    void whereNothingIsArrangedNothingIsKept() {
        write(TensorType.Q8_0, 7);

        started();

        assertThat(packed).doesNotExist();
    }
}
