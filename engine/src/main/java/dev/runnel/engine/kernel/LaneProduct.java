package dev.runnel.engine.kernel;

/// A matrix times many tokens: a block of rows is dequantized and turned into lanes, and multiplied by as many
/// tokens at a time as the registers hold sums for.
///
/// @param x strand by strand
@SuppressWarnings("ArrayRecordComponent") // never compared
record LaneProduct(Format format, Matrix w, Operand x, int tokens, float[] y) {

    private static final int ROWS = LaneBlocks.ROWS;
    private static final int STRANDS = Kernels.STRANDS;

    /// The task that [Kernels#multiplication] describes.
    Workers.Task task(int rows, Scratch[] scratches) {
        return (worker, part) -> {
            Scratch scratch = scratches[worker];
            int to = Math.min((part + 1) * rows, w.rows());
            for (int r = part * rows; r < to; r += ROWS) {
                int rowsOfBlock = Math.min(ROWS, to - r);
                for (int i = 0; i < rowsOfBlock; i += Scratch.BLOCK) {
                    turn(r, i, rowsOfBlock, scratch);
                }
                for (int i = 0; i < tokens; i += LaneBlocks.WIDEST) {
                    // The last tokens are computed once more rather than alone.
                    multiplyTile(r, rowsOfBlock, Math.min(i, tokens - LaneBlocks.WIDEST), scratch);
                }
            }
        };
    }

    /// Puts rows `r + i` and on, a few, into lanes `i` and on. Those that the block doesn't have are its last
    /// row once more.
    private void turn(int r, int i, int rows, Scratch scratch) {
        for (int j = 0; j < Scratch.BLOCK; j++) {
            int row = r + Math.min(i + j, rows - 1);
            format.dequantize(w.data(), w.offset(row), w.columns(), scratch.tile, j * scratch.stride);
        }
        turn(scratch.tile, scratch.stride, w.columns(), scratch.lanes, i);
    }

    private static void turn(float[] rows, int stride, int n, float[] lanes, int lane) {
        int length = n / STRANDS;
        for (int i = 0; i < length; i++) {
            for (int strand = 0; strand < STRANDS; strand++) {
                int k = i * STRANDS + strand;
                int to = (strand * length + i) * ROWS + lane;
                lanes[to] = rows[k];
                lanes[to + 1] = rows[k + stride];
                lanes[to + 2] = rows[k + 2 * stride];
                lanes[to + 3] = rows[k + 3 * stride];
            }
        }
    }

    private void multiplyTile(int r, int rows, int t, Scratch scratch) {
        int n = w.columns();
        int length = n / STRANDS;
        int wide = LaneBlocks.WIDEST;
        float[] strands = scratch.rowStrands;
        for (int strand = 0; strand < STRANDS; strand++) {
            int wAt = strand * length * ROWS;
            int xAt = t * n + strand * length;
            int to = strand * wide * ROWS;
            if (wide == 8) {
                LaneBlocks.times8(scratch.lanes, wAt, x.strands, xAt, n, length, strands, to);
            } else {
                LaneBlocks.times4(scratch.lanes, wAt, x.strands, xAt, n, length, strands, to);
            }
        }
        LaneBlocks.addStrands(strands, wide * ROWS);
        for (int j = 0; j < wide; j++) {
            System.arraycopy(strands, j * ROWS, y, (t + j) * w.rows() + r, rows);
        }
    }
}
