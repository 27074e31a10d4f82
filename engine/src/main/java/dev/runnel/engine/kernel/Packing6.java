package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.SHORT_PAIRS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ShortVector;

/// Numbers from -32 to 31. Word `i` of a run holds elements `2i` and `2i + 1` in its highest bits; the last
/// four of its three words, one after another, are elements 6 and 7. A run is 8, whose sum is at most 8 * 32 *
/// 127.
final class Packing6 extends Packing {

    private static final int MASK = 63;
    private static final short REST = 15;

    Packing6() {
        super(8, 3);
    }

    @Override
    int pack(short[] elements, int at, int word) {
        int last = (elements[at + 6] & MASK) << 6 | (elements[at + 7] & MASK);
        return (elements[at + 2 * word] & MASK) << 10
                | (elements[at + 2 * word + 1] & MASK) << 4
                | (last >> (8 - 4 * word) & REST);
    }

    @Override
    int element(MemorySegment packed, long at, int e) {
        if (e < 6) {
            return signed(word(packed, at, e / 2) >> (10 - e % 2 * 6));
        }
        int last = 0;
        for (int i = 0; i < words; i++) {
            last = last << 4 | (word(packed, at, i) & REST);
        }
        return signed(e == 6 ? last >> 6 : last);
    }

    private static int signed(int bits) {
        return bits << 26 >> 26;
    }

    @Override
    void multiply(
            MemorySegment packed, long block, int runs, short[] x, int xAt, short[] starts, int startAt, short[] sums) {
        for (int h = 0; h < ROWS; h += 2 * Lanes.SHORT_COUNT) {
            for (int j = 0; j < runs; j++) {
                var sum0 = ShortVector.zero(SHORT_PAIRS);
                var sum1 = sum0;
                var rest0 = sum0;
                var rest1 = sum0;
                int at = xAt + run * j;
                for (int i = words * j; i < words * j + words; i++, at += 2) {
                    long word = block + (long) i * WORD_BYTES + (long) Short.BYTES * h;
                    var v0 = ShortVector.fromMemorySegment(SHORT_PAIRS, packed, word, LITTLE_ENDIAN);
                    var v1 = ShortVector.fromMemorySegment(
                            SHORT_PAIRS, packed, word + Lanes.VECTOR_BYTES, LITTLE_ENDIAN);
                    var element = ShortVector.broadcast(SHORT_PAIRS, x[at]);
                    sum0 = sum0.add(v0.lanewise(ASHR, 10).mul(element));
                    sum1 = sum1.add(v1.lanewise(ASHR, 10).mul(element));
                    element = ShortVector.broadcast(SHORT_PAIRS, x[at + 1]);
                    sum0 = sum0.add(v0.lanewise(LSHL, 6).lanewise(ASHR, 10).mul(element));
                    sum1 = sum1.add(v1.lanewise(LSHL, 6).lanewise(ASHR, 10).mul(element));
                    rest0 = rest0.lanewise(LSHL, 4).or(v0.and(REST));
                    rest1 = rest1.lanewise(LSHL, 4).or(v1.and(REST));
                }
                var element = ShortVector.broadcast(SHORT_PAIRS, x[at]);
                sum0 = sum0.add(rest0.lanewise(LSHL, 4).lanewise(ASHR, 10).mul(element));
                sum1 = sum1.add(rest1.lanewise(LSHL, 4).lanewise(ASHR, 10).mul(element));
                element = ShortVector.broadcast(SHORT_PAIRS, x[at + 1]);
                rest0.lanewise(LSHL, 10)
                        .lanewise(ASHR, 10)
                        .mul(element)
                        .add(sum0)
                        .intoArray(sums, j * ROWS + h);
                rest1.lanewise(LSHL, 10)
                        .lanewise(ASHR, 10)
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
                var rest = ShortVector.zero(SHORT_PAIRS);
                int at = to + run * j * ROWS + h;
                for (int i = words * j; i < words * j + words; i++, at += 2 * ROWS) {
                    var v = ShortVector.fromMemorySegment(
                            SHORT_PAIRS, packed, block + (long) i * WORD_BYTES + (long) Short.BYTES * h, LITTLE_ENDIAN);
                    v.lanewise(ASHR, 10).intoArray(quants, at);
                    v.lanewise(LSHL, 6).lanewise(ASHR, 10).intoArray(quants, at + ROWS);
                    rest = rest.lanewise(LSHL, 4).or(v.and(REST));
                }
                rest.lanewise(LSHL, 4).lanewise(ASHR, 10).intoArray(quants, at);
                rest.lanewise(LSHL, 10).lanewise(ASHR, 10).intoArray(quants, at + ROWS);
            }
        }
    }
}
