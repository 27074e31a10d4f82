package dev.runnel.engine.gguf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.fixtures.Damage;
import dev.runnel.engine.fixtures.GgufWriter;
import dev.runnel.testing.OtherDigits;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Models in several files, sound and not.
class SplitModelTest {

    private static final String FIRST = "m-00001-of-00003.gguf";
    private static final String SECOND = "m-00002-of-00003.gguf";
    private static final String THIRD = "m-00003-of-00003.gguf";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void anyPartOpensTheWholeModel(int opened) throws IOException {
        List<Path> files = model().writeSplit(folder, "m", 3);
        GgufFile whole = model().toFile();

        try (GgufFile file = GgufFile.open(files.get(opened))) {
            assertThat(file.name()).isEqualTo(files.get(opened).getFileName().toString());
            assertThat(file.modelName()).isEqualTo("m");
            assertThat(file.metadata().string("name")).hasValue("Grüße");
            assertThat(file.tensors()).extracting(Tensor::name).containsExactly("a", "b", "c", "d");
            for (Tensor tensor : file.tensors()) {
                assertThat(bytes(tensor))
                        .isEqualTo(bytes(whole.tensor(tensor.name()).orElseThrow()));
            }
            long bytes = 0;
            for (Path part : files) {
                bytes += Files.size(part);
            }
            assertThat(file.bytes()).isEqualTo(bytes);
        }
    }

    @Test
    void thePartsAreFoundWhateverDigitsTheUserWrites() throws IOException {
        List<Path> files = model().writeSplit(folder, "m", 3);

        try (OtherDigits _ = new OtherDigits();
                GgufFile file = GgufFile.open(files.getFirst())) {
            assertThat(file.tensors()).hasSize(4);
        }
    }

    @Test
    void aModelSplitIntoOneFileIsWhole() {
        GgufFile file = GgufFile.of(
                "any name", MemorySegment.ofArray(model().split(1).getFirst().toByteArray()));

        assertThat(file.tensors()).hasSize(4);
    }

    @ParameterizedTest
    @CsvSource({
        "m-00002-of-00003.gguf, m",
        "a-00001-of-00002-00001-of-00003.gguf, a-00001-of-00002",
        "m-0001-of-0003.gguf, m-0001-of-0003",
        "m.v2.gguf, m.v2",
        "m.bin, m.bin",
        ".gguf, .gguf"
    })
    void aModelIsCalledAsItsFileWithoutTheNumberOfThePart(String file, String model) {
        assertThat(SplitModel.modelName(file)).isEqualTo(model);
    }

