package dev.runnel.engine.kernel;

import java.lang.foreign.MemorySegment;

/// A [Format] whose weights are small whole numbers `q`, with a scale and perhaps a minimum for each group of
/// them: a weight is `scale * q + minimum`, and each of the three is exact in a float.
///
/// Vectors are rounded to 8 bits before such weights meet them, see [Operand]; so products and their sums
/// over a group are whole numbers too.
abstract class GroupedFormat implements Format {

    /// Weights in a block.
    final int block;

    final int blockBytes;

    /// Weights in a group: 16 or 32.
    final int group;

    GroupedFormat(int block, int blockBytes, int group) {
        this.block = block;
        this.blockBytes = blockBytes;
        this.group = group;
    }

    /// Writes a block's weights without scale and minimum.
    ///
    /// @param at bytes from the start of `weights` to the block
    abstract void quants(MemorySegment weights, long at, short[] to, int toAt);

    /// The scale of a block's group number `g`.
    abstract float scale(MemorySegment weights, long at, int g);

    /// The minimum of a block's group number `g`.
    float minimum(MemorySegment weights, long at, int g) {
        return 0;
    }

    /// Whether there are minima other than 0.
    boolean hasMinima() {
        return false;
    }

    /// Whether row `row` of a stored matrix has a scale or minimum that is infinite or not a number.
    final boolean hasDamage(Matrix w, int row) {
        long end = w.offset(row + 1);
        for (long at = w.offset(row); at < end; at += blockBytes) {
            for (int g = 0; g < block / group; g++) {
                if (!Float.isFinite(scale(w.data(), at, g)) || !Float.isFinite(minimum(w.data(), at, g))) {
                    return true;
                }
            }
        }
        return false;
    }

    @Override
    public final void dequantize(MemorySegment weights, long offset, int n, float[] to, int at) {
        short[] q = new short[block];
        for (int k = 0; k < n; k += block, offset += blockBytes) {
            quants(weights, offset, q, 0);
            for (int i = 0; i < block; i++) {
                float scale = scale(weights, offset, i / group);
                to[at + k + i] = scale * q[i] + minimum(weights, offset, i / group);
            }
        }
    }
}
