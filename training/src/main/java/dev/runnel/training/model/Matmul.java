package dev.runnel.training.model;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// The matrix product that everything else is made of.
///
/// ```
/// A  (m, k)  any strides, so a transposed matrix is one with its strides swapped
/// B  (k, n)  rows next to each other; n a multiple of 32
/// C  (m, n)  C = A B, or C += A B
/// ```
///
/// A tile of eight rows and two vectors of columns stays in registers while `k` runs. Each element of C is summed in
/// the
/// order of `k`, whatever the tile.
public final class Matmul {

    static final VectorSpecies<Float> SPECIES =
            FloatVector.SPECIES_PREFERRED.length() > 16 ? FloatVector.SPECIES_512 : FloatVector.SPECIES_PREFERRED;

    private static final int LANES = SPECIES.length();
    private static final int STRIP = 2 * LANES;

    /// Rows of B that are used again from the nearest cache.
    private static final int DEPTH = 256;

    private static final int TILE = 8;

    private Matmul() {}

    /// A matrix in an array.
    ///
    /// @param rowStride elements from a row to the next one
    /// @param columnStride elements from a column to the next one
    @SuppressWarnings("ArrayRecordComponent") // a view, not a value
    record View(float[] values, int offset, int rowStride, int columnStride) {

        static View rows(float[] values, int columns) {
            return new View(values, 0, columns, 1);
        }

        static View transposed(float[] values, int columns) {
            return new View(values, 0, 1, columns);
        }
    }

    /// C = A B, or C += A B where it accumulates.
    ///
    /// @param b column stride 1
    /// @param c column stride 1
    static void multiply(View a, View b, View c, int m, int n, int k, boolean accumulates) {
        for (int from = 0; from < k; from += DEPTH) {
            int depth = Math.min(DEPTH, k - from);
            boolean adds = accumulates || from > 0;
            int aOffset = a.offset + from * a.columnStride;
            int bOffset = b.offset + from * b.rowStride;
            for (int column = 0; column < n; column += STRIP) {
                int row = 0;
                for (; row + TILE <= m; row += TILE) {
                    tile(
                            a.values,
                            aOffset + row * a.rowStride,
                            a.rowStride,
                            a.columnStride,
                            b.values,
                            bOffset + column,
                            b.rowStride,
                            c.values,
                            c.offset + row * c.rowStride + column,
                            c.rowStride,
                            depth,
                            adds);
                }
                for (; row < m; row++) {
                    row(
                            a.values,
                            aOffset + row * a.rowStride,
                            a.columnStride,
                            b.values,
                            bOffset + column,
                            b.rowStride,
                            c.values,
                            c.offset + row * c.rowStride + column,
                            depth,
                            adds);
                }
            }
        }
    }

    private static void row(
            float[] a, int at, int aStep, float[] b, int bAt, int bStep, float[] c, int cAt, int depth, boolean adds) {
        FloatVector c0 = adds ? FloatVector.fromArray(SPECIES, c, cAt) : FloatVector.zero(SPECIES);
        FloatVector c1 = adds ? FloatVector.fromArray(SPECIES, c, cAt + LANES) : FloatVector.zero(SPECIES);
        int from = at;
        int row = bAt;
        for (int i = 0; i < depth; i++, from += aStep, row += bStep) {
            FloatVector x = FloatVector.broadcast(SPECIES, a[from]);
            c0 = x.fma(FloatVector.fromArray(SPECIES, b, row), c0);
            c1 = x.fma(FloatVector.fromArray(SPECIES, b, row + LANES), c1);
        }
        c0.intoArray(c, cAt);
        c1.intoArray(c, cAt + LANES);
    }

