package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// How the scales and minima of [Packing#ROWS] rows lie in memory: as small as in the file, exact, and those
/// of the same group of all rows side by side.
interface PackedScales {

    /// Bytes of the scales of one block of a row's weights, for all rows.
    int bytes();

    /// Copies those of one row's block.
    ///
    /// @param block bytes from the start of `stored` to it
    /// @param at bytes from the start of `packed` to where those of all rows go
    void pack(MemorySegment stored, long block, MemorySegment packed, long at, int row);

    /// The scale of one row's group number `g` of a block.
    float scale(MemorySegment packed, long at, int row, int g);

    /// The minimum of one row's group number `g` of a block.
    float minimum(MemorySegment packed, long at, int row, int g);

    /// Writes the scales of a piece as `(groups, ROWS)`, and the minima if there are any.
    PackedProduct.Step loading(PackedProduct product);

    /// Adds the sums of a piece to the totals of a token, as [PackedSums] does with scales that are loaded. Each is
    /// used once here, so it is multiplied where it is read, and written nowhere.
    PackedProduct.Step adding(PackedProduct product);
}
