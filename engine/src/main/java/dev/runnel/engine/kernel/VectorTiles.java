package dev.runnel.engine.kernel;

import static dev.runnel.engine.kernel.Lanes.FLOATS;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// A matrix times some vectors that lie side by side, [#WIDE] of them in a tile: [#ROWS] rows at a time, and a vector
/// of weights is made floats once for all. That is what a step takes in which some sequences answer. For fewer vectors
/// and for more, a row is written out as floats ([Blocks]) where its format has no other way ([FewVectorsFormat]).
///
/// ```
/// tiles   (tiles, columns / STRANDS, WIDE, STRANDS)   vectors that there are none of are zeros
/// pieces  (2, columns of a piece)                     of two rows, with 256 bits; the second from SECOND on
/// sums    (tiles, ROWS, WIDE, STRANDS)
/// ```
///
/// One tile lies in one place, since its vectors at places of their own would need more registers for addresses than
/// there are.
final class VectorTiles {

    /// Whether there are 32 registers and not 16, as there are with 256 bits.
    private static final boolean HAS_MANY = Lanes.COUNT != 8;

    /// Vectors of a tile.
    static final int WIDE = HAS_MANY ? 8 : 4;

    /// Rows at a time. Three, as what two need of a tile is more than the second-level cache gives, and four leave no
    /// registers.
    private static final int ROWS = HAS_MANY ? 3 : 2;

    /// The most vectors that are multiplied so.
    static final int MOST = HAS_MANY ? 64 : 32;

    private static final int STRANDS = Kernels.STRANDS;

    /// Columns of a piece, a multiple of every type's block; two of them stay in the first-level cache.
    private static final int COLUMNS = 512;

    /// The second row of a piece; the vector more keeps the two from sharing cache sets.
    private static final int SECOND = COLUMNS + STRANDS;

    /// Floats of the pieces of two rows.
    static final int PIECES = SECOND + COLUMNS;

    private static final int TILE_SUMS = ROWS * WIDE * STRANDS;

    /// The most sums there are: a constant, so that scalar code needs nothing of this class.
    static final int SUMS = 3 * 64 * STRANDS;

    private VectorTiles() {}

    /// Whether vectors go in tiles.
    static boolean suit(Format format, Matrix w, int tokens) {
        return format instanceof TiledFormat tiled
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

    /// The task that [Kernels#multiplication] describes. Rows that are multiplied together lie apart, as [VectorQ8_0]
    /// explains.
    static Workers.Task multiplication(
            TiledFormat format, Matrix w, Operand x, int tokens, float[] y, int rows, Scratch[] scratches) {
        return (worker, part) -> {
            Scratch scratch = scratches[worker];
            int from = part * rows;
            int to = Math.min(from + rows, w.rows());
            int apart = Math.ceilDiv(to - from, ROWS);
            for (int r = from; r < from + apart; r++) {
                if (HAS_MANY) {
                    multiply(format, w, r, apart, to - 1, x.strands, tokens, scratch.tileSums);
                } else {
                    multiplyPieces(format, w, r, Math.min(r + apart, to - 1), x.strands, tokens, scratch);
                }
                for (int i = 0; i < ROWS; i++) {
                    int row = Math.min(r + i * apart, to - 1);
                    for (int j = 0; j < tokens; j++) {
                        int sum = j / WIDE * TILE_SUMS + (i * WIDE + j % WIDE) * STRANDS;
                        y[j * w.rows() + row] = Lanes.sum(scratch.tileSums, sum);
                    }
                }
            }
        };
    }

    /// @param last row that the others may be
    private static void multiply(
            TiledFormat format, Matrix w, int r, int apart, int last, float[] x, int tokens, float[] sums) {
        int n = w.columns();
        long row0 = w.offset(r);
        long row1 = w.offset(Math.min(r + apart, last));
        long row2 = w.offset(Math.min(r + 2 * apart, last));
        for (int first = 0; first < tokens; first += WIDE) {
            format.times(w.data(), row0, row1, row2, x, first * n, n, sums, first / WIDE * TILE_SUMS);
        }
    }

    /// Few registers hold few vectors, for which weights would be made floats again and again; so they are written out,
    /// a piece after the other.
    private static void multiplyPieces(
            TiledFormat format, Matrix w, int r, int other, float[] x, int tokens, Scratch scratch) {
        int columns = w.columns();
        float[] pieces = scratch.pieces;
        Arrays.fill(scratch.tileSums, 0, preparationParts(tokens) * TILE_SUMS, 0);
        for (int k = 0; k < columns; k += COLUMNS) {
            int n = Math.min(COLUMNS, columns - k);
            long at = w.type().bytes(k);
            format.dequantize(w.data(), w.offset(r) + at, n, pieces, 0);
            format.dequantize(w.data(), w.offset(other) + at, n, pieces, SECOND);
            for (int first = 0; first < tokens; first += WIDE) {
                times4(pieces, x, first * columns + WIDE * k, n, scratch.tileSums, first / WIDE * TILE_SUMS);
            }
        }
    }

    /// Adds the products of a piece of two rows with a tile of four vectors.
    private static void times4(float[] pieces, float[] x, int xAt, int n, float[] sums, int to) {
        for (int h = 0; h < STRANDS; h += Lanes.COUNT) {
            var sum00 = FloatVector.fromArray(FLOATS, sums, to + h);
            var sum01 = FloatVector.fromArray(FLOATS, sums, to + h + STRANDS);
            var sum02 = FloatVector.fromArray(FLOATS, sums, to + h + 2 * STRANDS);
            var sum03 = FloatVector.fromArray(FLOATS, sums, to + h + 3 * STRANDS);
            var sum10 = FloatVector.fromArray(FLOATS, sums, to + h + 4 * STRANDS);
            var sum11 = FloatVector.fromArray(FLOATS, sums, to + h + 5 * STRANDS);
            var sum12 = FloatVector.fromArray(FLOATS, sums, to + h + 6 * STRANDS);
            var sum13 = FloatVector.fromArray(FLOATS, sums, to + h + 7 * STRANDS);
            for (int k = h; k < n; k += STRANDS) {
                var row = FloatVector.fromArray(FLOATS, pieces, k);
                var other = FloatVector.fromArray(FLOATS, pieces, SECOND + k);
                int at = xAt + 4 * (k - h) + h;
                var element = FloatVector.fromArray(FLOATS, x, at);
                sum00 = row.fma(element, sum00);
                sum10 = other.fma(element, sum10);
                element = FloatVector.fromArray(FLOATS, x, at + STRANDS);
                sum01 = row.fma(element, sum01);
                sum11 = other.fma(element, sum11);
                element = FloatVector.fromArray(FLOATS, x, at + 2 * STRANDS);
                sum02 = row.fma(element, sum02);
                sum12 = other.fma(element, sum12);
                element = FloatVector.fromArray(FLOATS, x, at + 3 * STRANDS);
                sum03 = row.fma(element, sum03);
                sum13 = other.fma(element, sum13);
            }
            sum00.intoArray(sums, to + h);
            sum01.intoArray(sums, to + h + STRANDS);
            sum02.intoArray(sums, to + h + 2 * STRANDS);
            sum03.intoArray(sums, to + h + 3 * STRANDS);
            sum10.intoArray(sums, to + h + 4 * STRANDS);
            sum11.intoArray(sums, to + h + 5 * STRANDS);
            sum12.intoArray(sums, to + h + 6 * STRANDS);
            sum13.intoArray(sums, to + h + 7 * STRANDS);
        }
    }
}
