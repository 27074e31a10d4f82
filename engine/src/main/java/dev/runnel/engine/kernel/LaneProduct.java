package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// A matrix times many tokens: a block of rows is dequantized and turned into lanes, or the other way round where its
/// format is a [LaneFormat], and multiplied by as many tokens at a time as the registers hold sums for.
///
/// ```
/// x  (tiles, STRANDS, columns / STRANDS, LaneBlocks.WIDEST)   tokens that there are none of are zeros
/// ```
///
/// A tile's tokens lie side by side: at strides of whole rows, which often are powers of two, they would share sets of
/// the cache.
@SuppressWarnings("ArrayRecordComponent") // never compared
record LaneProduct(Format format, Matrix w, Operand x, int tokens, float[] y) {

    private static final int ROWS = LaneBlocks.ROWS;
    private static final int STRANDS = Kernels.STRANDS;

    /// Rows that are turned together, and columns, a multiple of every type's block: few enough to stay in the first
    /// cache between being dequantized and being turned.
    private static final int TURNED_ROWS = 16;

    private static final int TURNED_COLUMNS = 256;

    /// The vector more keeps rows from sharing cache sets.
    private static final int TURNED_STRIDE = TURNED_COLUMNS + STRANDS;

    /// Floats of what is turned together.
    static final int TURNED = TURNED_ROWS * TURNED_STRIDE;

    /// Bytes from one row to the next of what is turned as it is stored: at most two for a number, and a vector more.
    static final long STORED_STRIDE = Short.BYTES * (TURNED_COLUMNS + STRANDS);

    /// Whether rows are turned into lanes for so many tokens.
    static boolean suits(Format format, Matrix w, int tokens) {
        return tokens >= (isTurnedAsStored(format, w) ? LaneBlocks.LEAST_STORED : LaneBlocks.LEAST)
                && w.columns() % STRANDS == 0
                && !(format instanceof GroupedFormat);
    }

    private static boolean isTurnedAsStored(Format format, Matrix w) {
        return format instanceof LaneFormat lanes && lanes.takes(w);
    }

    /// Elements from one strand of rows to the next: one more than it has, since rows often are powers of two long, and
    /// the elements of all strands are written in turn.
    static int strandStride(int columns) {
        return columns / STRANDS + 1;
    }

    /// As [Kernels#preparationParts] says.
    static int preparationParts(int tokens) {
        return Math.ceilDiv(tokens, LaneBlocks.WIDEST);
    }

    /// As [Kernels#preparation] says.
    static Workers.Task preparation(Matrix w, float[] x, int tokens, Operand to) {
        int n = w.columns();
        to.reserveStrands(preparationParts(tokens) * LaneBlocks.WIDEST * n);
        return (_, tile) -> order(x, tile * LaneBlocks.WIDEST, tokens, n, to.strands);
    }

    private static void order(float[] x, int first, int tokens, int n, float[] tiles) {
        int wide = LaneBlocks.WIDEST;
        int length = n / STRANDS;
        for (int j = 0; j < wide; j++) {
            for (int i = 0; i < length; i++) {
                for (int strand = 0; strand < STRANDS; strand++) {
                    tiles[first * n + (strand * length + i) * wide + j] =
                            first + j < tokens ? x[(first + j) * n + i * STRANDS + strand] : 0;
                }
            }
        }
    }

    /// The task that [Kernels#multiplication] describes.
    Workers.Task task(int rows, Scratch[] scratches) {
        return (worker, part) -> {
            Scratch scratch = scratches[worker];
            int to = Math.min((part + 1) * rows, w.rows());
            for (int r = part * rows; r < to; r += ROWS) {
                int rowsOfBlock = Math.min(ROWS, to - r);
                if (format instanceof LaneFormat lanes && lanes.takes(w)) {
                    turn(lanes, r, rowsOfBlock, scratch);
                } else {
                    for (int i = 0; i < rowsOfBlock; i += TURNED_ROWS) {
                        turn(r, i, rowsOfBlock, scratch);
                    }
                }
                for (int t = 0; t < tokens; t += LaneBlocks.WIDEST) {
                    multiplyTile(r, rowsOfBlock, t, scratch);
                }
            }
        };
    }

    /// Puts all rows into lanes, a piece of columns after the other. Those that the block doesn't have are its last row
    /// once more.
    private void turn(LaneFormat lanes, int r, int rows, Scratch scratch) {
        for (int from = 0; from < w.columns(); from += TURNED_COLUMNS) {
            int n = Math.min(TURNED_COLUMNS, w.columns() - from);
            long first = w.type().bytes(from);
            long bytes = w.type().bytes(n);
            for (int i = 0; i < ROWS; i++) {
                long row = w.offset(r + Math.min(i, rows - 1));
                MemorySegment.copy(w.data(), row + first, scratch.stored, i * STORED_STRIDE, bytes);
            }
            lanes.lanes(
                    scratch.stored,
                    n,
                    scratch.words,
                    scratch.scales,
                    scratch.lanes,
                    from / STRANDS,
                    strandStride(w.columns()));
        }
    }

    /// Puts rows `r + i` and on into lanes `i` and on. Those that the block doesn't have are its last row once more.
    private void turn(int r, int i, int rows, Scratch scratch) {
        for (int from = 0; from < w.columns(); from += TURNED_COLUMNS) {
            int n = Math.min(TURNED_COLUMNS, w.columns() - from);
            for (int j = 0; j < TURNED_ROWS; j++) {
                long row = w.offset(r + Math.min(i + j, rows - 1));
                format.dequantize(w.data(), row + w.type().bytes(from), n, scratch.unturned, j * TURNED_STRIDE);
            }
            turn(scratch.unturned, n, scratch.lanes, i, from / STRANDS, strandStride(w.columns()));
        }
    }

    /// Writes a vector of lanes after the other: each line of the cache once.
    ///
    /// @param first number of the strand's element that the rows begin with
    /// @param stride elements from one strand to the next
    private static void turn(float[] rows, int n, float[] lanes, int lane, int first, int stride) {
        for (int strand = 0; strand < STRANDS; strand++) {
            int to = (strand * stride + first) * ROWS + lane;
            for (int i = 0; i < n / STRANDS; i++) {
                for (int j = 0; j < TURNED_ROWS; j++) {
                    lanes[to + i * ROWS + j] = rows[strand + i * STRANDS + j * TURNED_STRIDE];
                }
            }
        }
    }

    private void multiplyTile(int r, int rows, int t, Scratch scratch) {
        int n = w.columns();
        int length = n / STRANDS;
        int wide = LaneBlocks.WIDEST;
        float[] strands = scratch.rowStrands;
        for (int strand = 0; strand < STRANDS; strand++) {
            int wAt = strand * strandStride(n) * ROWS;
            int xAt = t * n + strand * length * wide;
            int to = strand * wide * ROWS;
            if (wide == 8) {
                LaneBlocks.times8(scratch.lanes, wAt, x.strands, xAt, length, strands, to);
            } else {
                LaneBlocks.times4(scratch.lanes, wAt, x.strands, xAt, length, strands, to);
            }
        }
        LaneBlocks.addStrands(strands, wide * ROWS);
        for (int j = 0; j < Math.min(wide, tokens - t); j++) {
            System.arraycopy(strands, j * ROWS, y, (t + j) * w.rows() + r, rows);
        }
    }
}
