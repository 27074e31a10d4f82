package dev.runnel.engine.gguf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.fixtures.Damage;
import dev.runnel.engine.fixtures.GgufWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Damages sound files in every way it can think of: each either loads, and can be read through, or is
/// refused with a [ModelFileException]; nothing else happens.
class GgufFuzzTest {

    private static final int MUTATIONS = 100_000;

    @Test
    void aDamagedFileLoadsOrIsRefusedAndNothingElseHappens() {
        List<byte[]> sound = List.of(allKinds(3, 32), allKinds(2, 64), headsOnly());
        Random random = new Random(42);
        int loaded = 0;
        int refused = 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(8192);
            for (int i = 0; i < MUTATIONS; i++) {
                byte[] damaged = Damage.of(sound, random);
                // The file ends where the segment ends, so a read past it fails loudly.
                MemorySegment bytes = memory.asSlice(0, damaged.length).copyFrom(MemorySegment.ofArray(damaged));
                try {
                    readThrough(GgufFile.of("damaged.gguf", bytes));
                    loaded++;
                } catch (ModelFileException refusal) {
                    assertThat(refusal.getMessage())
                            .startsWith("damaged.gguf: ")
                            .doesNotContain("\n");
                    refused++;
                } catch (RuntimeException | Error failure) {
                    throw new AssertionError(
                            "mutation %d: %s".formatted(i, HexFormat.of().formatHex(damaged)), failure);
                }
            }
        }

        // A mutator that only ever makes one of both tests nothing.
        assertThat(loaded).isGreaterThan(MUTATIONS / 20);
        assertThat(refused).isGreaterThan(MUTATIONS / 3);
    }

    private static byte[] allKinds(int version, int alignment) {
        return new GgufWriter(version, alignment)
                .string("name", "Grüße")
                .integer("count", 2)
                .number("epsilon", 1e-5f)
                .flag("tied", true)
                .strings("tokens", List.of("a", "", "世"))
                .integers("types", 1, 2)
                .numbers("scores", 0, -1)
                .tensor("vector", TensorType.F32, new float[] {1, 2, 3}, 3)
                .tensor("matrix", TensorType.Q8_0, new float[64], 32, 2)
                .tensor("half", TensorType.F16, new float[8], 2, 2, 2)
                .toByteArray();
    }

    private static byte[] headsOnly() {
        return new GgufWriter()
                .tensor("a", TensorType.F32, new float[1], 1)
                .tensor("b", TensorType.Q4_0, new float[32], 32)
                .tensor("c", TensorType.BF16, new float[2], 1, 2)
                .toByteArray();
    }

    private static void readThrough(GgufFile file) {
        for (Tensor tensor : file.tensors()) {
            long sum = 0;
            for (long i = 0; i < tensor.data().byteSize(); i++) {
                sum += tensor.data().get(JAVA_BYTE, i);
            }
            assertThat(tensor.elements())
                    .as("elements, bytes that sum up to %d", sum)
                    .isPositive();
        }
        Metadata metadata = file.metadata();
        metadata.forEach((key, value) -> {
            switch (value) {
                case MetadataValue.Array array -> readArray(metadata, key, array);
                case MetadataValue.Text text ->
                    assertThat(metadata.requireString(key)).isEqualTo(text.text());
                case MetadataValue.Whole _ -> metadata.requireInteger(key, Integer.MIN_VALUE, Integer.MAX_VALUE);
                case MetadataValue.Real _ -> metadata.requireNumber(key);
                case MetadataValue.Flag flag -> assertThat(metadata.flag(key)).hasValue(flag.set());
            }
        });
    }

    private static void readArray(Metadata metadata, String key, MetadataValue.Array array) {
        int length = switch (array.elementType()) {
            case "string" -> metadata.strings(key).size();
            case "float32", "float64" -> metadata.floats(key).length;
            case "bool" -> metadata.flags(key).length;
            default -> metadata.ints(key).length;
        };
        assertThat(length).isEqualTo(array.length());
    }
}
