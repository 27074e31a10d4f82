package dev.runnel.engine.gguf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.ModelFileException;
import dev.runnel.engine.fixtures.GgufWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Damages sound files in every way it can think of: each either loads, and can be read through, or is
/// refused with a [ModelFileException]; nothing else happens.
class GgufFuzzTest {

    private static final int MUTATIONS = 100_000;

    private static final long[] EDGES = {
        0,
        1,
        2,
        3,
        4,
        7,
        8,
        9,
        31,
        32,
        33,
        63,
        255,
        256,
        65_535,
        65_536,
        Integer.MAX_VALUE,
        1L << 31,
        0xFFFF_FFFFL,
        1L << 32,
        1L << 40,
        1L << 48,
        1L << 61,
        1L << 62,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -1,
        -2,
        -8,
        -32
    };

    @Test
    void aDamagedFileLoadsOrIsRefusedAndNothingElseHappens() {
        List<byte[]> sound = List.of(allKinds(3, 32), allKinds(2, 64), headsOnly());
        Random random = new Random(42);
        int loaded = 0;
        int refused = 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(8192);
            for (int i = 0; i < MUTATIONS; i++) {
                byte[] damaged = damage(sound, random);
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

    private static byte[] damage(List<byte[]> sound, Random random) {
        byte[] bytes = sound.get(random.nextInt(sound.size())).clone();
        int times = 1 + random.nextInt(3);
        for (int i = 0; i < times && bytes.length > 0; i++) {
            bytes = switch (random.nextInt(5)) {
                case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
                case 1 -> flipped(bytes, random);
                case 2 -> edge(bytes, random);
                case 3 -> spliced(bytes, sound.get(random.nextInt(sound.size())), random);
                default -> noise(bytes, random);
            };
        }
        return bytes;
    }

    private static byte[] flipped(byte[] bytes, Random random) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        return bytes;
    }

    /// Writes an edge value over four or eight bytes.
    private static byte[] edge(byte[] bytes, Random random) {
        long value = EDGES[random.nextInt(EDGES.length)];
        int width = random.nextBoolean() ? Integer.BYTES : Long.BYTES;
        int at = random.nextInt(bytes.length);
        for (int i = 0; i < width && at + i < bytes.length; i++) {
            bytes[at + i] = (byte) (value >>> (8 * i));
        }
        return bytes;
    }

    /// The start of one file and the end of another, or of itself.
    private static byte[] spliced(byte[] head, byte[] tail, Random random) {
        int keep = random.nextInt(head.length + 1);
        int from = random.nextBoolean() ? Math.min(keep, tail.length) : random.nextInt(tail.length + 1);
        byte[] spliced = Arrays.copyOf(head, keep + tail.length - from);
        System.arraycopy(tail, from, spliced, keep, tail.length - from);
        return spliced;
    }

    private static byte[] noise(byte[] bytes, Random random) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        return bytes;
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
