package dev.runnel.engine.kernel;

import java.util.Arrays;

/// A packed matrix times a batch: the packed numbers themselves where the batch is small, else a block of rows
/// unpacked, and as many tokens at a time as the registers hold sums for.
///
/// @param w packed
@SuppressWarnings("ArrayRecordComponent") // never compared
record PackedProduct(PackedFormat format, Matrix w, Operand x, int tokens, float[] y) {

    /// Most tokens that are multiplied together.
    static final int TOKENS = 8;

    private static final int ROWS = Packing.ROWS;
    private static final int STRANDS = Kernels.STRANDS;

    /// A part of the work on a block of rows. Where steps are called there are too many kinds of them for C2 to
    /// inline any; so it compiles each alone, and its budget suffices for each.
    @FunctionalInterface
    private interface Step {

        /// @param t number of a token
        void run(int block, int t, Scratch scratch);
    }

    /// The task that [Kernels#multiplication] describes.
    Workers.Task task(int rows, Scratch[] scratches) {
        int wide = tokens < PackedBlocks.WIDEST ? 1 : PackedBlocks.WIDEST;
        Step[] first = wide == 1
                ? new Step[] {(block, _, scratch) -> readScales(block, scratch)}
                : new Step[] {
                    (block, _, scratch) -> readScales(block, scratch), (block, _, scratch) -> unpack(block, scratch)
                };
        Step[] each = wide == 1
                ? new Step[] {
                    this::multiply,
                    (_, t, scratch) -> addGroups(t, scratch),
                    (_, _, scratch) -> PackedSums.addStrands(scratch.rowStrands, ROWS)
                }
                : new Step[] {
                    (_, t, scratch) -> multiplyTile(t, scratch),
                    (_, _, scratch) -> PackedSums.addStrands(scratch.rowStrands, PackedBlocks.WIDEST * ROWS)
                };
        return (worker, part) -> {
            Scratch scratch = scratches[worker];
            int to = Math.min((part + 1) * rows, w.rows());
            for (int r = part * rows; r < to; r = (r / ROWS + 1) * ROWS) {
                int rowsOfBlock = Math.min((r / ROWS + 1) * ROWS, to) - r;
                run(first, r / ROWS, 0, scratch);
                for (int i = 0; i < tokens; i += wide) {
                    // The last tokens are computed once more rather than alone.
                    int t = Math.min(i, tokens - wide);
                    run(each, r / ROWS, t, scratch);
                    for (int j = 0; j < wide; j++) {
                        int from = j * ROWS + r % ROWS;
                        System.arraycopy(scratch.rowStrands, from, y, (t + j) * w.rows() + r, rowsOfBlock);
                    }
                }
            }
        };
    }

    private static void run(Step[] steps, int block, int t, Scratch scratch) {
        for (Step step : steps) {
            step.run(block, t, scratch);
        }
    }

    private void readScales(int block, Scratch scratch) {
        int blocks = w.columns() / format.definition().block;
        format.scales().load(w.data(), format.scalesOffset(w, block), blocks, scratch.scales, scratch.minima);
    }

    private void multiply(int block, int t, Scratch scratch) {
        long quants = format.quantsOffset(w, block);
        format.packing().multiply(w.data(), quants, format.runs(w), x.quants, t * w.columns(), scratch.sums);
    }

    /// As many groups at a time as there are strands, each of which adds one.
    private void addGroups(int t, Scratch scratch) {
        int groups = format.groups(w);
        int stride = format.runsOfGroup() * ROWS;
        Arrays.fill(scratch.rowStrands, 0, STRANDS * ROWS, 0);
        for (int g = 0; g < groups; g += STRANDS) {
            int n = Math.min(STRANDS, groups - g);
            add(g * stride, g * stride + ROWS, stride, g, ROWS, t * groups + g, 1, n, 0, scratch);
        }
    }

    /// See [PackedSums] for what is what.
    private void add(
            int at, int other, int stride, int g, int wStride, int xAt, int xStride, int n, int to, Scratch scratch) {
        short[] sums = scratch.sums;
        float[] scales = scratch.scales;
        float[] minima = scratch.minima;
        float[] strands = scratch.rowStrands;
        int wAt = g * ROWS;
        if (format.runsOfGroup() == 1) {
            if (format.definition().hasMinima()) {
                PackedSums.addOneWithMinima(
                        sums, at, stride, scales, minima, wAt, wStride, x, xAt, xStride, n, strands, to);
            } else {
                PackedSums.addOne(sums, at, stride, scales, wAt, wStride, x, xAt, xStride, n, strands, to);
            }
        } else if (format.definition().hasMinima()) {
            PackedSums.addTwoWithMinima(
                    sums, at, other, stride, scales, minima, wAt, wStride, x, xAt, xStride, n, strands, to);
        } else {
            PackedSums.addTwo(sums, at, other, stride, scales, wAt, wStride, x, xAt, xStride, n, strands, to);
        }
    }

    private void unpack(int block, Scratch scratch) {
        format.packing().unpack(w.data(), format.quantsOffset(w, block), format.runs(w), scratch.quants);
    }

    private void multiplyTile(int t, Scratch scratch) {
        int groups = format.groups(w);
        int runs = format.runsOfGroup();
        int wide = PackedBlocks.WIDEST;
        Arrays.fill(scratch.rowStrands, 0, STRANDS * wide * ROWS, 0);
        for (int strand = 0; strand < STRANDS; strand++) {
            for (int g = strand; g < groups; g += STRANDS) {
                for (int run = 0; run < runs; run++) {
                    multiplyRun(g * runs + run, t, run * wide * ROWS, scratch);
                }
                add(0, wide * ROWS, ROWS, g, 0, t * groups + g, groups, wide, strand * wide * ROWS, scratch);
            }
        }
    }

    private void multiplyRun(int run, int t, int to, Scratch scratch) {
        int n = format.packing().run;
        int columns = w.columns();
        int xAt = t * columns + run * n;
        if (PackedBlocks.WIDEST == 8) {
            PackedBlocks.times8(scratch.quants, run * n * ROWS, x.quants, xAt, columns, n, scratch.sums, to);
        } else {
            PackedBlocks.times4(scratch.quants, run * n * ROWS, x.quants, xAt, columns, n, scratch.sums, to);
        }
    }
}