    /// Written out, as only local variables stay in registers.
    private static void tile(
            float[] a,
            int at,
            int aRow,
            int aStep,
            float[] b,
            int bAt,
            int bStep,
            float[] c,
            int cAt,
            int cRow,
            int depth,
            boolean adds) {
        FloatVector p0 = FloatVector.zero(SPECIES);
        FloatVector p1 = p0;
        FloatVector p2 = p0;
        FloatVector p3 = p0;
        FloatVector p4 = p0;
        FloatVector p5 = p0;
        FloatVector p6 = p0;
        FloatVector p7 = p0;
        FloatVector q0 = p0;
        FloatVector q1 = p0;
        FloatVector q2 = p0;
        FloatVector q3 = p0;
        FloatVector q4 = p0;
        FloatVector q5 = p0;
        FloatVector q6 = p0;
        FloatVector q7 = p0;
        if (adds) {
            p0 = FloatVector.fromArray(SPECIES, c, cAt);
            q0 = FloatVector.fromArray(SPECIES, c, cAt + LANES);
            p1 = FloatVector.fromArray(SPECIES, c, cAt + cRow);
            q1 = FloatVector.fromArray(SPECIES, c, cAt + cRow + LANES);
            p2 = FloatVector.fromArray(SPECIES, c, cAt + 2 * cRow);
            q2 = FloatVector.fromArray(SPECIES, c, cAt + 2 * cRow + LANES);
            p3 = FloatVector.fromArray(SPECIES, c, cAt + 3 * cRow);
            q3 = FloatVector.fromArray(SPECIES, c, cAt + 3 * cRow + LANES);
            p4 = FloatVector.fromArray(SPECIES, c, cAt + 4 * cRow);
            q4 = FloatVector.fromArray(SPECIES, c, cAt + 4 * cRow + LANES);
            p5 = FloatVector.fromArray(SPECIES, c, cAt + 5 * cRow);
            q5 = FloatVector.fromArray(SPECIES, c, cAt + 5 * cRow + LANES);
            p6 = FloatVector.fromArray(SPECIES, c, cAt + 6 * cRow);
            q6 = FloatVector.fromArray(SPECIES, c, cAt + 6 * cRow + LANES);
            p7 = FloatVector.fromArray(SPECIES, c, cAt + 7 * cRow);
            q7 = FloatVector.fromArray(SPECIES, c, cAt + 7 * cRow + LANES);
        }
        int from = at;
        int row = bAt;
        for (int i = 0; i < depth; i++, from += aStep, row += bStep) {
            FloatVector u = FloatVector.fromArray(SPECIES, b, row);
            FloatVector v = FloatVector.fromArray(SPECIES, b, row + LANES);
            FloatVector x = FloatVector.broadcast(SPECIES, a[from]);
            p0 = x.fma(u, p0);
            q0 = x.fma(v, q0);
            x = FloatVector.broadcast(SPECIES, a[from + aRow]);
            p1 = x.fma(u, p1);
            q1 = x.fma(v, q1);
            x = FloatVector.broadcast(SPECIES, a[from + 2 * aRow]);
            p2 = x.fma(u, p2);
            q2 = x.fma(v, q2);
            x = FloatVector.broadcast(SPECIES, a[from + 3 * aRow]);
            p3 = x.fma(u, p3);
            q3 = x.fma(v, q3);
            x = FloatVector.broadcast(SPECIES, a[from + 4 * aRow]);
            p4 = x.fma(u, p4);
            q4 = x.fma(v, q4);
            x = FloatVector.broadcast(SPECIES, a[from + 5 * aRow]);
            p5 = x.fma(u, p5);
            q5 = x.fma(v, q5);
            x = FloatVector.broadcast(SPECIES, a[from + 6 * aRow]);
            p6 = x.fma(u, p6);
            q6 = x.fma(v, q6);
            x = FloatVector.broadcast(SPECIES, a[from + 7 * aRow]);
            p7 = x.fma(u, p7);
            q7 = x.fma(v, q7);
        }
        p0.intoArray(c, cAt);
        q0.intoArray(c, cAt + LANES);
        p1.intoArray(c, cAt + cRow);
        q1.intoArray(c, cAt + cRow + LANES);
        p2.intoArray(c, cAt + 2 * cRow);
        q2.intoArray(c, cAt + 2 * cRow + LANES);
        p3.intoArray(c, cAt + 3 * cRow);
        q3.intoArray(c, cAt + 3 * cRow + LANES);
        p4.intoArray(c, cAt + 4 * cRow);
        q4.intoArray(c, cAt + 4 * cRow + LANES);
        p5.intoArray(c, cAt + 5 * cRow);
        q5.intoArray(c, cAt + 5 * cRow + LANES);
        p6.intoArray(c, cAt + 6 * cRow);
        q6.intoArray(c, cAt + 6 * cRow + LANES);
        p7.intoArray(c, cAt + 7 * cRow);
        q7.intoArray(c, cAt + 7 * cRow + LANES);
    }

    /// For the optimiser, whose matrices stand alone: C (m, n) = A (m, k) B (k, n).
    public static void multiply(float[] a, float[] b, float[] c, int m, int n, int k) {
        multiply(View.rows(a, k), View.rows(b, n), View.rows(c, n), m, n, k, false);
    }

    /// `to` (columns, rows) is `from` (rows, columns) on its side.
    public static void transpose(float[] from, float[] to, int rows, int columns) {
        for (int block = 0; block < rows; block += 16) {
            int end = Math.min(rows, block + 16);
            for (int column = 0; column < columns; column++) {
                for (int row = block; row < end; row++) {
                    to[column * rows + row] = from[row * columns + column];
                }
            }
        }
    }
}
