package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.SHORT_PAIRS;
import static dev.runnel.engine.kernel.PackedBlocks.STRIDE;
import static dev.runnel.engine.kernel.Packing.ROWS;
import static dev.runnel.engine.kernel.Packing.WORD_BYTES;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ShortVector;

/// The micro-kernels of [Packing4] for a few tokens: a run of rows, whose elements are taken out as they are
/// multiplied,
/// times 8 or 4 of them. Memory is read while there is something to multiply, where unpacking first would wait for
/// it; [PackedBlocks] is faster once so many tokens share what is unpacked that reading hardly counts.
///
/// ```
/// packed  (WORDS, ROWS)    one run, from `run` on
/// x       (n, tokens)      of so many tokens, from xAt on
/// starts  (tokens)         what sums begin with, a token's startStride after that of the one before
/// sums    (tokens, ROWS)   from `to` on, a token's STRIDE after those of the one before
/// ```
///
/// The innermost loop is one element, not the four of a word: with all four C2 keeps some vectors in memory, and half
/// of the speed is gone. Its mask is a vector, since one of a number takes twice the nodes of C2's budget.
final class Packing4Blocks {

    /// The bits of the element that a word has last.
    private static final ShortVector LOWEST = ShortVector.broadcast(SHORT_PAIRS, (1 << Packing4.BITS) - 1);

    private Packing4Blocks() {}

    static void times8(
            MemorySegment packed,
            long run,
            short[] x,
            int xAt,
            short[] starts,
            int startAt,
            int startStride,
            short[] sums,
            int to) {
        for (int h = 0; h < ROWS; h += 2 * Lanes.SHORT_COUNT) {
            var sum00 = ShortVector.broadcast(SHORT_PAIRS, starts[startAt]);
            var sum01 = sum00;
            var sum10 = ShortVector.broadcast(SHORT_PAIRS, starts[startAt + startStride]);
            var sum11 = sum10;
            var sum20 = ShortVector.broadcast(SHORT_PAIRS, starts[startAt + 2 * startStride]);
            var sum21 = sum20;
            var sum30 = ShortVector.broadcast(SHORT_PAIRS, starts[startAt + 3 * startStride]);
            var sum31 = sum30;
            var sum40 = ShortVector.broadcast(SHORT_PAIRS, starts[startAt + 4 * startStride]);
            var sum41 = sum40;
            var sum50 = ShortVector.broadcast(SHORT_PAIRS, starts[startAt + 5 * startStride]);
            var sum51 = sum50;
            var sum60 = ShortVector.broadcast(SHORT_PAIRS, starts[startAt + 6 * startStride]);
            var sum61 = sum60;
            var sum70 = ShortVector.broadcast(SHORT_PAIRS, starts[startAt + 7 * startStride]);
            var sum71 = sum70;
            for (int i = 0; i < Packing4.WORDS; i++) {
                long word = run + (long) i * WORD_BYTES + (long) Short.BYTES * h;
                var v0 = ShortVector.fromMemorySegment(SHORT_PAIRS, packed, word, LITTLE_ENDIAN);
                var v1 = ShortVector.fromMemorySegment(SHORT_PAIRS, packed, word + Lanes.VECTOR_BYTES, LITTLE_ENDIAN);
                for (int e = 0; e < Packing4.IN_WORD; e++) {
                    int at = xAt + (Packing4.IN_WORD * i + e) * 8;
                    var w0 = v0.and(LOWEST);
                    var w1 = v1.and(LOWEST);
                    v0 = v0.lanewise(LSHR, Packing4.BITS);
                    v1 = v1.lanewise(LSHR, Packing4.BITS);
                    var element = ShortVector.broadcast(SHORT_PAIRS, x[at]);
                    sum00 = sum00.add(w0.mul(element));
                    sum01 = sum01.add(w1.mul(element));
                    element = ShortVector.broadcast(SHORT_PAIRS, x[at + 1]);
                    sum10 = sum10.add(w0.mul(element));
                    sum11 = sum11.add(w1.mul(element));
                    element = ShortVector.broadcast(SHORT_PAIRS, x[at + 2]);
                    sum20 = sum20.add(w0.mul(element));
                    sum21 = sum21.add(w1.mul(element));
                    element = ShortVector.broadcast(SHORT_PAIRS, x[at + 3]);
                    sum30 = sum30.add(w0.mul(element));
                    sum31 = sum31.add(w1.mul(element));
                    element = ShortVector.broadcast(SHORT_PAIRS, x[at + 4]);
                    sum40 = sum40.add(w0.mul(element));
                    sum41 = sum41.add(w1.mul(element));
                    element = ShortVector.broadcast(SHORT_PAIRS, x[at + 5]);
                    sum50 = sum50.add(w0.mul(element));
                    sum51 = sum51.add(w1.mul(element));
                    element = ShortVector.broadcast(SHORT_PAIRS, x[at + 6]);
                    sum60 = sum60.add(w0.mul(element));
                    sum61 = sum61.add(w1.mul(element));
                    element = ShortVector.broadcast(SHORT_PAIRS, x[at + 7]);
                    sum70 = sum70.add(w0.mul(element));
                    sum71 = sum71.add(w1.mul(element));
                }
            }
            int at = to + h;
            int other = at + Lanes.SHORT_COUNT;
            sum00.intoArray(sums, at);
            sum01.intoArray(sums, other);
            sum10.intoArray(sums, at + STRIDE);
            sum11.intoArray(sums, other + STRIDE);
            sum20.intoArray(sums, at + 2 * STRIDE);
            sum21.intoArray(sums, other + 2 * STRIDE);
            sum30.intoArray(sums, at + 3 * STRIDE);
            sum31.intoArray(sums, other + 3 * STRIDE);
            sum40.intoArray(sums, at + 4 * STRIDE);
            sum41.intoArray(sums, other + 4 * STRIDE);
            sum50.intoArray(sums, at + 5 * STRIDE);
            sum51.intoArray(sums, other + 5 * STRIDE);
            sum60.intoArray(sums, at + 6 * STRIDE);
            sum61.intoArray(sums, other + 6 * STRIDE);
            sum70.intoArray(sums, at + 7 * STRIDE);
            sum71.intoArray(sums, other + 7 * STRIDE);
        }
    }

