package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// How whole numbers of 4 to 6 bits lie in memory for vectors to multiply them as they are read.
///
/// # Lanes are rows, and have 16 bits
///
/// [#ROWS] rows lie side by side, one in each lane of 16 bits, and are multiplied by the same element at a
/// time. A lane sums so few products, a *run* of them, that none leaves it: the sum is exact, in lanes half as
/// wide as floats. No sum is taken over lanes, and a row's scales lie side by side too.
///
/// ```
/// block  (runs, words, ROWS)   16 bits each: ROWS rows of a matrix
/// x      (runs, run)           16 bits each
/// sums   (runs, ROWS)          16 bits each
/// ```
///
/// A word holds several elements of a row; each kind of packing says how, and takes them out with two shifts
/// or so.
abstract class Packing {

    /// Rows side by side; those that a matrix doesn't have are zeros.
    static final int ROWS = 64;

    /// Bytes of one word of all rows.
    static final int WORD_BYTES = ROWS * Short.BYTES;

    static final ValueLayout.OfShort WORD = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// Elements of a row that one lane sums.
    final int run;

    /// Words that they take.
    final int words;

    Packing(int run, int words) {
        this.run = run;
        this.words = words;
    }

    /// Bytes of one run of all rows.
    final long runBytes() {
        return (long) words * WORD_BYTES;
    }

    /// What packed numbers are more than those that they stand for, so that they have no sign to be
    /// spread: a sum of products begins with so many times less the sum of the vector's elements. Sums
    /// that leave 16 bits on their way come back.
    int excess() {
        return 0;
    }

    /// Writes a row's run, whose elements are those from `at` on.
    ///
    /// @param to bytes from the start of `packed` to its first word
    final void pack(short[] elements, int at, MemorySegment packed, long to) {
        for (int word = 0; word < words; word++) {
            packed.set(WORD, to + (long) word * WORD_BYTES, (short) pack(elements, at, word));
        }
    }

    /// Word number `word` of the run whose elements are those from `at` on.
    abstract int pack(short[] elements, int at, int word);

    /// Element number `e` of a run.
    ///
    /// @param at bytes from the start of `packed` to the run's first word in the row's lane
    abstract int element(MemorySegment packed, long at, int e);

    /// Adds the products of a block with one vector, run by run.
    ///
    /// Two vectors of rows at a time also make this method too large for C2 to inline (`FreqInlineSize`). It
    /// compiles it alone, and doesn't run out of its budget half way through, which would put vectors on the
    /// heap.
    ///
    /// @param block bytes from the start of `packed`
    /// @param x the vector, from `xAt` on
    /// @param starts what the sum of each group of the vector begins with instead of 0, from `startAt`
    ///     on, see [#excess]
    abstract void multiply(
            MemorySegment packed, long block, int runs, short[] x, int xAt, short[] starts, int startAt, short[] sums);

    /// Writes the elements of a piece as `(runs, run, ROWS)`.
    abstract PackedProduct.Step unpacking(PackedProduct product);

    static int word(MemorySegment packed, long at, int word) {
        return packed.get(WORD, at + (long) word * WORD_BYTES);
    }
}
