package dev.runnel.engine.kernel;

/// What a matrix is multiplied by: the vectors of a batch, as that matrix reads them. Filled by
/// [Kernels#preparation]; one matrix after another may use the same room.
///
/// # Rounding to 8 bits
///
/// Each 32 elements of a vector are written as whole numbers from -127 to 127 times one scale: `scale =
/// largest / 127`, and `q = x * (127 / largest)`, rounded to the nearest, ties to even. Elements no larger
/// than 2^-100 count as nothing. The scale is each block's own, since a few large elements would take the bits
/// of all others.
public final class Operand {

    /// Elements that share a scale.
    static final int BLOCK = 32;

    /// Adding this to a small number and taking it away again leaves the nearest whole one.
    static final float ROUNDER = 0x1.8p23f;

    /// Blocks with nothing larger than this are zeros, so that no scale is subnormal.
    private static final float LEAST = 0x1p-100f;

    private static final float MOST = 127;

    /// The vectors in tiles, see [LaneProduct] and [VectorTiles].
    float[] strands = {};

    /// The whole numbers: `(tokens, columns)`, for packed matrices and several tokens `(tiles, columns, tokens of a
    /// tile)`. Shorts, so that they take little of the first-level cache.
    short[] quants = {};

    /// The scale of the elements of each of the weights' groups: `(tokens, groups)`.
    float[] scales = {};

    /// The sum of each group's whole numbers: `(tokens, groups)`.
    int[] sums = {};

    /// What sums of products with packed weights begin with: `(tokens, groups)`, see [Packing#excess].
    short[] starts = {};

    /// `scale * sum` of each group, which is what its minimum is multiplied by: `(tokens, groups)`.
    float[] totals = {};

    /// Makes room; what was there is lost.
    ///
    /// @param quants of all tokens
    /// @param groups of all tokens
    void reserve(int quants, int groups) {
        if (this.quants.length < quants) {
            this.quants = new short[quants];
        }
        if (scales.length < groups) {
            scales = new float[groups];
            sums = new int[groups];
            starts = new short[groups];
            totals = new float[groups];
        }
    }

    /// Makes room for vectors in tiles; what was there is lost.
    void reserveStrands(int numbers) {
        if (strands.length < numbers) {
            strands = new float[numbers];
        }
    }

    /// Rounds one vector.
    ///
    /// @param at of its first element in `x`, and of its whole numbers in `quants`
    /// @param n elements, a multiple of `BLOCK`
    /// @param group elements that meet one group of weights
    /// @param groupsAt where what belongs to its groups goes
    void round(float[] x, int at, int n, int group, int groupsAt) {
        for (int k = 0; k < n; k += BLOCK) {
            float scale = roundBlock(x, at + k, quants, at + k);
            for (int i = k; i < k + BLOCK; i += group) {
                int sum = 0;
                for (int j = 0; j < group; j++) {
                    sum += quants[at + i + j];
                }
                int g = groupsAt + i / group;
                scales[g] = scale;
                sums[g] = sum;
                totals[g] = scale * sum;
            }
        }
    }

    private static float roundBlock(float[] x, int at, short[] q, int to) {
        float largest = 0;
        for (int i = 0; i < BLOCK; i++) {
            largest = Math.max(largest, Math.abs(x[at + i]));
        }
        float inverse = inverse(largest);
        for (int i = 0; i < BLOCK; i++) {
            q[to + i] = (short) (x[at + i] * inverse + ROUNDER - ROUNDER);
        }
        return scale(largest);
    }

    /// The scale of a block whose largest element is `largest`.
    static float scale(float largest) {
        return largest <= LEAST ? 0 : largest / MOST;
    }

    /// What such a block's elements are multiplied by.
    static float inverse(float largest) {
        return largest <= LEAST ? 0 : MOST / largest;
    }
}
