package dev.runnel.engine.gguf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.fixtures.GgufWriter;
import dev.runnel.engine.fixtures.LlamaShape;
import dev.runnel.engine.fixtures.Quantizer;
import dev.runnel.engine.fixtures.TinyModels;
import dev.runnel.engine.fixtures.Vocabulary;
import dev.runnel.testing.SharedData;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GgufFileTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"2, 32", "3, 32", "3, 8", "3, 64", "3, 4096"})
    void tensorsAreFoundInEveryVersionAndAlignment(int version, int alignment) {
        float[] odd = {1, 2, 3};
        float[] matrix = numbers(64);
        byte[] bytes = new GgufWriter(version, alignment)
                .tensor("odd", TensorType.F32, odd, 3)
                .tensor("matrix", TensorType.Q8_0, matrix, 32, 2)
                .toByteArray();

        GgufFile file = GgufFile.of("model.gguf", MemorySegment.ofArray(bytes));

        assertThat(file.tensors()).extracting(Tensor::name).containsExactly("odd", "matrix");
        assertThat(bytesOf(file.require("odd", 3))).isEqualTo(Quantizer.encode(TensorType.F32, odd));
        Tensor found = file.require("matrix", 32, 2);
        assertThat(found.type()).isEqualTo(TensorType.Q8_0);
        assertThat(found.elements()).isEqualTo(64);
        assertThat(bytesOf(found)).isEqualTo(Quantizer.encode(TensorType.Q8_0, matrix));
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16", "Q8_0", "Q4_0"})
    void aModelOnDiskIsReadAsItWasWritten(TensorType type) {
        Path path = folder.resolve("tiny.gguf");
        TinyModels.llama(LlamaShape.TINY, type, Vocabulary.SCORED, 7).write(path);

        try (GgufFile file = GgufFile.open(path)) {
            assertThat(file.name()).isEqualTo("tiny.gguf");
            assertThat(file.metadata().requireString("general.architecture")).isEqualTo("llama");
            assertThat(file.tensors()).hasSize(3 + 9 * LlamaShape.TINY.layers());
            assertThat(file.require("blk.1.ffn_down.weight", 128, 64).type()).isEqualTo(type);
            assertThat(file.require("output_norm.weight", 64).type()).isEqualTo(TensorType.F32);
        }
    }

    @Test
    void theSameSeedGivesTheSameModelAndAnotherSeedAnother() {
        byte[] model = TinyModels.llama(1).toByteArray();

        assertThat(TinyModels.llama(1).toByteArray()).isEqualTo(model);
        assertThat(TinyModels.llama(2).toByteArray()).isNotEqualTo(model);
    }

    @Test
    void weightsOfAFileAreOfTheSameClassAsThoseInMemory() {
        Path path = folder.resolve("mapped.gguf");
        TinyModels.llama(1).write(path);
        MemorySegment inMemory = Arena.ofAuto().allocate(1);

        try (GgufFile file = GgufFile.open(path)) {
            assertThat(file.tensors()).isNotEmpty().allSatisfy(tensor -> {
                assertThat(tensor.pages().isMapped()).isTrue();
                assertThat(tensor.data()).hasSameClassAs(inMemory);
                assertThat(tensor.data().mismatch(tensor.pages())).isEqualTo(-1);
            });
        }
    }

    @Test
    void aTensorIsReadOnlyAndGoneOnceTheFileIsClosed() throws IOException {
        Path path = folder.resolve("tiny.gguf");
        TinyModels.llama(1).write(path);
        Tensor tensor;
        try (GgufFile file = GgufFile.open(path)) {
            tensor = file.require("output_norm.weight", 64);
            assertThat(tensor.data().isReadOnly()).isTrue();
        }

        assertThatIllegalStateException().isThrownBy(() -> tensor.data().get(JAVA_BYTE, 0));
        Files.delete(path);
    }

    @Test
    void aMissingTensorOrAnotherShapeIsNamed() {
        GgufFile file = new GgufWriter()
                .tensor("a.weight", TensorType.F32, numbers(6), 3, 2)
                .toFile();

        assertThat(file.tensor("b.weight")).isEmpty();
        assertRefused(() -> file.require("b.weight", 3, 2))
                .hasMessage("fixture.gguf: tensor b.weight is missing, expected shape [3, 2]");
        assertRefused(() -> file.require("a.weight", 2, 3))
                .hasMessage("fixture.gguf: tensor a.weight has shape [3, 2], expected [2, 3]");
    }

    @Test
    void aFileThatIsNotThereOrAFolderIsRefusedByPath() {
        assertRefused(() -> GgufFile.open(folder.resolve("none.gguf")))
                .hasMessageEndingWith("none.gguf: there is no such file");
        assertRefused(() -> GgufFile.open(folder)).hasMessageContaining("can't be read");
    }

    @Test
    void metadataIsReadByType() {
        Metadata metadata = new GgufWriter()
                .string("name", "Grüße, 世界 \uFFFD")
                .integer("count", 42)
                .number("epsilon", 1e-5f)
                .flag("tied", true)
                .strings("tokens", List.of("a", "", "世"))
                .integers("types", 1, -2, 3)
                .numbers("scores", 0.5f, -1)
                .toFile()
                .metadata();

        assertThat(metadata.string("name")).hasValue("Grüße, 世界 \uFFFD");
        assertThat(metadata.integer("count", 0, 100)).hasValue(42);
        assertThat(metadata.requireInteger("count", 42, 42)).isEqualTo(42);
        assertThat(metadata.requireNumber("epsilon")).isEqualTo(1e-5f);
        assertThat(metadata.flag("tied")).hasValue(true);
        assertThat(metadata.strings("tokens")).containsExactly("a", "", "世");
        assertThat(metadata.ints("types")).containsExactly(1, -2, 3);
        assertThat(metadata.floats("scores")).containsExactly(0.5f, -1);
    }

    @Test
    void whatIsAbsentIsEmptyUnlessRequired() {
        Metadata metadata = new GgufWriter().toFile().metadata();

        assertThat(metadata.has("x")).isFalse();
        assertThat(metadata.string("x")).isEmpty();
        assertThat(metadata.integer("x", 0, 1)).isEmpty();
        assertThat(metadata.number("x")).isEmpty();
        assertThat(metadata.flag("x")).isEmpty();
        assertThat(metadata.strings("x")).isEmpty();
        assertThat(metadata.ints("x")).isEmpty();
        assertThat(metadata.floats("x")).isEmpty();
        assertThat(metadata.flags("x")).isEmpty();
        assertRefused(() -> metadata.requireString("x"))
                .hasMessage("fixture.gguf: metadata key x is missing, expected string");
        assertRefused(() -> metadata.requireInteger("x", 0, 1)).hasMessageContaining("missing");
        assertRefused(() -> metadata.requireNumber("x")).hasMessageContaining("missing");
    }

    @Test
    void theWrongTypeIsToldWithKeyFoundAndExpected() {
        Metadata metadata = new GgufWriter()
                .string("name", "x")
                .integers("sizes", 1, 2)
                .toFile()
                .metadata();

        assertRefused(() -> metadata.integer("name", 0, 1))
                .hasMessage("fixture.gguf: metadata key name is string, expected a whole number");
        assertRefused(() -> metadata.string("sizes"))
                .hasMessage("fixture.gguf: metadata key sizes is an array of int32, expected string");
        assertRefused(() -> metadata.strings("sizes"))
                .hasMessage("fixture.gguf: metadata key sizes is an array of int32, expected an array of string");
        assertRefused(() -> metadata.ints("name"))
                .hasMessage("fixture.gguf: metadata key name is string, expected an array of whole numbers");
        assertRefused(() -> metadata.floats("sizes")).hasMessageContaining("expected an array of float32");
        assertRefused(() -> metadata.flags("sizes")).hasMessageContaining("expected an array of bool");
        assertRefused(() -> metadata.number("name")).hasMessageContaining("expected float32");
        assertRefused(() -> metadata.flag("name")).hasMessageContaining("expected bool");
    }

    @Test
    void aNumberOutOfBoundsIsToldWithTheBounds() {
        Metadata metadata = new GgufWriter()
                .integer("heads", 0)
                .number("epsilon", Float.NaN)
                .numbers("scores", 1, Float.POSITIVE_INFINITY)
                .toFile()
                .metadata();

        assertRefused(() -> metadata.integer("heads", 1, 1024))
                .hasMessage("fixture.gguf: metadata key heads is 0, expected 1 to 1024");
        assertRefused(() -> metadata.number("epsilon"))
                .hasMessage("fixture.gguf: metadata key epsilon is NaN, expected a finite number");
        assertRefused(() -> metadata.floats("scores"))
                .hasMessage("fixture.gguf: metadata key scores holds Infinity, expected a finite number");
    }

    @Test
    void metadataIsShownInTheFilesOrder() {
        Metadata metadata = new GgufWriter()
                .string("z", "text")
                .number("epsilon", 1e-5f)
                .integer("a", -1)
                .flag("m", false)
                .numbers("b", 1, 2)
                .toFile()
                .metadata();
        Map<String, MetadataValue> shown = new LinkedHashMap<>();

        metadata.forEach(shown::put);

        assertThat(shown.keySet()).containsExactly("z", "epsilon", "a", "m", "b");
        assertThat(shown.values())
                .containsExactly(
                        new MetadataValue.Text("text"),
                        new MetadataValue.Real(1e-5),
                        new MetadataValue.Whole(BigInteger.valueOf(4_294_967_295L)),
                        new MetadataValue.Flag(false),
                        new MetadataValue.Array("float32", 2));
    }

    @Test
    void aVocabularyOf256ThousandTokensIsReadInWellUnderASecond() {
        List<String> tokens = new ArrayList<>();
        IntStream.range(0, 256_000).forEach(id -> tokens.add("token " + id));
        byte[] bytes = new GgufWriter()
                .strings("tokens", tokens)
                .numbers("scores", new float[256_000])
                .toByteArray();

        // The best of some, so that a busy machine doesn't fail it.
        long nanos = LongStream.generate(() -> nanosToRead(bytes, tokens))
                .limit(5)
                .min()
                .orElseThrow();

        assertThat(Duration.ofNanos(nanos)).isLessThan(Duration.ofMillis(500));
    }

    private static long nanosToRead(byte[] bytes, List<String> tokens) {
        long start = System.nanoTime();
        Metadata metadata =
                GgufFile.of("large.gguf", MemorySegment.ofArray(bytes)).metadata();
        List<String> read = metadata.strings("tokens");
        float[] scores = metadata.floats("scores");
        long nanos = System.nanoTime() - start;

        assertThat(read).isEqualTo(tokens);
        assertThat(scores).hasSize(tokens.size());
        return nanos;
    }

    @Test
    void filesThatOthersWroteAreRead() throws IOException {
        try (Stream<Path> files = Files.walk(SharedData.require("golden"))) {
            assertThat(files.filter(path -> path.toString().endsWith(".gguf")))
                    .hasSizeGreaterThan(40)
                    .allSatisfy(path -> {
                        try (GgufFile file = GgufFile.open(path)) {
                            assertThat(file.metadata().strings("tokenizer.ggml.tokens"))
                                    .isNotEmpty();
                        }
                    });
        }
    }

    private static float[] numbers(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = i * 0.25f - 3;
        }
        return numbers;
    }

    private static byte[] bytesOf(Tensor tensor) {
        return tensor.data().toArray(JAVA_BYTE);
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(ThrowingCallable action) {
        return assertThatThrownBy(action).isInstanceOf(ModelFileException.class);
    }
}
