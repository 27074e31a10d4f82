package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// A [Format] whose rows are multiplied by tiles of vectors, where there are registers for it as they are read, without
/// being written out as floats first; see [VectorTiles].
interface TiledFormat extends VectorFormat {

    /// So many vectors are worth a tile.
    int fewest();

    /// Three rows times a tile of 8, up to the addition of the strands; where there are registers for so many.
    ///
    /// ```
    /// x     (n / STRANDS, WIDE, STRANDS)   from xAt on
    /// sums  (3, WIDE, STRANDS)             from `to` on: row, vector, strand
    /// ```
    ///
    /// @param row0 bytes from the start of `w`
    /// @param n a multiple of [Kernels#STRANDS]
    void times(MemorySegment w, long row0, long row1, long row2, float[] x, int xAt, int n, float[] sums, int to);
}
