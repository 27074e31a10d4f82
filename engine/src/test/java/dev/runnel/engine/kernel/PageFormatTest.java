package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.runnel.engine.CacheType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is read of a page is, to the bit, what a plain loop makes of what was written.
class PageFormatTest {

    private static final int BEFORE = 64;

    @ParameterizedTest
    @CsvSource({"64, 64", "128, 128", "6, 10", "80, 33", "1, 1"})
    void bytesAreReadAsTheirProductsWithTheScaleOfTheirPosition(int keySize, int valueSize) {
        PageLayout layout = new PageLayout(keySize, valueSize);
        Written written = new Written(layout);

        float[][] read = written.readAs(CacheType.Q8);

        for (int p = 0; p < PageLayout.POSITIONS; p++) {
            assertThat(key(read[0], p, layout)).isEqualTo(rounded(written.keys[p]));
            assertThat(value(read[1], p, layout)).isEqualTo(padded(rounded(written.values[p]), layout));
        }
    }

    @ParameterizedTest
    @CsvSource({"64, 64", "128, 128", "6, 10", "80, 33", "1, 1"})
    void halvesAreReadAsWhatIsNearest(int keySize, int valueSize) {
        PageLayout layout = new PageLayout(keySize, valueSize);
        Written written = new Written(layout);

        float[][] read = written.readAs(CacheType.F16);

        for (int p = 0; p < PageLayout.POSITIONS; p++) {
            assertThat(key(read[0], p, layout)).isEqualTo(halved(written.keys[p]));
            assertThat(value(read[1], p, layout)).isEqualTo(padded(halved(written.values[p]), layout));
        }
    }

    /// Keys and values of a page's positions, of different magnitudes; those of one are zeros.
    private static final class Written {

        private final PageLayout layout;
        private final float[][] keys = new float[PageLayout.POSITIONS][];
        private final float[][] values = new float[PageLayout.POSITIONS][];

        Written(PageLayout layout) {
            this.layout = layout;
            Random random = new Random(42);
            for (int p = 0; p < PageLayout.POSITIONS; p++) {
                keys[p] = numbers(layout.keySize(), p, random);
                values[p] = numbers(layout.valueSize(), p, random);
            }
        }

        private static float[] numbers(int n, int position, Random random) {
            float[] numbers = new float[n];
            for (int i = 0; i < n && position != 7; i++) {
                numbers[i] = (float) random.nextGaussian() * (position + 1);
            }
            return numbers;
        }

        /// The keys and the values of the page as floats, whatever reads them.
        float[][] readAs(CacheType type) {
            float[][] read = readAs(type, KernelChoice.scalar());
            assertThat(readAs(type, KernelChoice.detect().kernels())).isDeepEqualTo(read);
            return read;
        }

        private float[][] readAs(CacheType type, Kernels kernels) {
            PageFormat format = PageFormat.of(type, layout);
            long valuesAt = BEFORE + format.keyBytes();
            MemorySegment page = Arena.ofAuto().allocate(valuesAt + format.valueBytes(), 64);
            for (int p = 0; p < PageLayout.POSITIONS; p++) {
                format.write(page, BEFORE, valuesAt, p, keys[p], 0, values[p], 0);
            }
            MemorySegment readKeys =
                    Arena.ofAuto().allocate(layout.keyBytes(), 64).fill((byte) -1);
            MemorySegment readValues =
                    Arena.ofAuto().allocate(layout.valueBytes(), 64).fill((byte) -1);
            format.readKeys(kernels, page, BEFORE, readKeys);
            format.readValues(kernels, page, valuesAt, readValues);
            return new float[][] {readKeys.toArray(ValueLayout.JAVA_FLOAT), readValues.toArray(ValueLayout.JAVA_FLOAT)};
        }
    }

    private static float[] key(float[] page, int position, PageLayout layout) {
        float[] key = new float[layout.keySize()];
        for (int d = 0; d < key.length; d++) {
            key[d] = page[d * PageLayout.POSITIONS + position];
        }
        return key;
    }

    private static float[] value(float[] page, int position, PageLayout layout) {
        int size = layout.paddedValueSize();
        return Arrays.copyOfRange(page, position * size, (position + 1) * size);
    }

    private static float[] padded(float[] value, PageLayout layout) {
        return Arrays.copyOf(value, layout.paddedValueSize());
    }

    private static float[] rounded(float[] numbers) {
        float most = 0;
        for (float each : numbers) {
            most = Math.max(most, Math.abs(each));
        }
        float scale = most / 127;
        float[] rounded = new float[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            rounded[i] = scale == 0 ? 0 : scale * (byte) Math.rint((double) numbers[i] / scale);
        }
        return rounded;
    }

    private static float[] halved(float[] numbers) {
        float[] halved = new float[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            halved[i] = Float.float16ToFloat(Float.floatToFloat16(numbers[i]));
        }
        return halved;
    }
}
