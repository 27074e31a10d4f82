package dev.runnel.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.testing.SharedData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.SequenceLayout;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What Java and the kernels' source both say is the same in both.
class SourcesTest {

    private static final String DECODE = source("decode.cu");

    @Test
    void structsHaveTheFieldsThatTheKernelDeclares() {
        assertThat(fields(Structs.MATRIX)).isEqualTo(declared("Matrix"));
        assertThat(fields(Structs.MODEL)).isEqualTo(declared("Model"));
        assertThat(fields(Structs.RUN)).isEqualTo(declared("Run"));
        assertThat(fields(Structs.BEST)).isEqualTo(declared("Best"));
    }

    @Test
    void fieldsLieWhereACompilerPutsThem() {
        for (StructLayout struct : List.of(Structs.MATRIX, Structs.MODEL, Structs.RUN, Structs.BEST)) {
            long offset = 0;
            for (MemoryLayout field : struct.memberLayouts()) {
                assertThat(offset % field.byteAlignment()).as("%s", field).isZero();
                offset += field.byteSize();
            }
            assertThat(offset % struct.byteAlignment()).as("%s", struct).isZero();
        }
    }

    @Test
    void constantsAreThoseOfTheKernel() {
        assertThat(constant("LANES")).isEqualTo(Decoder.LANES);
        assertThat(constant("WARPS")).isEqualTo(Decoder.WARPS);
        assertThat(constant("SLOT_TILES")).isEqualTo(Decoder.SLOT_TILES);
        assertThat(constant("AT_ONCE")).isEqualTo(Decoder.UNITS_AT_ONCE);
        assertThat(constant("TILE_ROWS")).isEqualTo(Layout.TILE_ROWS);
        assertThat(DECODE).contains("TILE_COLUMNS = LANES * 8;", "MOST_SLOTS = 48 / SLOT_TILES;");
        assertThat(Layout.TILE_COLUMNS).isEqualTo(Decoder.LANES * 8);
        assertThat(Decoder.MOST_SLOTS).isEqualTo(48 / Decoder.SLOT_TILES);
    }

    @ParameterizedTest
    @CsvSource({
        "memory, memory.cu",
        "decode-f32-64x4, decode.cu",
        "decode-f16-64x4, decode.cu",
        "decode-f32-16x4, decode.cu"
    })
    void programsAreBuiltFromTheSourcesThatAreHere(String program, String source) {
        String sum = sha256(source(source) + source("instructions.cuh"));

        assertThat(Programs.ptx(program))
                .as("bench/cuda/build-ptx builds them anew")
                .endsWith("// of sources with SHA-256 " + sum + "\n")
                .contains(".target sm_90");
    }

    /// The fields of a struct in the kernel's source, each with `*` for a pointer, its bytes for a number, or the
    /// struct that it is an array of.
    private static List<String> declared(String struct) {
        Matcher body = Pattern.compile("struct " + struct + " \\{\n(.*?)\n\\};", Pattern.DOTALL)
                .matcher(DECODE);
        assertThat(body.find()).as(struct).isTrue();
        return Pattern.compile("^    ((?:const |unsigned )?[\\w ]+?)(\\*?) (\\w+)(\\[\\d+])?;", Pattern.MULTILINE)
                .matcher(body.group(1))
                .results()
                .map(field -> field.group(3) + " "
                        + (field.group(4) != null
                                ? field.group(1) + field.group(4)
                                : field.group(2).isEmpty() ? bytes(field.group(1)) : "*"))
                .toList();
    }

    private static String bytes(String type) {
        return switch (type) {
            case "int", "unsigned", "float" -> "4";
            case "long long" -> "8";
            default -> throw new AssertionError("a field of type " + type);
        };
    }

    private static List<String> fields(StructLayout struct) {
        return struct.memberLayouts().stream()
                .filter(field -> !(field instanceof PaddingLayout))
                .map(field -> field.name().orElseThrow() + " "
                        + switch (field) {
                            case SequenceLayout array -> "Matrix[%d]".formatted(array.elementCount());
                            case ValueLayout value when Structs.isPointer(value) -> "*";
                            default -> Long.toString(field.byteSize());
                        })
                .toList();
    }

    private static int constant(String name) {
        Matcher constant =
                Pattern.compile("constexpr int " + name + " = (\\d+);").matcher(DECODE);
        assertThat(constant.find()).as(name).isTrue();
        return Integer.parseInt(constant.group(1));
    }

    private static String source(String name) {
        try {
            return Files.readString(
                    SharedData.checkout().resolve("bench/cuda/src/main/cuda").resolve(name));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