    @Test
    void aMissingPartIsNamed() throws IOException {
        List<Path> files = model().writeSplit(folder, "m", 3);
        Files.delete(files.get(1));

        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> GgufFile.open(files.get(2)).close())
                .withMessage(THIRD + ": is part 3 of 3, and part 2, " + SECOND + ", is not beside it");
    }

    @Test
    void aPartThatIsNoModelIsNamed() {
        Map<String, MemorySegment> parts = parts(model());
        parts.put(THIRD, MemorySegment.ofArray(new byte[100]));

        refused(parts, FIRST, THIRD + ": not a GGUF file: it begins with the bytes 00 00 00 00, expected 47 47 55 46");
    }

    @ParameterizedTest
    @ValueSource(strings = {"m.gguf", "m-00001-of-00003.bin", "m-00001-of-00004.gguf", "m-00002-of-00003.gguf", "m"})
    void aPartUnderAnotherNameIsRefused(String name) {
        MemorySegment first = parts(model()).get(FIRST);

        refused(
                Map.of(name, first),
                name,
                name + ": is part 1 of 3 by its metadata, expected a name that ends in -00001-of-00003.gguf");
    }

    @Test
    void partsInEachOthersPlaceAreRefused() {
        Map<String, MemorySegment> parts = parts(model());
        parts.put(THIRD, parts.get(SECOND));

        refused(
                parts,
                FIRST,
                THIRD + ": is part 2 of 3 by its metadata, expected part 3 of 3 as " + FIRST + " needs it");
    }

    @Test
    void aWholeModelInAPartsPlaceIsRefused() {
        Map<String, MemorySegment> parts = parts(model());
        parts.put(SECOND, MemorySegment.ofArray(model().toByteArray()));

        refused(
                parts,
                FIRST,
                SECOND + ": is part 1 of 1 by its metadata, expected part 2 of 3 as " + FIRST + " needs it");
    }

    @Test
    void aPartOfAnotherModelIsRefused() {
        Map<String, MemorySegment> parts = parts(model());
        parts.put(
                SECOND,
                parts(model().tensor("e", TensorType.F32, new float[1], 1)).get(SECOND));

        refused(
                parts,
                FIRST,
                SECOND + ": is a part of another model than " + FIRST + ": its split.tensors.count differs");
    }

    @Test
    void aTensorInTwoPartsIsRefused() {
        Map<String, MemorySegment> parts = parts(model());
        parts.put(SECOND, part(1, 4, "a"));

        refused(parts, FIRST, SECOND + ": tensor a is in a part before this one too");
    }

    @Test
    void tensorsThatAreInNoPartAreMissed() {
        Map<String, MemorySegment> parts = parts(model());
        parts.put(THIRD, part(2, 4));

        refused(parts, FIRST, FIRST + ": the model's 3 parts hold 2 tensors, expected 4 as split.tensors.count says");
    }

    @Test
    void aNumberBeyondTheCountIsRefused() {
        refused(Map.of("m", part(3, 4, "a")), "m", "m: metadata key split.no is 3, expected 0 to 2");
    }

    /// Damages parts in every way [Damage] can think of: the model loads or is refused, and nothing else.
    @Test
    void damagedPartsLoadOrAreRefusedAndNothingElseHappens() {
        List<byte[]> sound =
                model().split(3).stream().map(GgufWriter::toByteArray).toList();
        Random random = new Random(7);
        int loaded = 0;
        for (int i = 0; i < 20_000; i++) {
            Map<String, MemorySegment> parts = parts(model());
            String damaged = List.of(FIRST, SECOND, THIRD).get(random.nextInt(3));
            parts.put(damaged, MemorySegment.ofArray(Damage.of(sound, random)));
            try {
                GgufFile file = GgufFile.ofParts(FIRST, parts);
                file.tensors().forEach(SplitModelTest::bytes);
                loaded++;
            } catch (ModelFileException refusal) {
                assertThat(refusal.getMessage()).startsWith("m-0000").doesNotContain("\n");
            }
        }

        assertThat(loaded).isBetween(20, 19_000);
    }

    private static GgufWriter model() {
        return new GgufWriter()
                .string("name", "Grüße")
                .tensor("a", TensorType.F32, new float[] {1, 2, 3}, 3)
                .tensor("b", TensorType.Q8_0, new float[64], 32, 2)
                .tensor("c", TensorType.F32, new float[] {4}, 1)
                .tensor("d", TensorType.F16, new float[] {5, 6}, 2);
    }

    private static Map<String, MemorySegment> parts(GgufWriter model) {
        List<GgufWriter> split = model.split(3);
        Map<String, MemorySegment> parts = new HashMap<>();
        for (int i = 0; i < 3; i++) {
            parts.put(
                    "m-0000%d-of-00003.gguf".formatted(i + 1),
                    MemorySegment.ofArray(split.get(i).toByteArray()));
        }
        return parts;
    }

    /// A part of three whose tensors are these.
    private static MemorySegment part(int number, int tensorCount, String... tensors) {
        GgufWriter part = new GgufWriter()
                .integer("split.no", number)
                .integer("split.count", 3)
                .integer("split.tensors.count", tensorCount);
        for (String tensor : tensors) {
            part.tensor(tensor, TensorType.F32, new float[1], 1);
        }
        return MemorySegment.ofArray(part.toByteArray());
    }

    private static byte[] bytes(Tensor tensor) {
        return tensor.data().toArray(JAVA_BYTE);
    }

    private static void refused(Map<String, MemorySegment> parts, String opened, String message) {
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> GgufFile.ofParts(opened, parts))
                .withMessage(message);
    }
}
