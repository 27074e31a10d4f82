package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What numbers the bytes stand for, to the last bit.
class FormatTest {

    private static final int ALL_SHORTS = 1 << 16;

    /// Where a block holds numbers in F16.
    private static final Map<TensorType, List<Integer>> SCALES = Map.ofEntries(
            Map.entry(TensorType.Q8_0, List.of(0)),
            Map.entry(TensorType.Q4_0, List.of(0)),
            Map.entry(TensorType.Q4_1, List.of(0, 2)),
            Map.entry(TensorType.Q5_0, List.of(0)),
            Map.entry(TensorType.Q5_1, List.of(0, 2)),
            Map.entry(TensorType.Q2_K, List.of(80, 82)),
            Map.entry(TensorType.Q3_K, List.of(108)),
            Map.entry(TensorType.Q4_K, List.of(0, 2)),
            Map.entry(TensorType.Q5_K, List.of(0, 2)),
            Map.entry(TensorType.Q6_K, List.of(208)),
            Map.entry(TensorType.IQ4_NL, List.of(0)),
            Map.entry(TensorType.IQ4_XS, List.of(0)),
            Map.entry(TensorType.MXFP4, List.of()));

    static Stream<Kernels> kernels() {
        return Stream.of(KernelChoice.scalar(), KernelChoice.detect().kernels());
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void everyF16(Kernels kernels) {
        float[] numbers = row(kernels, TensorType.F16, ALL_SHORTS, allShorts());
        for (int half = 0; half < ALL_SHORTS; half++) {
            assertThat(Float.floatToIntBits(numbers[half]))
                    .as("half %04x", half)
                    .isEqualTo(Float.floatToIntBits(f16(half)));
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void everyF16IsTheSameWhenItIsMultiplied(Kernels kernels) {
        ByteBuffer rows = ByteBuffer.allocate(ALL_SHORTS * 32).order(ByteOrder.LITTLE_ENDIAN);
        for (int half = 0; half < ALL_SHORTS; half++) {
            rows.putShort(32 * half + 2 * (half % 16), (short) half); // 15 zeros beside it
        }
        Matrix matrix = new Matrix(TensorType.F16, ALL_SHORTS, 16, MemorySegment.ofArray(rows.array()));
        float[] ones = new float[16];
        Arrays.fill(ones, 1);
        float[] products = new float[ALL_SHORTS];

        Numbers.multiply(kernels, matrix, ones, 1, products, new Scratch(16));

        for (int half = 0; half < ALL_SHORTS; half++) {
            assertThat(Float.floatToIntBits(products[half]))
                    .as("half %04x", half)
                    .isEqualTo(Float.floatToIntBits(f16(half) + 0));
        }
    }

    /// The definition: sign, 5 bits of exponent, 10 of mantissa.
    private static float f16(int half) {
        int exponent = half >> 10 & 31;
        int mantissa = half & 1023;
        float magnitude = switch (exponent) {
            case 0 -> mantissa * 0x1p-24f;
            case 31 -> mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
            default -> Math.scalb(1024f + mantissa, exponent - 25);
        };
        return half >> 15 == 0 ? magnitude : -magnitude;
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void everyBF16(Kernels kernels) {
        float[] numbers = row(kernels, TensorType.BF16, ALL_SHORTS, allShorts());
        for (int upper = 0; upper < ALL_SHORTS; upper++) {
            assertThat(Float.floatToIntBits(numbers[upper]))
                    .as("bfloat %04x", upper)
                    .isEqualTo(Float.floatToIntBits(Float.intBitsToFloat(upper << 16)));
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void f32IsItself(Kernels kernels) {
        float[] numbers = {1.5f, -0f, Float.MIN_VALUE, Float.MAX_VALUE, Float.POSITIVE_INFINITY};
        ByteBuffer bytes = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(numbers);
        assertThat(Numbers.bits(row(kernels, TensorType.F32, 5, bytes.array()))).isEqualTo(Numbers.bits(numbers));
    }

    static Stream<Arguments> quantizedFormats() {
        return kernels()
                .flatMap(each -> each.matrixTypes().stream()
                        .filter(type -> type.blockElements() > 1)
                        .map(type -> Arguments.of(each, type)));
    }

    @ParameterizedTest
    @MethodSource("quantizedFormats")
    void aBlockIsTheExactNumbersOfItsDefinitionRoundedOnce(Kernels kernels, TensorType type) {
        int n = 80 * type.blockElements();
        byte[] blocks = new byte[80 * type.blockBytes()];
        new Random(42).nextBytes(blocks);
        for (int block = 0; block < blocks.length; block += type.blockBytes()) {
            for (int scale : SCALES.get(type)) {
                blocks[block + scale + 1] &= (byte) 0xbb; // exponent below 31
            }
        }

        assertDefined(type, row(kernels, type, n, blocks), blocks);
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void everyExponentOfMxfp4(Kernels kernels) {
        byte[] blocks = new byte[256 * 17];
        new Random(42).nextBytes(blocks);
        for (int e = 0; e < 256; e++) {
            blocks[17 * e] = (byte) e;
        }

        assertDefined(TensorType.MXFP4, row(kernels, TensorType.MXFP4, 256 * 32, blocks), blocks);
    }

    private static void assertDefined(TensorType type, float[] numbers, byte[] blocks) {
        float[] expected = new float[numbers.length];
        for (int i = 0; i < expected.length; i++) {
            int block = i / type.blockElements();
            expected[i] = Definition.of(type, blocks, block * type.blockBytes()).weight(i % type.blockElements());
        }
        for (int i = 0; i < expected.length; i++) {
            numbers[i] += 0; // exact numbers know no -0
        }
        assertThat(numbers).isEqualTo(expected);
    }

    private static byte[] allShorts() {
        ByteBuffer all = ByteBuffer.allocate(2 * ALL_SHORTS).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < ALL_SHORTS; i++) {
            all.putShort((short) i);
        }
        return all.array();
    }

    private static float[] row(Kernels kernels, TensorType type, int n, byte[] bytes) {
        float[] numbers = new float[n];
        kernels.row(new Matrix(type, 1, n, MemorySegment.ofArray(bytes)), 0, numbers, 0);
        return numbers;
    }
}
