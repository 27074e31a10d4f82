package dev.runnel.engine.kernel;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A [Format] whose rows are turned into lanes as they are stored, two or four numbers in one move, and made floats
/// then; see [LaneProduct].
interface LaneFormat extends VectorFormat {

    ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);

    int ROWS = LaneBlocks.ROWS;

    /// Bytes from one stored row to the next.
    long STRIDE = LaneProduct.STORED_STRIDE;

    /// Turns some columns of [LaneBlocks#ROWS] rows into lanes.
    ///
    /// ```
    /// stored  (ROWS, n)                 as the format stores them, a row STRIDE bytes after the other
    /// lanes   (STRANDS, stride, ROWS)   the columns are the elements from `first` on of each strand
    /// ```
    ///
    /// @param n a multiple of [Kernels#STRANDS] and of the format's block
    /// @param words room for 8 words of each row
    /// @param scales room for a scale of each row
    void lanes(MemorySegment stored, int n, int[] words, float[] scales, float[] lanes, int first, int stride);

    /// Turns 32 bytes of each row: `words (8, ROWS)`.
    ///
    /// @param at bytes from the start of `stored` to the first row's
    static void turn(MemorySegment stored, long at, int[] words) {
        for (int row = 0; row < ROWS; row++) {
            long from = at + row * STRIDE;
            long first = stored.get(LONG, from);
            long second = stored.get(LONG, from + Long.BYTES);
            long third = stored.get(LONG, from + 2 * Long.BYTES);
            long fourth = stored.get(LONG, from + 3 * Long.BYTES);
            words[row] = (int) first;
            words[ROWS + row] = (int) (first >>> Integer.SIZE);
            words[2 * ROWS + row] = (int) second;
            words[3 * ROWS + row] = (int) (second >>> Integer.SIZE);
            words[4 * ROWS + row] = (int) third;
            words[5 * ROWS + row] = (int) (third >>> Integer.SIZE);
            words[6 * ROWS + row] = (int) fourth;
            words[7 * ROWS + row] = (int) (fourth >>> Integer.SIZE);
        }
    }
}
