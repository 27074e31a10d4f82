package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.SHORT_PAIRS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ShortVector;

/// Numbers from -8 to 7, as 0 to 15. Word `i` of a run holds elements `4i` to `4i + 3`, from its lowest
/// bits on. A run is 32, whose sum is at most 32 * 8 * 127.
final class Packing4 extends Packing {

    static final int BITS = 4;
    static final int IN_WORD = 4;
    private static final int RUN = 32;
    static final int WORDS = RUN / IN_WORD;
    private static final short MASK = 15;
    private static final short EXCESS = 8;

    Packing4() {
        super(RUN, WORDS);
    }

    @Override
    int excess() {
        return EXCESS;
    }

    @Override
    int pack(short[] elements, int at, int word) {
        int first = at + IN_WORD * word;
        return (elements[first] + EXCESS)
                | (elements[first + 1] + EXCESS) << 4
                | (elements[first + 2] + EXCESS) << 8
                | (elements[first + 3] + EXCESS) << 12;
    }

    @Override
    int element(MemorySegment packed, long at, int e) {
        return ((word(packed, at, e / IN_WORD) >> (e % IN_WORD * 4)) & MASK) - EXCESS;
    }

    @Override
    void multiply(
            MemorySegment packed, long block, int runs, short[] x, int xAt, short[] starts, int startAt, short[] sums) {
        for (int h = 0; h < ROWS; h += 2 * Lanes.SHORT_COUNT) {
            for (int j = 0; j < runs; j++) {
                var sum0 = ShortVector.broadcast(SHORT_PAIRS, starts[startAt + j]);
                var sum1 = sum0;
                long words = block + (long) j * WORDS * WORD_BYTES + (long) Short.BYTES * h;
                int elements = xAt + j * RUN;
                for (int i = 0; i < WORDS; i++) {
                    var v0 = ShortVector.fromMemorySegment(
                            SHORT_PAIRS, packed, words + (long) i * WORD_BYTES, LITTLE_ENDIAN);
                    var v1 = ShortVector.fromMemorySegment(
                            SHORT_PAIRS, packed, words + (long) i * WORD_BYTES + Lanes.VECTOR_BYTES, LITTLE_ENDIAN);
                    int at = elements + IN_WORD * i;
                    var element = ShortVector.broadcast(SHORT_PAIRS, x[at]);
                    sum0 = sum0.add(v0.and(MASK).mul(element));
                    sum1 = sum1.add(v1.and(MASK).mul(element));
                    element = ShortVector.broadcast(SHORT_PAIRS, x[at + 1]);
                    sum0 = sum0.add(v0.lanewise(LSHR, 4).and(MASK).mul(element));
                    sum1 = sum1.add(v1.lanewise(LSHR, 4).and(MASK).mul(element));
                    element = ShortVector.broadcast(SHORT_PAIRS, x[at + 2]);
                    sum0 = sum0.add(v0.lanewise(LSHR, 8).and(MASK).mul(element));
                    sum1 = sum1.add(v1.lanewise(LSHR, 8).and(MASK).mul(element));
                    element = ShortVector.broadcast(SHORT_PAIRS, x[at + 3]);
                    sum0 = sum0.add(v0.lanewise(LSHR, 12).mul(element));
                    sum1 = sum1.add(v1.lanewise(LSHR, 12).mul(element));
                }
                sum0.intoArray(sums, j * ROWS + h);
                sum1.intoArray(sums, j * ROWS + h + Lanes.SHORT_COUNT);
            }
        }
    }

    /// Adds the products of a piece with several vectors at once, run by run.
    ///
    /// ```
    /// x       (runs, run, tokens)   from xAt on
    /// starts  (tokens, runs)        as of [#multiply], a token's startStride after those of the one before
    /// sums    (tokens, runs, ROWS)  a token's PackedBlocks.STRIDE after those of the one before
    /// ```
    ///
    /// @param block bytes from the start of `packed`
    /// @param runs at most [PackedBlocks#RUNS]
    /// @param tokens 4 or 8, and no more than [PackedBlocks#WIDEST]
    void multiplyTile(
            MemorySegment packed,
            long block,
            int runs,
            short[] x,
            int xAt,
            int tokens,
            short[] starts,
            int startAt,
            int startStride,
            short[] sums) {
        for (int j = 0; j < runs; j++) {
            long run = block + j * runBytes();
            int at = xAt + j * RUN * tokens;
            int start = startAt + j;
            int to = j * ROWS;
            if (tokens == 8) {
                Packing4Blocks.times8(packed, run, x, at, starts, start, startStride, sums, to);
            } else {
                Packing4Blocks.times4(packed, run, x, at, starts, start, startStride, sums, to);
            }
        }
    }

    @Override
    PackedProduct.Step unpacking(PackedProduct product) {
        return (block, from, n, scratch) -> unpack(
                product.w().data(), product.quantsOffset(block, from), product.runs(from), scratch.quants, n * ROWS);
    }

    private static void unpack(MemorySegment packed, long block, int runs, short[] quants, int to) {
        for (int i = 0; i < WORDS * runs; i++) {
            for (int h = 0; h < ROWS; h += Lanes.SHORT_COUNT) {
                var v = ShortVector.fromMemorySegment(
                        SHORT_PAIRS, packed, block + (long) i * WORD_BYTES + (long) Short.BYTES * h, LITTLE_ENDIAN);
                int at = to + IN_WORD * i * ROWS + h;
                v.and(MASK).sub(EXCESS).intoArray(quants, at);
                v.lanewise(LSHR, 4).and(MASK).sub(EXCESS).intoArray(quants, at + ROWS);
                v.lanewise(LSHR, 8).and(MASK).sub(EXCESS).intoArray(quants, at + 2 * ROWS);
                v.lanewise(LSHR, 12).sub(EXCESS).intoArray(quants, at + 3 * ROWS);
            }
        }
    }
}
