package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;

/// A [GroupedFormat] in the order that vectors want it in.
///
/// ```
/// data     (blocks of rows, pieces of columns)
/// piece    (runs)                    whole numbers, see [Packing]
///          (blocks of columns)       scales and minima, see [PackedScales]
/// ```
///
/// A piece lies in the order in which one token reads it, so that a thread reads one stream: sums of the whole numbers
/// come first, and then what they are multiplied by.
///
/// @param low what a packed number is short of the one that it stands for: a packing's range is fixed
record PackedFormat(GroupedFormat definition, Packing packing, PackedScales scales, int low) {

    /// Most columns of a piece, which divide [PackedProduct#COLUMNS]. What is computed of it stays in the first-level
    /// cache beside what is read.
    static final int PIECE = 256;

    private static final int ROWS = Packing.ROWS;

    static PackedFormat q4_0() {
        return new PackedFormat(new Q4_0(), new Packing4(), new HalfScales(), 0);
    }

    static PackedFormat q4_1() {
        return new PackedFormat(new Q4_1(), new Packing4(), new HalfScalesAndMinima(), 8);
    }

    static PackedFormat q5_0() {
        return new PackedFormat(new Q5_0(), new Packing5(), new HalfScales(), 0);
    }

    static PackedFormat q5_1() {
        return new PackedFormat(new Q5_1(), new Packing5(), new HalfScalesAndMinima(), 16);
    }

    static PackedFormat q4_K() {
        return new PackedFormat(new Q4_K(), new Packing4(), new ScaledScalesAndMinima(), 8);
    }

    static PackedFormat q5_K() {
        return new PackedFormat(new Q5_K(), new Packing5(), new ScaledScalesAndMinima(), 16);
    }

    static PackedFormat q6_K() {
        return new PackedFormat(new Q6_K(), new Packing6(), new ScaledScales(), 0);
    }

    /// Groups of a row.
    int groups(Matrix w) {
        return w.columns() / definition.group;
    }

    int runsOfGroup() {
        return definition.group / packing.run;
    }

    /// Columns of the piece that begins at `from`.
    int columns(Matrix w, int from) {
        return Math.min(PIECE, w.columns() - from);
    }

    /// Bytes from the start of a packed matrix to the numbers of a block of rows' piece that begins at `from`.
    long quantsOffset(Matrix w, int block, int from) {
        return block * bytes(w.columns()) + bytes(from);
    }

    /// Bytes from the start of a packed matrix to the scales of a block of rows' piece that begins at `from`.
    long scalesOffset(Matrix w, int block, int from) {
        return quantsOffset(w, block, from) + quantsBytes(columns(w, from));
    }

    /// Bytes that so many columns of a block of rows take.
    private long bytes(int columns) {
        return quantsBytes(columns) + (long) columns / definition.block * scales.bytes();
    }

    private long quantsBytes(int columns) {
        return columns / packing.run * packing.runBytes();
    }

    private static int rowBlocks(Matrix w) {
        return Math.ceilDiv(w.rows(), ROWS);
    }

    /// Bytes of the matrix, packed.
    long bytes(Matrix w) {
        return rowBlocks(w) * bytes(w.columns());
    }

    /// The matrix, packed; or as it is, if it has scales that are no numbers.
    Matrix pack(Matrix stored, Workers workers, SegmentAllocator memory) {
        AtomicBoolean damaged = new AtomicBoolean();
        workers.run(stored.rows(), (worker, row) -> {
            if (definition.hasDamage(stored, row)) {
                damaged.set(true);
            }
        });
        if (damaged.get()) {
            return stored;
        }
        int blocks = rowBlocks(stored);
        MemorySegment data = memory.allocate(bytes(stored), Packing.WORD_BYTES);
        Matrix packed = new Matrix(stored.type(), stored.rows(), stored.columns(), Matrix.Layout.PACKED, data);
        short[][] rows = new short[workers.count()][stored.columns()]; // made once: a model has many
        workers.run(blocks, (worker, block) -> {
            for (int r = block * ROWS; r < Math.min((block + 1) * ROWS, stored.rows()); r++) {
                packRow(stored, packed, r, rows[worker]);
            }
        });
        return packed;
    }

