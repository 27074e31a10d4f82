package dev.runnel.engine.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Buffers of one thread, made once so that no kernel allocates.
public final class Scratch {

    /// Rows and tokens that the widest micro-kernel takes at a time.
    static final int BLOCK = 4;

    /// Floats of weights that are dequantized at a time: half of a usual second-level cache.
    private static final int TILE = 1 << 17;

    /// Unfinished sums: `(BLOCK rows, BLOCK tokens, STRANDS)`.
    final float[] strands = new float[BLOCK * BLOCK * Kernels.STRANDS];

    /// Dequantized rows `(tileRows, stride)`.
    final float[] tile;

    /// Rows that fit in the tile, a multiple of `BLOCK`.
    final int tileRows;

    /// Floats from one row of the tile to the next. The odd vector at the end keeps rows whose length is a
    /// power of two from sharing cache sets.
    final int stride;

    /// Dequantized pieces of two rows, and the unfinished sums of their products with tiles, see [VectorTiles].
    final float[] pieces = new float[VectorTiles.PIECES];

    final float[] tileSums = new float[VectorTiles.SUMS];

    /// Dequantized pieces of rows, to be turned into lanes.
    final float[] unturned = new float[LaneProduct.TURNED];

    /// Columns of rows as they are stored. No array, since C2 knows vectors of native memory already.
    final MemorySegment stored = Arena.ofAuto().allocate(LaneProduct.STORED_STRIDE * LaneBlocks.ROWS, 64);

    /// Some words of them, turned into lanes.
    final int[] words = new int[8 * LaneBlocks.ROWS];

    /// Dequantized rows, turned into lanes: `(STRANDS, LaneProduct.strandStride, LaneBlocks.ROWS)`.
    final float[] lanes;

    /// Unpacked whole numbers of some columns: `(columns, ROWS)`. In scalar code one row.
    final short[] quants;

    /// The scales of those rows' groups: `(groups, ROWS)`.
    final float[] scales;

    /// The minima.
    final float[] minima;

    /// Sums over runs of them: `(runs, tokens, ROWS)`.
    final short[] sums = new short[PackedProduct.RUNS * Packing.ROWS];

    /// Unfinished sums of rows: `(tokens, ROWS)`.
    float[] totals = {};

    /// Rounded elements: `(tokens, BLOCK)`.
    final short[] rounded = new short[PackedBlocks.MOST * Operand.BLOCK];

    /// Unfinished sums: `(STRANDS, tokens, LaneBlocks.ROWS)`.
    final float[] rowStrands = new float[Kernels.STRANDS * PackedBlocks.MOST * LaneBlocks.ROWS];

    /// @param columns of the widest matrix
    public Scratch(int columns) {
        stride = Kernels.padded(columns) + Kernels.STRANDS;
        tileRows = BLOCK * Math.max(1, Math.min(8, TILE / stride / BLOCK));
        tile = new float[tileRows * stride];

        lanes = new float[Kernels.STRANDS * LaneProduct.strandStride(columns) * LaneBlocks.ROWS];
        quants = new short[Math.max(columns, Math.min(columns, PackedProduct.COLUMNS) * Packing.ROWS)];
        int groups = Math.ceilDiv(columns, 16);
        scales = new float[Math.max(groups, Math.min(groups, PackedProduct.COLUMNS / 16) * Packing.ROWS)];
        minima = new float[scales.length];
    }

    /// Makes room for so many totals, and sets them to zero.
    void clearTotals(int n) {
        if (totals.length < n) {
            totals = new float[n];
        }
        Arrays.fill(totals, 0, n, 0);
    }
}
