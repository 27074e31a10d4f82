package dev.runnel.training.model;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// The matrix product that everything else is made of.
///
/// ```
/// A  (m, k)  one of its strides is 1: a transposed matrix is one with its strides swapped
/// B  (k, n)  rows next to each other; n a multiple of 32
/// C  (m, n)  C = A B, or C += A B
/// ```
///
/// A tile of eight rows and two vectors of columns stays in registers while `k` runs. There is one for each way
/// that A may lie: where the compiler knows the stride, it takes the range checks out of the loop, which is then
/// 1.4 times as fast. Each element of C is summed in the order of `k`, whatever the tile.
///
/// The two vectors of columns of B are copied before many rows use them: rows of B lie so far apart that few of
/// them fit into a cache that keeps eight lines for each place (Goto and van de Geijn, "Anatomy of high-performance
/// matrix multiplication", 2008).
public final class Matmul {

    static final VectorSpecies<Float> SPECIES =
            FloatVector.SPECIES_PREFERRED.length() > 16 ? FloatVector.SPECIES_512 : FloatVector.SPECIES_PREFERRED;

    private static final int LANES = SPECIES.length();
    private static final int STRIP = 2 * LANES;

    /// Rows of B that are used again from the nearest cache, with room left for A.
    private static final int DEPTH = 192;

    /// So many rows of A are worth copying B for.
    private static final int MANY = 32;

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
        boolean copies = m >= MANY;
        float[] strip = copies ? new float[Math.min(DEPTH, k) * STRIP] : b.values;
        for (int from = 0; from < k; from += DEPTH) {
            int depth = Math.min(DEPTH, k - from);
            boolean adds = accumulates || from > 0;
            int aOffset = a.offset + from * a.columnStride;
            int bOffset = b.offset + from * b.rowStride;
            for (int column = 0; column < n; column += STRIP) {
                int bAt = bOffset + column;
                int bStep = b.rowStride;
                if (copies) {
                    for (int i = 0; i < depth; i++) {
                        System.arraycopy(b.values, bAt + i * bStep, strip, i * STRIP, STRIP);
                    }
                    bAt = 0;
                    bStep = STRIP;
                }
                int row = 0;
                for (; row + TILE <= m; row += TILE) {
                    if (a.columnStride == 1) {
                        along(
                                a.values,
                                aOffset + row * a.rowStride,
                                a.rowStride,
                                strip,
                                bAt,
                                bStep,
                                c.values,
                                c.offset + row * c.rowStride + column,
                                c.rowStride,
                                depth,
                                adds);
                    } else {
                        across(
                                a.values,
                                aOffset + row * a.rowStride,
                                a.columnStride,
                                strip,
                                bAt,
                                bStep,
                                c.values,
                                c.offset + row * c.rowStride + column,
                                c.rowStride,
                                depth,
                                adds);
                    }
                }
                for (; row < m; row++) {
                    row(
                            a.values,
                            aOffset + row * a.rowStride,
                            a.columnStride,
                            strip,
                            bAt,
                            bStep,
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

    /// A tile where A lies as it is: what a row needs of it stands side by side. Written out, as only local
    /// variables stay in registers.
    private static void along(
            float[] a,
            int at,
            int aRow,
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
        int at1 = at + aRow;
        int at2 = at + 2 * aRow;
        int at3 = at + 3 * aRow;
        int at4 = at + 4 * aRow;
        int at5 = at + 5 * aRow;
        int at6 = at + 6 * aRow;
        int at7 = at + 7 * aRow;
        int row = bAt;
        for (int i = 0; i < depth; i++, row += bStep) {
            FloatVector u = FloatVector.fromArray(SPECIES, b, row);
            FloatVector v = FloatVector.fromArray(SPECIES, b, row + LANES);
            FloatVector x = FloatVector.broadcast(SPECIES, a[at + i]);
            p0 = x.fma(u, p0);
            q0 = x.fma(v, q0);
            x = FloatVector.broadcast(SPECIES, a[at1 + i]);
            p1 = x.fma(u, p1);
            q1 = x.fma(v, q1);
            x = FloatVector.broadcast(SPECIES, a[at2 + i]);
            p2 = x.fma(u, p2);
            q2 = x.fma(v, q2);
            x = FloatVector.broadcast(SPECIES, a[at3 + i]);
            p3 = x.fma(u, p3);
            q3 = x.fma(v, q3);
            x = FloatVector.broadcast(SPECIES, a[at4 + i]);
            p4 = x.fma(u, p4);
            q4 = x.fma(v, q4);
            x = FloatVector.broadcast(SPECIES, a[at5 + i]);
            p5 = x.fma(u, p5);
            q5 = x.fma(v, q5);
            x = FloatVector.broadcast(SPECIES, a[at6 + i]);
            p6 = x.fma(u, p6);
            q6 = x.fma(v, q6);
            x = FloatVector.broadcast(SPECIES, a[at7 + i]);
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

    /// A tile where A lies on its side: what a step of `k` needs of it stands side by side.
    private static void across(
            float[] a,
            int at,
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
            x = FloatVector.broadcast(SPECIES, a[from + 1]);
            p1 = x.fma(u, p1);
            q1 = x.fma(v, q1);
            x = FloatVector.broadcast(SPECIES, a[from + 2]);
            p2 = x.fma(u, p2);
            q2 = x.fma(v, q2);
            x = FloatVector.broadcast(SPECIES, a[from + 3]);
            p3 = x.fma(u, p3);
            q3 = x.fma(v, q3);
            x = FloatVector.broadcast(SPECIES, a[from + 4]);
            p4 = x.fma(u, p4);
            q4 = x.fma(v, q4);
            x = FloatVector.broadcast(SPECIES, a[from + 5]);
            p5 = x.fma(u, p5);
            q5 = x.fma(v, q5);
            x = FloatVector.broadcast(SPECIES, a[from + 6]);
            p6 = x.fma(u, p6);
            q6 = x.fma(v, q6);
            x = FloatVector.broadcast(SPECIES, a[from + 7]);
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