    private void packRow(Matrix stored, Matrix packed, int row, short[] q) {
        for (int k = 0; k < q.length; k += definition.block) {
            long block = stored.offset(row) + (long) (k / definition.block) * definition.blockBytes;
            definition.quants(stored.data(), block, q, k);
            scales.pack(stored.data(), block, packed.data(), blockOffset(packed, row, k), row % ROWS);
        }
        for (int k = 0; k < q.length; k++) {
            q[k] -= (short) low;
        }
        for (int k = 0; k < q.length; k += packing.run) {
            packing.pack(q, k, packed.data(), runOffset(packed, row, k));
        }
    }

    /// Where the first word of a row's run lies that begins at column `k`.
    private long runOffset(Matrix packed, int row, int k) {
        return quantsOffset(packed, row / ROWS, k - k % PIECE)
                + k % PIECE / packing.run * packing.runBytes()
                + row % ROWS * 2L;
    }

    /// Where the scales of the block lie that a row's column `k` belongs to.
    private long blockOffset(Matrix packed, int row, int k) {
        return scalesOffset(packed, row / ROWS, k - k % PIECE) + (long) (k % PIECE / definition.block) * scales.bytes();
    }

    /// What [Format#dequantize] gives for a row of the stored matrix.
    void dequantize(Matrix packed, int row, float[] to, int at) {
        for (int k = 0; k < packed.columns(); k++) {
            long block = blockOffset(packed, row, k);
            int g = k % definition.block / definition.group;
            int q = packing.element(packed.data(), runOffset(packed, row, k - k % packing.run), k % packing.run) + low;
            to[at + k] = scales.scale(packed.data(), block, row % ROWS, g) * q
                    + scales.minimum(packed.data(), block, row % ROWS, g);
        }
    }

    /// Rounds a vector for rows of `w`.
    ///
    /// @param t number of the vector among those of `x`, and of its place in `to`
    void prepare(Matrix w, float[] x, int t, Operand to) {
        int n = w.columns();
        int g = t * groups(w);
        for (int k = t * n; k < (t + 1) * n; k += Operand.BLOCK) {
            round(x, k, to.quants, k, to, g);
            g += Operand.BLOCK / definition.group;
        }
    }

    /// Rounds vectors that are multiplied together, element by element side by side: `(columns, wide)`. Those that
    /// are no more are zeros.
    ///
    /// @param first number of the first of them
    /// @param wide how many there are room for
    void prepareTile(Matrix w, float[] x, int tokens, int first, int wide, Operand to, short[] rounded) {
        int n = w.columns();
        int there = Math.min(wide, tokens - first);
        Arrays.fill(rounded, there * Operand.BLOCK, wide * Operand.BLOCK, (short) 0);
        for (int k = 0; k < n; k += Operand.BLOCK) {
            for (int j = 0; j < there; j++) {
                int t = first + j;
                round(x, t * n + k, rounded, j * Operand.BLOCK, to, t * groups(w) + k / definition.group);
            }
            interleave(rounded, wide, to.quants, first * n + k * wide);
        }
    }

    private static void interleave(short[] rounded, int wide, short[] to, int at) {
        for (int i = 0; i < Operand.BLOCK; i++) {
            for (int j = 0; j < wide; j++) {
                to[at++] = rounded[j * Operand.BLOCK + i];
            }
        }
    }

    /// @param g of the block's first group in `to`
    private void round(float[] x, int at, short[] quants, int quantsAt, Operand to, int g) {
        float largest = Rounding.largest(x, at);
        float inverse = Operand.inverse(largest);
        int first = Rounding.round(x, at, inverse, quants, quantsAt);
        int second = Rounding.round(x, at + Rounding.CHUNK, inverse, quants, quantsAt + Rounding.CHUNK);
        float scale = Operand.scale(largest);
        if (definition.group == Operand.BLOCK) {
            put(to, g, scale, first + second);
        } else {
            put(to, g, scale, first);
            put(to, g + 1, scale, second);
        }
    }

    private void put(Operand to, int g, float scale, int sum) {
        to.scales[g] = scale;
        to.sums[g] = sum * low;
        to.starts[g] = (short) (-sum * packing.excess());
        to.totals[g] = scale * sum;
    }
}
