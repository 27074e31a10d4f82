package dev.runnel.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Scores and weighted sums over one page of keys and values.
class AttentionKernelsTest {

    private static final int HEADS = 2;

    private final Kernels scalar = KernelChoice.scalar();
    private final Kernels fastest = KernelChoice.detect().kernels();

    /// A page of two heads that has been filled position by position, and what went in.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Filled(PageLayout layout, MemorySegment page, float[] keys, float[] values) {

        static Filled random(PageLayout layout, Random random) {
            MemorySegment page = Arena.ofAuto().allocate(HEADS * (layout.keyBytes() + layout.valueBytes()), 64);
            float[] keys = Numbers.random(random, PageLayout.POSITIONS * HEADS * layout.keySize());
            float[] values = Numbers.random(random, PageLayout.POSITIONS * HEADS * layout.valueSize());
            for (int p = 0; p < PageLayout.POSITIONS; p++) {
                for (int head = 0; head < HEADS; head++) {
                    int key = (p * HEADS + head) * layout.keySize();
                    int value = (p * HEADS + head) * layout.valueSize();
                    long keysAt = head * layout.keyBytes();
                    layout.write(page, keysAt, valuesAt(layout, head), p, keys, key, values, value);
                }
            }
            return new Filled(layout, page, keys, values);
        }

        static long valuesAt(PageLayout layout, int head) {
            return HEADS * layout.keyBytes() + head * layout.valueBytes();
        }

        float key(int position, int head, int d) {
            return keys[(position * HEADS + head) * layout.keySize() + d];
        }

        float value(int position, int head, int d) {
            return values[(position * HEADS + head) * layout.valueSize() + d];
        }
    }

    @ParameterizedTest
    @CsvSource({"8, 8", "64, 64", "80, 80", "24, 40", "1, 3", "128, 128"})
    void scoresAreScaledProductsOfQueriesAndKeys(int keySize, int valueSize) {
        Random random = new Random(42);
        Filled filled = Filled.random(new PageLayout(keySize, valueSize), random);
        for (int queries : new int[] {1, 3, 4, 9}) {
            float[] q = Numbers.random(random, 5 + queries * keySize);
            float[] scores = scores(scalar, filled, 1, q, queries);
            for (int i = 0; i < queries; i++) {
                for (int p = 0; p < PageLayout.POSITIONS; p++) {
                    double exact = 0;
                    for (int d = 0; d < keySize; d++) {
                        exact += (double) q[5 + i * keySize + d] * filled.key(p, 1, d);
                    }
                    assertThat((double) scores[i * 40 + 3 + p]).isCloseTo(exact / 8, within(keySize * 1e-6));
                }
            }
            assertThat(Numbers.bits(scores(fastest, filled, 1, q, queries))).isEqualTo(Numbers.bits(scores));
        }
    }

    @ParameterizedTest
    @CsvSource({"8, 8", "64, 64", "80, 80", "24, 40", "1, 3", "128, 128"})
    void valuesAreAddedWithTheirWeights(int keySize, int valueSize) {
        Random random = new Random(42);
        Filled filled = Filled.random(new PageLayout(keySize, valueSize), random);
        int stride = filled.layout().paddedValueSize();
        for (int queries : new int[] {1, 3, 4, 9}) {
            for (int positions : new int[] {1, 17, 32}) {
                float[] weights = Numbers.random(random, queries * 40);
                float[] out = weigh(scalar, filled, weights, queries, positions);
                for (int i = 0; i < queries; i++) {
                    for (int d = 0; d < valueSize; d++) {
                        double exact = 1;
                        for (int p = 0; p < positions; p++) {
                            exact += (double) weights[i * 40 + 3 + p] * filled.value(p, 1, d);
                        }
                        assertThat((double) out[i * stride + d]).isCloseTo(exact, within(1e-4));
                    }
                }
                assertThat(Numbers.bits(weigh(fastest, filled, weights, queries, positions)))
                        .isEqualTo(Numbers.bits(out));
            }
        }
    }

    @Test
    void valuesBeyondTheLastPositionAreNotLookedAt() {
        PageLayout layout = new PageLayout(16, 16);
        MemorySegment page = Arena.ofAuto().allocate(layout.keyBytes() + layout.valueBytes(), 64);
        float[] none = new float[16];
        Arrays.fill(none, Float.NaN);
        layout.write(page, 0, layout.keyBytes(), 5, none, 0, none, 0);
        float[] out = new float[16];
        float[] weights = new float[32];
        Arrays.fill(weights, 1);

        fastest.weigh(weights, 0, 32, 1, 5, layout, page, layout.keyBytes(), out, 0);

        assertThat(out).containsOnly(0);
    }

    private static float[] scores(Kernels kernels, Filled filled, int head, float[] q, int queries) {
        float[] scores = new float[queries * 40];
        long keys = head * filled.layout().keyBytes();
        kernels.scores(q, 5, queries, filled.layout(), filled.page(), keys, 0.125f, scores, 3, 40);
        return scores;
    }

    private static float[] weigh(Kernels kernels, Filled filled, float[] weights, int queries, int positions) {
        float[] out = new float[queries * filled.layout().paddedValueSize()];
        Arrays.fill(out, 1);
        long values = Filled.valuesAt(filled.layout(), 1);
        kernels.weigh(weights, 3, 40, queries, positions, filled.layout(), filled.page(), values, out, 0);
        return out;
    }
}