    static void times4(
            MemorySegment packed,
            long run,
            short[] x,
            int xAt,
            short[] starts,
            int startAt,
            int startStride,
            short[] sums,
            int to) {
        for (int h = 0; h < ROWS; h += 2 * Lanes.SHORT_COUNT) {
            var sum00 = ShortVector.broadcast(SHORT_PAIRS, starts[startAt]);
            var sum01 = sum00;
            var sum10 = ShortVector.broadcast(SHORT_PAIRS, starts[startAt + startStride]);
            var sum11 = sum10;
            var sum20 = ShortVector.broadcast(SHORT_PAIRS, starts[startAt + 2 * startStride]);
            var sum21 = sum20;
            var sum30 = ShortVector.broadcast(SHORT_PAIRS, starts[startAt + 3 * startStride]);
            var sum31 = sum30;
            for (int i = 0; i < Packing4.WORDS; i++) {
                long word = run + (long) i * WORD_BYTES + (long) Short.BYTES * h;
                var v0 = ShortVector.fromMemorySegment(SHORT_PAIRS, packed, word, LITTLE_ENDIAN);
                var v1 = ShortVector.fromMemorySegment(SHORT_PAIRS, packed, word + Lanes.VECTOR_BYTES, LITTLE_ENDIAN);
                for (int e = 0; e < Packing4.IN_WORD; e++) {
                    int at = xAt + (Packing4.IN_WORD * i + e) * 4;
                    var w0 = v0.and(LOWEST);
                    var w1 = v1.and(LOWEST);
                    v0 = v0.lanewise(LSHR, Packing4.BITS);
                    v1 = v1.lanewise(LSHR, Packing4.BITS);
                    var element = ShortVector.broadcast(SHORT_PAIRS, x[at]);
                    sum00 = sum00.add(w0.mul(element));
                    sum01 = sum01.add(w1.mul(element));
                    element = ShortVector.broadcast(SHORT_PAIRS, x[at + 1]);
                    sum10 = sum10.add(w0.mul(element));
                    sum11 = sum11.add(w1.mul(element));
                    element = ShortVector.broadcast(SHORT_PAIRS, x[at + 2]);
                    sum20 = sum20.add(w0.mul(element));
                    sum21 = sum21.add(w1.mul(element));
                    element = ShortVector.broadcast(SHORT_PAIRS, x[at + 3]);
                    sum30 = sum30.add(w0.mul(element));
                    sum31 = sum31.add(w1.mul(element));
                }
            }
            int at = to + h;
            int other = at + Lanes.SHORT_COUNT;
            sum00.intoArray(sums, at);
            sum01.intoArray(sums, other);
            sum10.intoArray(sums, at + STRIDE);
            sum11.intoArray(sums, other + STRIDE);
            sum20.intoArray(sums, at + 2 * STRIDE);
            sum21.intoArray(sums, other + 2 * STRIDE);
            sum30.intoArray(sums, at + 3 * STRIDE);
            sum31.intoArray(sums, other + 3 * STRIDE);
        }
    }
}
