package dev.runnel.engine.kernel;

import java.util.Arrays;

/// A matrix times some vectors that lie side by side, [#WIDE] of them in a tile: two rows at a time, and a vector of
/// weights is made floats once for all. That is what a step takes in which some sequences answer. For fewer vectors
/// and for more, a row is written out as floats ([Blocks]) where its format has no other way ([FewVectorsFormat]).
///
/// ```
/// tiles  (tiles, columns / STRANDS, WIDE, STRANDS)   vectors that there are none of are zeros
/// ```
///
/// One tile lies in one place, since its vectors at places of their own would need more registers for addresses than
/// there are.
final class VectorTiles {

    /// Vectors of a tile: their sums with two rows take half of 32 registers.
    static final int WIDE = 8;

    /// The most vectors that are multiplied so.
    static final int MOST = 32;

    private static final int STRANDS = Kernels.STRANDS;

    private VectorTiles() {}

    /// Whether vectors go in tiles; with 256 bits there are registers for half of a tile only.
    static boolean suit(Format format, Matrix w, int tokens) {
        return Lanes.COUNT != 8
                && format instanceof TiledFormat tiled
                && tokens >= tiled.fewest()
                && tokens <= MOST
                && w.columns() % STRANDS == 0
                && tiled.takes(w);
    }

    /// As [Kernels#preparationParts] says.
    static int preparationParts(int tokens) {
        return Math.ceilDiv(tokens, WIDE);
    }

    /// As [Kernels#preparation] says.
    static Workers.Task preparation(Matrix w, float[] x, int tokens, Operand to) {
        int n = w.columns();
        to.reserveStrands(preparationParts(tokens) * WIDE * n);
        return (_, tile) -> order(x, tile * WIDE, tokens, n, to.strands);
    }

    private static void order(float[] x, int first, int tokens, int n, float[] tiles) {
        int there = Math.min(WIDE, tokens - first);
        for (int k = 0; k < n; k += STRANDS) {
            int to = first * n + WIDE * k;
            for (int j = 0; j < there; j++) {
                System.arraycopy(x, (first + j) * n + k, tiles, to + j * STRANDS, STRANDS);
            }
            Arrays.fill(tiles, to + there * STRANDS, to + WIDE * STRANDS, 0);
        }
    }

    /// The task that [Kernels#multiplication] describes. One of the two rows is of the first and one of the second
    /// half,
    /// for the reason that [VectorQ8_0] has.
    static Workers.Task multiplication(
            TiledFormat format, Matrix w, Operand x, int tokens, float[] y, int rows, Scratch[] scratches) {
        int n = w.columns();
        return (worker, part) -> {
            float[] strands = scratches[worker].strands;
            int from = part * rows;
            int to = Math.min(from + rows, w.rows());
            int half = Math.ceilDiv(to - from, 2);
            for (int r = from; r < from + half; r++) {
                int other = Math.min(r + half, to - 1);
                for (int first = 0; first < tokens; first += WIDE) {
                    format.times(w.data(), w.offset(r), w.offset(other), x.strands, first * n, n, strands);
                    for (int j = 0; j < Math.min(WIDE, tokens - first); j++) {
                        int at = (first + j) * w.rows();
                        y[at + r] = Lanes.sum(strands, j * STRANDS);
                        y[at + other] = Lanes.sum(strands, (WIDE + j) * STRANDS);
                    }
                }
            }
        };
    }
}
