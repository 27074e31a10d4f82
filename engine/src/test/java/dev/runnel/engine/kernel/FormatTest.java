package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.gguf.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What numbers the bytes stand for, to the last bit.
class FormatTest {

    private static final int ALL_SHORTS = 1 << 16;

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

    @ParameterizedTest
    @MethodSource("kernels")
    void q8BlocksAreAScaleAndSignedBytes(Kernels kernels) {
        byte[] blocks = randomBlocks(34);
        float[] numbers = row(kernels, TensorType.Q8_0, 320, blocks);
        for (int i = 0; i < 320; i++) {
            int block = i / 32 * 34;
            double scale = f16((blocks[block] & 255) | (blocks[block + 1] & 255) << 8);
            double exact = scale * blocks[block + 2 + i % 32];
            assertThat(numbers[i] + 0.0).isEqualTo(exact + 0.0);
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void q4BlocksAreAScaleAndTwoHalvesOfNibbles(Kernels kernels) {
        byte[] blocks = randomBlocks(18);
        float[] numbers = row(kernels, TensorType.Q4_0, 320, blocks);
        for (int i = 0; i < 320; i++) {
            int block = i / 32 * 18;
            double scale = f16((blocks[block] & 255) | (blocks[block + 1] & 255) << 8);
            int pair = blocks[block + 2 + i % 16] & 255;
            int nibble = i % 32 < 16 ? pair % 16 : pair / 16;
            assertThat(numbers[i] + 0.0).isEqualTo(scale * (nibble - 8) + 0.0);
        }
    }

    /// Ten blocks with finite scales.
    private static byte[] randomBlocks(int blockBytes) {
        byte[] blocks = new byte[10 * blockBytes];
        new Random(42).nextBytes(blocks);
        for (int block = 0; block < blocks.length; block += blockBytes) {
            blocks[block + 1] &= (byte) 0xbb; // exponent below 31
        }
        return blocks;
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
