package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.SHORT_PAIRS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ShortVector;

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
                var sum0 = ShortVector.zero(SHORT_PAIRS);
                var sum1 = sum0;
                var last0 = sum0;
                var last1 = sum0;
                int at = xAt + run * j;
                for (int i = words * j; i < words * j + words; i++, at += 3) {
                    long word = block + (long) i * WORD_BYTES + (long) Short.BYTES * h;
                    var v0 = ShortVector.fromMemorySegment(SHORT_PAIRS, packed, word, LITTLE_ENDIAN);
                    var v1 = ShortVector.fromMemorySegment(
                            SHORT_PAIRS, packed, word + Lanes.VECTOR_BYTES, LITTLE_ENDIAN);
                    var element = ShortVector.broadcast(SHORT_PAIRS, x[at]);
                    sum0 = sum0.add(v0.lanewise(ASHR, 11).mul(element));
                    sum1 = sum1.add(v1.lanewise(ASHR, 11).mul(element));
                    element = ShortVector.broadcast(SHORT_PAIRS, x[at + 1]);
                    sum0 = sum0.add(v0.lanewise(LSHL, 5).lanewise(ASHR, 11).mul(element));
                    sum1 = sum1.add(v1.lanewise(LSHL, 5).lanewise(ASHR, 11).mul(element));
                    element = ShortVector.broadcast(SHORT_PAIRS, x[at + 2]);
                    sum0 = sum0.add(v0.lanewise(LSHL, 10).lanewise(ASHR, 11).mul(element));
                    sum1 = sum1.add(v1.lanewise(LSHL, 10).lanewise(ASHR, 11).mul(element));
                    last0 = last0.add(last0).or(v0.and(ONE));
                    last1 = last1.add(last1).or(v1.and(ONE));
                }
                var element = ShortVector.broadcast(SHORT_PAIRS, x[at]);
                last0.lanewise(LSHL, 11)
                        .lanewise(ASHR, 11)
                        .mul(element)
                        .add(sum0)
                        .intoArray(sums, j * ROWS + h);
                last1.lanewise(LSHL, 11)
                        .lanewise(ASHR, 11)
                        .mul(element)
                        .add(sum1)
                        .intoArray(sums, j * ROWS + h + Lanes.SHORT_COUNT);
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
                var last = ShortVector.zero(SHORT_PAIRS);
                int at = to + run * j * ROWS + h;
                for (int i = words * j; i < words * j + words; i++, at += 3 * ROWS) {
                    var v = ShortVector.fromMemorySegment(
                            SHORT_PAIRS, packed, block + (long) i * WORD_BYTES + (long) Short.BYTES * h, LITTLE_ENDIAN);
                    v.lanewise(ASHR, 11).intoArray(quants, at);
                    v.lanewise(LSHL, 5).lanewise(ASHR, 11).intoArray(quants, at + ROWS);
                    v.lanewise(LSHL, 10).lanewise(ASHR, 11).intoArray(quants, at + 2 * ROWS);
                    last = last.add(last).or(v.and(ONE));
                }
                last.lanewise(LSHL, 11).lanewise(ASHR, 11).intoArray(quants, at);
            }
        }
    }
}
