package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.everywhere;
import static dev.runnel.engine.kernel.Lanes.shortPairs;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/// Numbers from -16 to 15. Word `i` of a run holds elements `3i` to `3i + 2`, from its highest bits on; its
/// last bit is bit `4 - i` of element 15. A run is 16, whose sum is at most 16 * 16 * 127.
final class Packing5 extends Packing {

    private static final int MASK = 31;
    private static final short ONE = 1;

    Packing5() {
        super(16, 5);
    }

    @Override
    int pack(short[] elements, int at, int word) {
        int first = at + 3 * word;
        return (elements[first] & MASK) << 11
                | (elements[first + 1] & MASK) << 6
                | (elements[first + 2] & MASK) << 1
                | (elements[at + 15] >> (4 - word) & 1);
    }

    @Override
    int element(MemorySegment packed, long at, int e) {
        if (e == 15) {
            int bits = 0;
            for (int i = 0; i < words; i++) {
                bits = bits << 1 | (word(packed, at, i) & 1);
            }
            return signed(bits);
        }
        return signed(word(packed, at, e / 3) >> (11 - e % 3 * 5));
    }

    private static int signed(int bits) {
        return bits << 27 >> 27;
    }

    @Override
    void multiply(
            MemorySegment packed, long block, int runs, short[] x, int xAt, short[] starts, int startAt, short[] sums) {
        for (int h = 0; h < ROWS; h += 2 * Lanes.SHORT_COUNT) {
            for (int j = 0; j < runs; j++) {
                var sum0 = ShortVector.zero(Lanes.SHORT_PAIRS);
                var sum1 = sum0;
                var last0 = sum0;
                var last1 = sum0;
                int at = xAt + run * j;
                for (int i = words * j; i < words * j + words; i++, at += 3) {
                    long word = block + (long) i * WORD_BYTES + (long) Short.BYTES * h;
                    var v0 = shortPairs(packed, word);
                    var v1 = shortPairs(packed, word + Lanes.VECTOR_BYTES);
                    var element = everywhere(x, at);
                    sum0 = sum0.add(v0.lanewise(VectorOperators.ASHR, 11).mul(element));
                    sum1 = sum1.add(v1.lanewise(VectorOperators.ASHR, 11).mul(element));
                    element = everywhere(x, at + 1);
                    sum0 = sum0.add(number(v0, 5).mul(element));
                    sum1 = sum1.add(number(v1, 5).mul(element));
                    element = everywhere(x, at + 2);
                    sum0 = sum0.add(number(v0, 10).mul(element));
                    sum1 = sum1.add(number(v1, 10).mul(element));
                    last0 = last0.add(last0).or(v0.and(ONE));
                    last1 = last1.add(last1).or(v1.and(ONE));
                }
                var element = everywhere(x, at);
                number(last0, 11).mul(element).add(sum0).intoArray(sums, j * ROWS + h);
                number(last1, 11).mul(element).add(sum1).intoArray(sums, j * ROWS + h + Lanes.SHORT_COUNT);
            }
        }
    }

    @Override
    PackedProduct.Step unpacking(PackedProduct product) {
        return (block, from, n, scratch) -> unpack(
                product.w().data(), product.quantsOffset(block, from), product.runs(from), scratch.quants, n * ROWS);
    }

    private void unpack(MemorySegment packed, long block, int runs, short[] quants, int to) {
        for (int j = 0; j < runs; j++) {
            for (int h = 0; h < ROWS; h += Lanes.SHORT_COUNT) {
                var last = ShortVector.zero(Lanes.SHORT_PAIRS);
                int at = to + run * j * ROWS + h;
                for (int i = words * j; i < words * j + words; i++, at += 3 * ROWS) {
                    var v = shortPairs(packed, block + (long) i * WORD_BYTES + (long) Short.BYTES * h);
                    v.lanewise(VectorOperators.ASHR, 11).intoArray(quants, at);
                    number(v, 5).intoArray(quants, at + ROWS);
                    number(v, 10).intoArray(quants, at + 2 * ROWS);
                    last = last.add(last).or(v.and(ONE));
                }
                number(last, 11).intoArray(quants, at);
            }
        }
    }

    /// The five bits that have `above` bits above them.
    private static ShortVector number(ShortVector v, int above) {
        return v.lanewise(VectorOperators.LSHL, above).lanewise(VectorOperators.ASHR, 11);
    }
}
