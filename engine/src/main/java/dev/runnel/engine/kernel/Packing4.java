package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.shortPairs;
import static dev.runnel.engine.kernel.Lanes.twice;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/// Numbers from -8 to 7. Word `i` of a run holds elements `4i` to `4i + 3`, from its lowest bits on. A run is
/// 32, whose sum is at most 32 * 8 * 127.
final class Packing4 extends Packing {

    private static final int IN_WORD = 4;
    private static final int MASK = 15;

    Packing4() {
        super(32, 8);
    }

    @Override
    int pack(short[] elements, int at, int word) {
        int first = at + IN_WORD * word;
        return (elements[first] & MASK)
                | (elements[first + 1] & MASK) << 4
                | (elements[first + 2] & MASK) << 8
                | (elements[first + 3] & MASK) << 12;
    }

    @Override
    int element(MemorySegment packed, long at, int e) {
        return word(packed, at, e / IN_WORD) << (28 - e % IN_WORD * 4) >> 28;
    }

    @Override
    void multiply(MemorySegment packed, long block, int runs, int[] x, int xAt, short[] sums) {
        for (int h = 0; h < ROWS; h += 2 * Lanes.SHORT_COUNT) {
            for (int j = 0; j < runs; j++) {
                var sum0 = ShortVector.zero(Lanes.SHORT_PAIRS);
                var sum1 = sum0;
                for (int i = words * j; i < words * j + words; i++) {
                    long word = block + (long) i * WORD_BYTES + (long) Short.BYTES * h;
                    var v0 = shortPairs(packed, word);
                    var v1 = shortPairs(packed, word + Lanes.VECTOR_BYTES);
                    int at = xAt + IN_WORD * i;
                    var element = twice(x, at);
                    sum0 = sum0.add(nibble(v0, 12).mul(element));
                    sum1 = sum1.add(nibble(v1, 12).mul(element));
                    element = twice(x, at + 1);
                    sum0 = sum0.add(nibble(v0, 8).mul(element));
                    sum1 = sum1.add(nibble(v1, 8).mul(element));
                    element = twice(x, at + 2);
                    sum0 = sum0.add(nibble(v0, 4).mul(element));
                    sum1 = sum1.add(nibble(v1, 4).mul(element));
                    element = twice(x, at + 3);
                    sum0 = sum0.add(v0.lanewise(VectorOperators.ASHR, 12).mul(element));
                    sum1 = sum1.add(v1.lanewise(VectorOperators.ASHR, 12).mul(element));
                }
                sum0.intoArray(sums, j * ROWS + h);
                sum1.intoArray(sums, j * ROWS + h + Lanes.SHORT_COUNT);
            }
        }
    }

    @Override
    void unpack(MemorySegment packed, long block, int runs, short[] to) {
        for (int i = 0; i < words * runs; i++) {
            for (int h = 0; h < ROWS; h += Lanes.SHORT_COUNT) {
                var v = shortPairs(packed, block + (long) i * WORD_BYTES + (long) Short.BYTES * h);
                int at = IN_WORD * i * ROWS + h;
                nibble(v, 12).intoArray(to, at);
                nibble(v, 8).intoArray(to, at + ROWS);
                nibble(v, 4).intoArray(to, at + 2 * ROWS);
                v.lanewise(VectorOperators.ASHR, 12).intoArray(to, at + 3 * ROWS);
            }
        }
    }

    /// The four bits that have `above` bits above them.
    private static ShortVector nibble(ShortVector v, int above) {
        return v.lanewise(VectorOperators.LSHL, above).lanewise(VectorOperators.ASHR, 12);
    }
}
